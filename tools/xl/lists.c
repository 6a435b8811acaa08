/* SPDX-License-Identifier: GPL-2.0-only */
/* xl vm-list and claims: short lists of domains. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_json.h"

/* A list of domains, as rows or as JSON. */
struct listing {
    struct xl *xl;
    bool as_json;
    struct xyl_json json;
};

typedef void row_fn(struct listing *l, const xyl_domain_info *info, const char *name);

static int walk(struct listing *l, row_fn *row, const char *header, struct xyl_err *err)
{
    size_t nr = 0;
    xyl_domain_info *all = xyl_light_store(l->xl->light, err) != NULL ?
                           xyl_domains(l->xl->light, &nr, err) : NULL;

    if (all == NULL) {
        return -ENODEV;
    }
    if (l->as_json) {
        xyl_json_start(&l->json, stdout);
        xyl_json_array(&l->json);
    } else {
        puts(header);
    }
    for (size_t i = 0; i < nr; i++) {
        char *name = xyl_domain_name(l->xl->light, all[i].domain);

        row(l, &all[i], name != NULL ? name : "(null)");
        free(name);
    }
    if (l->as_json) {
        xyl_json_array_end(&l->json);
        xyl_json_end(&l->json);
    }
    free(all);
    return 0;
}

static void vm_row(struct listing *l, const xyl_domain_info *info, const char *name)
{
    char uuid[XYL_UUID_TEXT];

    xyl_uuid_format(info->handle, uuid);
    if (!l->as_json) {
        printf("%s  %d    %-30s\n", uuid, info->domain, name);
        return;
    }
    xyl_json_object(&l->json);
    xyl_json_key_text(&l->json, "uuid", uuid);
    xyl_json_key_number(&l->json, "domid", info->domain);
    xyl_json_key_text(&l->json, "name", name);
    xyl_json_object_end(&l->json);
}

int xl_vm_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct listing l = { .xl = xl, .as_json = args->flag['j'] };

    return walk(&l, vm_row, "UUID                                  ID    name", err);
}

static void claim_row(struct listing *l, const xyl_domain_info *info, const char *name)
{
    unsigned long mib = (unsigned long)((info->tot_pages + info->outstanding_pages) >> 8);
    unsigned long claimed = (unsigned long)(info->outstanding_pages >> 8);
    char state[7];

    xl_state_letters(info, state);
    if (!l->as_json) {
        printf("%-40s %5u %5lu %5u     %s  %8.1f %5lu\n", name, info->domain, mib,
               info->nr_online_vcpus, state, (double)info->cpu_time / 1e9, claimed);
        return;
    }
    xyl_json_object(&l->json);
    xyl_json_key_text(&l->json, "name", name);
    xyl_json_key_number(&l->json, "domid", info->domain);
    xyl_json_key_number(&l->json, "memory_mib", (long long)mib);
    xyl_json_key_number(&l->json, "claimed_mib", (long long)claimed);
    xyl_json_object_end(&l->json);
}

int xl_claims(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct listing l = { .xl = xl, .as_json = args->flag['j'] };

    return walk(&l, claim_row, "Name                                        ID   Mem VCPUs\tState"
                "\tTime(s)  Claimed", err);
}
