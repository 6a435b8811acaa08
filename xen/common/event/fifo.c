/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO ABI: an event word for each port, linked into queues by priority
 * (docs/design/events.md).
 */
#include "private.h"

#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/mm.h>

#define WORDS_PER_PAGE      (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES           (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define LINK_TRIES          64      /* against a guest that changes the word all the time */

#define W_PENDING   (1u << EVTCHN_FIFO_PENDING)
#define W_MASKED    (1u << EVTCHN_FIFO_MASKED)
#define W_LINKED    (1u << EVTCHN_FIFO_LINKED)
#define W_BUSY      (1u << EVTCHN_FIFO_BUSY)

struct queue {
    spinlock_t lock;            /* IRQ-safe */
    uint32_t tail;              /* port linked last, 0 if none */
};

/* Pages of the guest, each mapped for good with a reference and a writable type. */
struct evtchn_fifo_vcpu {
    struct evtchn_fifo_control_block *control;
    struct queue queue[EVTCHN_FIFO_MAX_QUEUES];
};
struct evtchn_fifo {
    event_word_t *array[MAX_PAGES];
    unsigned int nr_pages;
};

static event_word_t *port_word(const struct domain *d, unsigned int port)
{
    const struct evtchn_fifo *f = d->evtchn.fifo;
    unsigned int p = port / WORDS_PER_PAGE;

    if (unlikely(p >= READ_ONCE(f->nr_pages))) {
        return NULL;
    }
    return f->array[array_index_nospec(p, MAX_PAGES)] + port % WORDS_PER_PAGE;
}

/* Let @tail's word point to @port, if it is still linked.  The guest may unlink it at any time. */
static bool link_behind(event_word_t *tail, uint32_t port)
{
    event_word_t old = READ_ONCE(*tail), new;

    for (unsigned int i = 0; i < LINK_TRIES; i++) {
        if (!(old & W_LINKED)) {
            return false;
        }
        /* After some tries ask the guest, by the busy bit, to leave the word alone. */
        new = (old & ~(W_BUSY | EVTCHN_FIFO_LINK_MASK)) | port;
        if (try_cmpxchg(tail, &old, new)) {
            return true;
        }
        if (i == 4) {
            (void)__atomic_fetch_or(tail, W_BUSY, __ATOMIC_SEQ_CST);
            old = READ_ONCE(*tail);
        }
    }
    __atomic_fetch_and(tail, ~W_BUSY, __ATOMIC_SEQ_CST);
    return false;
}

/* Queue @nr of @d, numbered over all vcpus; @q in its place where that vcpu has none. */
static struct queue *queue_of(const struct domain *d, uint32_t nr, struct queue *q)
{
    struct evtchn_fifo_vcpu *fv = d->vcpu[nr / EVTCHN_FIFO_MAX_QUEUES]->evtchn.fifo;

    return fv == NULL ? q : &fv->queue[nr % EVTCHN_FIFO_MAX_QUEUES];
}

/*
 * Lock @q, number @nr, and the queue that @ch was last on, which may change until then.  A sender
 * and an unmask may link a port at once, each for another vcpu if it is bound anew meanwhile.
 */
static struct queue *lock_queues(const struct domain *d, const struct evtchn *ch, struct queue *q,
                                 uint32_t nr)
{
    for (;;) {
        uint32_t last = READ_ONCE(ch->last_queue);
        struct queue *old = last == nr ? q : queue_of(d, last, q);

        spin_lock(old < q ? &old->lock : &q->lock);
        if (old != q) {
            spin_lock(old < q ? &q->lock : &old->lock);
        }
        if (likely(last == READ_ONCE(ch->last_queue))) {
            return old;
        }
        spin_unlock(&q->lock);
        if (old != q) {
            spin_unlock(&old->lock);
        }
    }
}

static void unlock_queues(struct queue *q, struct queue *old)
{
    spin_unlock(&q->lock);
    if (old != q) {
        spin_unlock(&old->lock);
    }
}

static void link_event(struct vcpu *v, struct evtchn *ch, event_word_t *word)
{
    struct evtchn_fifo_vcpu *fv = v->evtchn.fifo;
    unsigned int priority = READ_ONCE(ch->priority);
    uint32_t nr = v->vcpu_id * EVTCHN_FIFO_MAX_QUEUES + priority;
    struct queue *q = &fv->queue[priority], *old = lock_queues(v->domain, ch, q, nr);
    event_word_t *tail;
    bool linked = false;

    if (__atomic_fetch_or(word, W_LINKED, __ATOMIC_SEQ_CST) & W_LINKED) {
        unlock_queues(q, old);          /* found on the queue where it is */
        return;
    }
    if (old != q && old->tail == ch->port) {
        old->tail = 0;                  /* it moves: that queue ends nowhere now */
    }
    WRITE_ONCE(ch->last_queue, nr);
    if (q->tail != 0 && q->tail != ch->port) {    /* itself unlinked: the queue is empty */
        tail = port_word(v->domain, q->tail);
        linked = tail != NULL && link_behind(tail, ch->port);
    }
    if (!linked) {
        WRITE_ONCE(fv->control->head[priority], ch->port);
    }
    q->tail = ch->port;
    unlock_queues(q, old);
    if (!linked && !test_and_set_bit(priority, &fv->control->ready)) {
        vcpu_mark_events_pending(v);
    }
}

static void fifo_set_pending(struct vcpu *v, struct evtchn *ch)
{
    event_word_t *word = port_word(v->domain, ch->port);
    event_word_t old;

    if (unlikely(word == NULL || v->evtchn.fifo == NULL)) {
        ch->pending = true;
        return;
    }
    old = __atomic_fetch_or(word, W_PENDING, __ATOMIC_SEQ_CST);
    if (!(old & (W_MASKED | W_LINKED))) {
        link_event(v, ch, word);
    }
}

static void fifo_init(struct domain *d, struct evtchn *ch)
{
    event_word_t *word = port_word(d, ch->port);

    ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    /* A port that was linked when it was closed is still on its queue: then nothing to undo. */
    if (word != NULL && (READ_ONCE(*word) & W_LINKED)) {
        gpr_debug("domain %u: port %u opened while still linked\n", d->domain_id, ch->port);
    }
}

static void fifo_clear_pending(struct domain *d, struct evtchn *ch)
{
    event_word_t *word = port_word(d, ch->port);

    if (word != NULL) {
        __atomic_fetch_and(word, ~W_PENDING, __ATOMIC_SEQ_CST);
    }
    ch->pending = false;
}

static void fifo_unmask(struct domain *d, struct evtchn *ch)
{
    event_word_t *word = port_word(d, ch->port);

    if (word != NULL) {
        event_word_t old = __atomic_fetch_and(word, ~W_MASKED, __ATOMIC_SEQ_CST);

        if ((old & W_PENDING)) {
            fifo_set_pending(d->vcpu[ch->vcpu_id], ch);
        }
    }
}

static bool fifo_is_pending(const struct domain *d, const struct evtchn *ch)
{
    event_word_t *word = port_word(d, ch->port);

    return word == NULL ? ch->pending : (READ_ONCE(*word) & W_PENDING) != 0;
}

static bool fifo_is_masked(const struct domain *d, const struct evtchn *ch)
{
    event_word_t *word = port_word(d, ch->port);

    return word == NULL || (READ_ONCE(*word) & W_MASKED);
}

static int fifo_set_priority(struct domain *d, struct evtchn *ch, unsigned int priority)
{
    (void)d;
    if (priority > EVTCHN_FIFO_PRIORITY_MIN) {
        return -EINVAL;
    }
    ch->priority = (uint8_t)priority;
    return 0;
}

const struct evtchn_port_ops evtchn_fifo_ops = {
    .init = fifo_init,
    .set_pending = fifo_set_pending,
    .clear_pending = fifo_clear_pending,
    .unmask = fifo_unmask,
    .is_pending = fifo_is_pending,
    .is_masked = fifo_is_masked,
    .set_priority = fifo_set_priority,
    .max_ports = EVTCHN_FIFO_NR_CHANNELS,
};

/* --- Setting up ------------------------------------------------------------------------- */

/* Map a writable page of @d for good.  0, -EINVAL, -ENOMEM. */
static int map_guest_page(struct domain *d, uint64_t gfn, void **va)
{
    mfn_t mfn = _mfn(gfn);

    if (!mfn_valid(mfn) || frame_get_and_type(mfn, d, FT_WRITABLE) != 0) {
        return -EINVAL;
    }
    *va = map_frame_shared(mfn);
    if (*va == NULL) {
        frame_put_and_type(mfn_to_frame(mfn));
        return -ENOMEM;
    }
    return 0;
}

static void unmap_guest_page(void *va)
{
    if (va != NULL) {
        mfn_t mfn = hv_virt_to_mfn(va);

        unmap_frame_shared(va);
        frame_put_and_type(mfn_to_frame(mfn));
    }
}

/* Ports pending under the old ABI stay so: they are shown as soon as they have a word. */
static int switch_abi(struct domain *d)
{
    struct evtchn_fifo *f;

    if (d->evtchn.fifo != NULL) {
        return 0;
    }
    f = kzalloc_type(struct evtchn_fifo);
    if (f == NULL) {
        return -ENOMEM;
    }
    for (unsigned int port = 1; port < d->evtchn.nr_ports; port++) {
        struct evtchn *ch = port_to_evtchn(d, port);

        if (port < EVTCHN_2L_NR_CHANNELS && test_bit(port, d->shared_info->evtchn_pending)) {
            ch->pending = true;
        }
        ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        ch->last_queue = ch->vcpu_id * EVTCHN_FIFO_MAX_QUEUES + ch->priority;
    }
    d->evtchn.fifo = f;
    smp_wmb();
    d->evtchn.ops = &evtchn_fifo_ops;
    return 0;
}

/* Ports of @page that were pending without a word, or for a vcpu without a queue. */
static void show_pending(struct domain *d, unsigned int page)
{
    unsigned int first = page * WORDS_PER_PAGE;
    unsigned int end = min_t(unsigned int, first + WORDS_PER_PAGE, d->evtchn.nr_ports);

    for (unsigned int port = max(first, 1u); port < end; port++) {
        struct evtchn *ch = port_to_evtchn(d, port);
        unsigned long flags = spin_lock_irqsave(&ch->lock);

        if (ch->pending) {
            ch->pending = false;
            evtchn_set_pending(d, ch);
        }
        spin_unlock_irqrestore(&ch->lock, flags);
    }
}

int evtchn_fifo_init_control(struct evtchn_init_control *c)
{
    struct domain *d = currd;
    struct vcpu *v = domain_vcpu(d, c->vcpu);
    struct evtchn_fifo_vcpu *fv;
    void *page = NULL;
    int rc;

    if (v == NULL) {
        return -ENOENT;
    }
    if (c->offset > PAGE_SIZE - sizeof(*fv->control) || !IS_ALIGNED(c->offset, 8)) {
        return -EINVAL;
    }
    fv = kzalloc_type(struct evtchn_fifo_vcpu);
    if (fv == NULL) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++) {
        spin_lock_init(&fv->queue[i].lock, LOCK_NONE);
    }
    rc = map_guest_page(d, c->control_gfn, &page);
    if (rc != 0) {
        kfree(fv);
        return rc;
    }
    fv->control = (struct evtchn_fifo_control_block *)((char *)page + c->offset);
    spin_lock(&d->evtchn.lock);
    rc = v->evtchn.fifo != NULL ? -EINVAL : switch_abi(d);
    if (rc == 0) {
        smp_wmb();
        WRITE_ONCE(v->evtchn.fifo, fv);
        for (unsigned int i = 0; i < d->evtchn.fifo->nr_pages; i++) {
            show_pending(d, i);
        }
    }
    spin_unlock(&d->evtchn.lock);
    if (rc != 0) {
        unmap_guest_page(page);
        kfree(fv);
        return rc;
    }
    c->link_bits = EVTCHN_FIFO_LINK_BITS;
    return 0;
}

int evtchn_fifo_expand_array(const struct evtchn_expand_array *a)
{
    struct domain *d = currd;
    struct evtchn_fifo *f;
    void *page = NULL;
    int rc;

    if (d->evtchn.fifo == NULL) {
        return -EOPNOTSUPP;
    }
    rc = map_guest_page(d, a->array_gfn, &page);
    if (rc != 0) {
        return rc;
    }
    spin_lock(&d->evtchn.lock);
    f = d->evtchn.fifo;
    if (f == NULL) {
        rc = -EOPNOTSUPP;               /* reset meanwhile */
    } else if (f->nr_pages == MAX_PAGES) {
        rc = -ENOSPC;
    } else {
        f->array[f->nr_pages] = page;
        smp_wmb();
        WRITE_ONCE(f->nr_pages, f->nr_pages + 1);
        show_pending(d, f->nr_pages - 1);
    }
    spin_unlock(&d->evtchn.lock);
    if (rc != 0) {
        unmap_guest_page(page);
    }
    return rc;
}

/* All ports are closed, or the domain is dying; nothing sends any more. */
void evtchn_fifo_destroy(struct domain *d)
{
    struct evtchn_fifo *f = d->evtchn.fifo;
    struct vcpu *v;

    if (f == NULL) {
        return;
    }
    d->evtchn.ops = &evtchn_2l_ops;
    for_each_vcpu (d, v) {
        struct evtchn_fifo_vcpu *fv = v->evtchn.fifo;

        v->evtchn.fifo = NULL;
        if (fv != NULL) {
            unmap_guest_page((void *)((unsigned long)fv->control & PAGE_MASK));
            kfree(fv);
        }
    }
    for (unsigned int i = 0; i < f->nr_pages; i++) {
        unmap_guest_page(f->array[i]);
    }
    d->evtchn.fifo = NULL;
    kfree(f);
}
