/* SPDX-License-Identifier: GPL-2.0-only */
/* grantmap DOMID: maps the store page of a domain by its grant, and lets it go again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xengnttab.h>

int main(int argc, char **argv)
{
    xengnttab_handle *grants = xengnttab_open(NULL, 0);
    void *page;

    if (argc != 2 || grants == NULL) {
        perror("grantmap DOMID: /dev/xen/gntdev");
        return 1;
    }
    page = xengnttab_map_grant_ref(grants, (uint32_t)atoi(argv[1]), GNTTAB_RESERVED_XENSTORE,
                                   PROT_READ | PROT_WRITE);
    if (page == NULL || xengnttab_unmap(grants, page, 1) != 0) {
        perror("grantmap: the store page");
        return 1;
    }
    return xengnttab_close(grants) == 0 ? 0 : 1;
}
