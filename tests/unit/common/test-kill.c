/* SPDX-License-Identifier: GPL-2.0-only */
/* domain_kill(): what goes in which order, and again until it is done. */
#include <asm/mm.h>
#include <xen/domain.h>
#include <xen/domid.h>
#include <xen/gnttab.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/time.h>
#include <xen/unit.h>

#include "harness.h"

#include <pthread.h>
#include <unistd.h>

struct frame *frame_table;
uint64_t max_mfn;
unsigned long *frame_granules;
static struct cpu_info info;

struct cpu_info *get_cpu_info(void) { return &info; }
void domain_pause(struct domain *d) { d->pause_count++; }
void domain_unpause(struct domain *d) { d->pause_count--; }
void vcpu_pause_nosync(struct vcpu *v) { (void)v; }
void vcpu_unpause(struct vcpu *v) { (void)v; }
void vcpu_mark_events_pending(struct vcpu *v) { (void)v; }
void send_global_virq(unsigned int virq) { (void)virq; }
void evtchn_suspend_notify(struct domain *d) { (void)d; }
void hwdom_shutdown(uint8_t reason) { (void)reason; abort(); }
void panic(const char *fmt, ...) { (void)fmt; abort(); }
void printk(const char *fmt, ...) { (void)fmt; }
s_time_t get_s_time(void) { return 0; }
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *h)) { (void)head; (void)fn; }
void domain_wallclock_update(struct domain *d) { (void)d; }
int domain_set_claim(struct domain *d, uint64_t pages) { (void)d; (void)pages; return 0; }
void domain_free_chunks(struct domain *d) { (void)d; }
void domain_share_hv_page(struct domain *d, void *va, bool ro) { (void)d; (void)va; (void)ro; }
void domain_unshare_hv_page(void *va) { (void)va; }

domid_t domid_next(void) { return 1; }
void domid_take(domid_t id) { (void)id; }
void domid_give(domid_t id) { (void)id; }
struct rangeset *rangeset_new(void) { return NULL; }
void rangeset_destroy(struct rangeset *r) { (void)r; }
void *hv_alloc(unsigned int order) { (void)order; return NULL; }
void *kzalloc(size_t n) { return calloc(1, n); }
void *kzalloc_array_(size_t s, size_t n) { return calloc(s, n); }
void kfree(void *p) { free(p); }
int frame_get_and_type(mfn_t m, struct domain *d, enum frame_type t)
{
    (void)m; (void)d; (void)t;
    return -EINVAL;
}
void frame_put_and_type(struct frame *f) { (void)f; }
void *map_frame_shared(mfn_t m) { (void)m; return NULL; }
static int unmapped;
void unmap_frame_shared(void *va) { (void)va; WRITE_ONCE(unmapped, 1); }

int sched_vcpu_create(struct vcpu *v) { (void)v; return 0; }
void sched_vcpu_destroy(struct vcpu *v) { (void)v; }
int arch_vcpu_create(struct vcpu *v) { (void)v; return 0; }
void arch_vcpu_destroy(struct vcpu *v) { (void)v; }
void arch_dump_guest_registers(struct vcpu *v) { (void)v; }
int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *c)
{
    (void)d; (void)c;
    return 0;
}
void arch_domain_destroy(struct domain *d) { (void)d; }
int units_vcpu_create(struct vcpu *v) { (void)v; return 0; }
void units_vcpu_destroy(struct vcpu *v) { (void)v; }
int units_domain_create(struct domain *d) { (void)d; return 0; }
void units_domain_destroy(struct domain *d) { (void)d; }
int gnttab_create(struct domain *d, unsigned int f, unsigned int m, unsigned int v)
{
    (void)d; (void)f; (void)m; (void)v;
    return 0;
}

/* Each part is called until it has been three times, in order; which ones have ended. */
static unsigned int units_calls, arch_calls, grant_calls;

static int third(unsigned int *calls)
{
    return ++*calls < 3 ? -ERESTART : 0;
}
int units_domain_relinquish(struct domain *d) { (void)d; return third(&units_calls); }
int arch_domain_relinquish(struct domain *d)
{
    (void)d;
    EXPECT(units_calls >= 3);
    return third(&arch_calls);
}

/*
 * "The back end's domain was destroyed: its front end saw a grant end, pinned the page as a page
 * table, and was refused, as the page tables of the dead were there still."
 */
int gnttab_relinquish(struct domain *d)
{
    EXPECT(d->dying == DOMDYING_DYING);
    EXPECT(arch_calls >= 3);
    return third(&grant_calls);
}

TEST(grants_end_after_the_page_tables)
{
    struct domain self = { .domain_id = 0, .refs = 1 }, d = { .domain_id = 1, .refs = 2 };
    struct vcpu v = { .domain = &self };
    unsigned int calls = 0;
    int rc;

    info.curr_vcpu = &v;
    spin_lock_init(&d.lock, LOCK_DOMAIN);
    do {
        rc = domain_kill(&d);
    } while (rc == -ERESTART && ++calls < 100);
    CHECK_EQ(rc, 0);
    CHECK(grant_calls >= 3);
    CHECK_EQ(d.dying, DOMDYING_DEAD);
    CHECK_EQ(d.refs, 1);
}

static void *kill_it(void *d)
{
    static struct domain self = { .domain_id = 0, .refs = 1 };
    static struct vcpu v = { .domain = &self };

    info.curr_vcpu = &v;
    while (domain_kill(d) == -ERESTART) {
    }
    return NULL;
}

/* "Who pressed q while a domain died had its vcpu_info read that was unmapped: Xylem stopped." */
TEST(a_vcpu_info_stays_while_somebody_looks)
{
    static struct vcpu_info page;
    static struct frame frames[2];
    struct vcpu v = { .vcpu_info = &page, .vcpu_info_mfn = _mfn(1) }, *list[1] = { &v };
    struct domain d = { .domain_id = 1, .refs = 2, .max_vcpus = 1, .vcpu = list };
    pthread_t killer;

    frame_table = frames;
    v.domain = &d;
    spin_lock_init(&d.lock, LOCK_DOMAIN);
    d.dying = DOMDYING_DYING;
    spin_lock(&d.lock);                 /* show_vcpu() */
    CHECK_EQ(pthread_create(&killer, NULL, kill_it, &d), 0);
    for (unsigned int i = 0; i < 50 && !READ_ONCE(unmapped); i++) {
        usleep(1000);
    }
    EXPECT(!READ_ONCE(unmapped));
    EXPECT(READ_ONCE(v.vcpu_info) == &page);
    spin_unlock(&d.lock);
    CHECK_EQ(pthread_join(killer, NULL), 0);
    CHECK(unmapped);
    CHECK(v.vcpu_info == &dummy_vcpu_info);
    CHECK_EQ(d.dying, DOMDYING_DEAD);
}

TEST_MAIN
