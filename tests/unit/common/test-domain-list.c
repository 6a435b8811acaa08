/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of domains: whole, however often it is interrupted, and never long without a look. */
#include <string.h>

#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>

#include <public/sysctl.h>

#include "harness.h"

#define DOMAINS 1000u
#define MOST    32u             /* domains told between two looks */

static struct domain domains[DOMAINS];
static struct xen_domctl_getdomaininfo told[DOMAINS + 1];
static unsigned int refs, since_look, most, preempt_every, looks;
static unsigned long fail_at;

/* Every second number is in use. */
struct domain *domain_next(domid_t id)
{
    unsigned int i = (id + 1u) / 2;

    refs += i < DOMAINS;
    return i < DOMAINS ? &domains[i] : NULL;
}
void domain_put(struct domain *d) { (void)d; refs--; }
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    memset(info, 0, sizeof(*info));
    info->domain = d->domain_id;
    since_look++;
    most = since_look > most ? since_look : most;
}
bool hypercall_preempt_check(void)
{
    since_look = 0;
    return preempt_every != 0 && ++looks % preempt_every == 0;
}
int guest_read(void *dst, unsigned long va, size_t n)
{
    memcpy(dst, (const void *)va, n);
    return 0;
}
int guest_write(unsigned long va, const void *src, size_t n)
{
    if (fail_at != 0 && va <= fail_at && fail_at < va + n) {
        return -EFAULT;
    }
    memcpy((void *)va, src, n);
    return 0;
}

static struct xen_sysctl request(domid_t first, uint32_t max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    for (unsigned int i = 0; i < DOMAINS; i++) {
        domains[i].domain_id = (domid_t)(2 * i);
    }
    memset(told, 0xff, sizeof(told));
    op.u.getdomaininfolist.first_domain = first;
    op.u.getdomaininfolist.max_domains = max;
    op.u.getdomaininfolist.num_domains = 0xdead;        /* counts for nothing */
    op.u.getdomaininfolist.buffer.p = told;
    refs = since_look = most = looks = preempt_every = 0;
    fail_at = 0;
    return op;
}

/* As do_sysctl() and the dispatcher have it. */
static long run(struct xen_sysctl *op, unsigned int *restarts)
{
    long rc;

    *restarts = 0;
    while ((rc = domain_list(op)) == -ERESTART) {
        (*restarts)++;
    }
    return refs == 0 ? rc : -EBUSY;
}

static void check_told(const struct xen_sysctl *op, domid_t first, uint32_t nr)
{
    CHECK_EQ(op->u.getdomaininfolist.num_domains, nr);
    CHECK_EQ(op->u.getdomaininfolist.first_domain, first);
    CHECK_EQ(op->interface_version, XEN_SYSCTL_INTERFACE_VERSION);
    for (uint32_t i = 0; i < nr; i++) {
        CHECK_EQ(told[i].domain, (first + 1u) / 2 * 2 + 2 * i);
    }
    CHECK_EQ(told[nr].domain, 0xffff);
}

TEST(whole_however_often_it_is_interrupted)
{
    static const uint32_t most_asked[] = { 0, 1, 31, 32, 33, 64, 999, 1000, 1024 };

    for (unsigned int every = 0; every < 4; every++) {
        for (unsigned int i = 0; i < sizeof(most_asked) / sizeof(most_asked[0]); i++) {
            uint32_t max = most_asked[i] < DOMAINS ? most_asked[i] : DOMAINS;
            struct xen_sysctl op = request(0, most_asked[i]);
            unsigned int restarts;

            preempt_every = every;
            CHECK_EQ(run(&op, &restarts), 0);
            CHECK_EQ(restarts, every == 0 ? 0 : max / MOST / every);
            check_told(&op, 0, max);
            CHECK(most <= MOST);
        }
    }
}

TEST(from_the_middle)
{
    struct xen_sysctl op = request(1001, 100);
    unsigned int restarts;

    preempt_every = 1;
    CHECK_EQ(run(&op, &restarts), 0);
    check_told(&op, 1001, 100);
}

TEST(a_fault_in_a_later_part_leaves_no_mark)
{
    struct xen_sysctl op = request(0, DOMAINS);
    unsigned int restarts;

    preempt_every = 1;
    fail_at = (unsigned long)&told[100];
    CHECK_EQ(run(&op, &restarts), -EFAULT);
    CHECK_EQ(restarts, 3);
    CHECK_EQ(op.interface_version, XEN_SYSCTL_INTERFACE_VERSION);
}

TEST(a_forged_mark_stays_in_the_buffer)
{
    static const uint32_t forged[] = { 0, 11, 0xffffffff };
    struct xen_sysctl op = request(0, DOMAINS), mark;

    preempt_every = 1;
    CHECK_EQ(domain_list(&op), -ERESTART);
    for (unsigned int i = 0; i < 3; i++) {
        mark = op;
        mark.u.getdomaininfolist.max_domains = 10;
        mark.u.getdomaininfolist.num_domains = forged[i];
        CHECK_EQ(domain_list(&mark), -EINVAL);
    }
    mark = op;
    mark.u.getdomaininfolist.num_domains = DOMAINS;
    told[DOMAINS - 1].domain = 0xffff;          /* from the first domain on again, and no room */
    CHECK_EQ(domain_list(&mark), 0);
    CHECK_EQ(mark.u.getdomaininfolist.num_domains, DOMAINS);
    mark.cmd = XEN_SYSCTL_physinfo;
    mark.interface_version = op.interface_version;
    CHECK(!domain_list_goes_on(&mark));
}

TEST_MAIN
