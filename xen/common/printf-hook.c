/* SPDX-License-Identifier: GPL-2.0-only */
/* The suffixes of %p that name code, domains and vcpus. */
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/symbols.h>

static int format_domain(const struct domain *d, char *buf, size_t size)
{
    if (d == NULL) {
        return snprintf(buf, size, "d?");
    }
    if (d->domain_id == DOMID_IDLE) {
        return snprintf(buf, size, "d[IDLE]");
    }
    return snprintf(buf, size, "d%u", d->domain_id);
}

static int format_vcpu(const struct vcpu *v, char *buf, size_t size)
{
    int n;

    if (v == NULL) {
        return snprintf(buf, size, "d?v?");
    }
    n = format_domain(v->domain, buf, size);
    return n + snprintf(buf + n, size - (size_t)n, "v%u", v->vcpu_id);
}

static int format_pointer(char suffix, const void *ptr, char *buf, size_t size)
{
    switch (suffix) {
    case 's':
        return symbol_format(buf, size, (unsigned long)ptr);
    case 'S': {
        int n = scnprintf(buf, size, "[<%016lx>] ", (unsigned long)ptr);

        return n + symbol_format(buf + n, size - (size_t)n, (unsigned long)ptr);
    }
    case 'd':
        return format_domain(ptr, buf, size);
    case 'v':
        return format_vcpu(ptr, buf, size);
    default:
        return -1;
    }
}

void printf_hook_init(void)
{
    printf_pointer_hook = format_pointer;
}
