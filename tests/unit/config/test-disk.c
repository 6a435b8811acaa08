/* SPDX-License-Identifier: GPL-2.0-only */
/* Disk specifications: both syntaxes, the old forms, what is refused and where. */
#include "harness.h"
#include "xyl_spec.h"

#include <errno.h>

static struct xyl_err err;

/* The canonical text of what @spec says. */
static void same(const char *spec, const char *text)
{
    struct xyl_disk disk, again;
    char *first, *second;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_disk_parse(spec, &disk, NULL, &err), 0);
    first = xyl_disk_text(&disk);
    CHECK_STR(first, text);
    CHECK_EQ(xyl_disk_parse(first, &again, NULL, &err), 0);
    second = xyl_disk_text(&again);
    CHECK_STR(second, text);
    free(first);
    free(second);
    xyl_disk_dispose(&disk);
    xyl_disk_dispose(&again);
}

static void refuse(const char *spec, int want, size_t want_at, const char *why)
{
    struct xyl_disk disk;
    size_t at = 999;
    int rc;

    xyl_err_clear(&err);
    rc = xyl_disk_parse(spec, &disk, &at, &err);
    if (rc == 0) {
        xyl_disk_dispose(&disk);
    }
    CHECK_STR(err.text, why);
    CHECK_EQ(rc, want);
    CHECK_EQ(at, want_at);
    CHECK(disk.target == NULL && disk.vdev == NULL && disk.script == NULL);
}

#define RW(vdev, target) "format=raw,vdev=" vdev ",access=rw,target=" target
#define RO(vdev, target) "format=raw,vdev=" vdev ",access=ro,target=" target

TEST(by_position)
{
    same("/img,raw,xvda,rw", RW("xvda", "/img"));
    same("/img,raw,xvda,w", RW("xvda", "/img"));
    same("/img,,xvda,r", RO("xvda", "/img"));
    same("/img,,xvda", RW("xvda", "/img"));
    same("/img,raw,xvda,", RW("xvda", "/img"));
    same(" /dev/vg/lv , raw , hda1 , ro ", RO("hda1", "/dev/vg/lv"));
    same("/img with blank,raw,51712,ro", RO("51712", "/img with blank"));
}

TEST(by_name)
{
    same("format=raw,vdev=xvda,access=rw,target=/img", RW("xvda", "/img"));
    same("vdev=xvda,target=/img", RW("xvda", "/img"));
    same("vdev = sda1 , access = ro , target = /a,b=c,raw", RO("sda1", "/a,b=c,raw"));
    same("/img,vdev=xvdb,access=ro", RO("xvdb", "/img"));
    same("access=ro,vdev=xvdb,/img", RO("xvdb", "/img"));
    same("/img,raw,access=ro,xvdb", RO("xvdb", "/img"));
    same("/img,backendtype=phy,vdev=xvda,backend=0", RW("xvda", "/img"));
    same("/img,vdev=xvda,backend=Domain-0,trusted", RW("xvda", "/img"));
    same("/img,vdev=xvda,removable,direct-io-safe,no-discard,untrusted",
         "format=raw,vdev=xvda,access=rw,removable,direct-io-safe,no-discard,untrusted,"
         "target=/img");
    same("/img,vdev=xvda,discard", "format=raw,vdev=xvda,access=rw,discard,target=/img");
    same("iqn.2001-05,vdev=xvda,script=block-iscsi",
         "format=raw,vdev=xvda,access=rw,script=block-iscsi,target=iqn.2001-05");
}

TEST(the_old_forms)
{
    same("phy:/dev/sda,xvda,w", RW("xvda", "/dev/sda"));
    same("file:/img,xvda,r", RO("xvda", "/img"));
    same("tap:aio:/img,xvda,w", RW("xvda", "/img"));
    same("phy: /dev/sda,xvda,w", RW("xvda", "/dev/sda"));
    same("tap: aio: /img,xvda,w", RW("xvda", "/img"));
    same("tap2:raw:/img,hda,w", RW("hda", "/img"));
    same("tap:/img,raw,hda,w", RW("hda", "/img"));
    same("phy:/dev/sr0,hdc:cdrom,r",
         "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/dev/sr0");
    same("file:/img,xvda:disk,w", RW("xvda", "/img"));
    same("drbd:res0,xvda,w", "format=raw,vdev=xvda,access=rw,script=block-drbd,target=res0");
    /* No prefix that is known: a name with a colon. */
    same("/a:b,raw,xvda,w", RW("xvda", "/a:b"));
}

TEST(cdroms_are_read_only)
{
    same("/img,,hdc,devtype=cdrom", "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/img");
    same("/img,,hdc,r,cdrom", "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/img");
    refuse("/img,,hdc,rw,cdrom", -EINVAL, 0, "a CD-ROM cannot be written: access=r");
    refuse(",empty,hdc,cdrom", -EOPNOTSUPP, 1, "format empty: a PV guest has no drive whose tray "
           "could be empty; attach the disk when there is one");
    refuse(",,hdc,cdrom", -EOPNOTSUPP, 0, "an empty CD-ROM drive: a PV guest has no tray; attach "
           "the disk when there is one");
}

TEST(mistakes_are_named_with_their_place)
{
    refuse("", -EINVAL, 0, "target is missing: the file or block device");
    refuse("/img", -EINVAL, 0, "vdev is missing: the guest's name of the disk, as in vdev=xvda");
    refuse("/img,raw,xvdx1x,rw", -EINVAL, 9,
           "vdev \"xvdx1x\" is no disk's name; xvda, sda1, hdb and the like are");
    refuse("/img,raw,hde,rw", -EINVAL, 9,
           "vdev hde: there is no number for such a disk or partition");
    refuse("/img,raw,xvda,rx", -EINVAL, 14, "access \"rx\": expected r, ro, w or rw");
    refuse("/img,raw,xvda,rw,more", -EINVAL, 17,
           "\"more\" is one word too many; a disk is TARGET,FORMAT,VDEV,ACCESS");
    refuse("/img,xvda,raw,rw", -EINVAL, 5, "format \"xvda\" is unknown; there is raw");
    refuse("/img, vdve=xvda", -EINVAL, 6,
           "\"vdve\" is nothing that a disk has; do you mean \"vdev\"?");
    refuse("/img,vdev=xvda,vdev=xvdb", -EINVAL, 15, "vdev is given twice");
    refuse("/img,vdev=xvda,target=/b", -EINVAL, 15, "target is given twice");
    refuse("/img,vdev=xvda,removable=1", -EINVAL, 15, "removable takes no value");
    refuse("/img,vdev=", -EINVAL, 5, "vdev: the value is empty");
    refuse("/img,vdev=xvda,devtype=tape", -EINVAL, 15,
           "devtype \"tape\": expected disk or cdrom");
    refuse("/img,raw,hdc:tape,r", -EINVAL, 9, "devtype \"tape\": expected disk or cdrom");
    refuse("/img,vdev=xvda,backendtype=x", -EINVAL, 15, "backendtype \"x\": expected phy");
    refuse("file:/img,vdev=xvda,format=raw", -EINVAL, 20, "format is given twice");
}

TEST(what_is_not_there_is_refused_by_name)
{
    refuse("/img,qcow2,xvda,w", -EOPNOTSUPP, 5, "format qcow2 is not supported yet, only raw is; "
           "\"qemu-img convert -O raw\" makes a raw image of it");
    refuse("tap:vhd:/img,xvda,w", -EOPNOTSUPP, 0, "format vhd is not supported yet, only raw is; "
           "\"qemu-img convert -O raw\" makes a raw image of it");
    refuse("/img,raw,xvda,backendtype=qdisk", -EOPNOTSUPP, 14,
           "backendtype qdisk is not supported; phy serves files and block devices");
    refuse("/img,raw,xvda,backend=driver", -EOPNOTSUPP, 14,
           "backend \"driver\": disks come from domain 0 only so far");
}

TEST(long_text_is_refused)
{
    char text[XYL_SPEC_MAX + 10];
    struct xyl_disk disk;

    memset(text, 'a', sizeof(text));
    text[XYL_SPEC_MAX + 1] = '\0';
    CHECK_EQ(xyl_disk_parse(text, &disk, NULL, &err), -EINVAL);
}

TEST_MAIN
