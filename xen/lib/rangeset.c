/* SPDX-License-Identifier: GPL-2.0-only */
/* Range sets in a sorted array that grows by doubling (xen/rangeset.h). */
#include <xen/rangeset.h>

#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/spinlock.h>

/*
 * Lock: lock, for all but creation.
 * Invariant R1: first[i] <= last[i], and last[i] + 1 < first[i + 1].
 */
struct range {
    uint64_t first, last;
};
struct rangeset {
    spinlock_t lock;
    unsigned int nr, room;
    struct range *r;
};

struct rangeset *rangeset_new(void)
{
    struct rangeset *s = kzalloc_type(struct rangeset);

    if (s != NULL) {
        spin_lock_init(&s->lock, LOCK_RANGESET);
    }
    return s;
}

void rangeset_destroy(struct rangeset *s)
{
    if (s != NULL) {
        kfree(s->r);
        kfree(s);
    }
}

/* Index of the first range that ends at or after @x (s->nr if none): binary search. */
static unsigned int find(const struct rangeset *s, uint64_t x)
{
    unsigned int lo = 0, hi = s->nr;

    while (lo < hi) {
        unsigned int mid = (lo + hi) / 2;

        if (s->r[mid].last < x) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* Replace ranges [at, at + old) by @nr_new ranges; room must be there (reserve). */
static void splice(struct rangeset *s, unsigned int at, unsigned int old,
                   const struct range *new, unsigned int nr_new)
{
    memmove(&s->r[at + nr_new], &s->r[at + old], (s->nr - at - old) * sizeof(s->r[0]));
    memcpy(&s->r[at], new, nr_new * sizeof(*new));
    s->nr = s->nr + nr_new - old;
}

/* Room for one more range, or -ENOMEM. */
static int reserve(struct rangeset *s)
{
    unsigned int room = s->room == 0 ? 4 : 2 * s->room;
    struct range *r;

    if (s->nr < s->room) {
        return 0;
    }
    r = kmalloc(room * sizeof(*r));
    if (r == NULL) {
        return -ENOMEM;
    }
    if (s->nr != 0) {
        memcpy(r, s->r, s->nr * sizeof(*r));
    }
    kfree(s->r);
    s->r = r;
    s->room = room;
    return 0;
}

int rangeset_add(struct rangeset *s, uint64_t first, uint64_t last)
{
    struct range new = { first, last };
    unsigned int at, end;
    int rc;

    if (last < first) {
        return -EINVAL;
    }
    spin_lock(&s->lock);
    rc = reserve(s);
    if (rc == 0) {
        /* Everything from the first that touches from below to the last that touches from above. */
        at = end = find(s, first == 0 ? 0 : first - 1);
        while (end < s->nr && (last == ~0UL || s->r[end].first <= last + 1)) {
            new.first = min(new.first, s->r[end].first);
            new.last = max(new.last, s->r[end].last);
            end++;
        }
        splice(s, at, end - at, &new, 1);
    }
    spin_unlock(&s->lock);
    return rc;
}

int rangeset_remove(struct rangeset *s, uint64_t first, uint64_t last)
{
    struct range rest[2];
    unsigned int at, end, n = 0;
    int rc;

    if (last < first) {
        return -EINVAL;
    }
    spin_lock(&s->lock);
    rc = reserve(s);
    if (rc == 0) {
        at = end = find(s, first);
        while (end < s->nr && s->r[end].first <= last) {
            if (s->r[end].first < first) {
                rest[n++] = (struct range){ s->r[end].first, first - 1 };
            }
            if (s->r[end].last > last) {
                rest[n++] = (struct range){ last + 1, s->r[end].last };
            }
            end++;
        }
        splice(s, at, end - at, rest, n);
    }
    spin_unlock(&s->lock);
    return rc;
}

bool rangeset_contains(struct rangeset *s, uint64_t first, uint64_t last)
{
    unsigned int i;
    bool in = false;

    if (rangeset_is_empty(s) || last < first) {
        return false;
    }
    spin_lock(&s->lock);
    i = find(s, first);
    in = i < s->nr && s->r[i].first <= first && s->r[i].last >= last;
    spin_unlock(&s->lock);
    return in;
}

bool rangeset_overlaps(struct rangeset *s, uint64_t first, uint64_t last)
{
    uint64_t a = 0, b;

    return rangeset_next(s, first, &a, &b) && a <= last;
}

bool rangeset_is_empty(const struct rangeset *s)
{
    return s == NULL || READ_ONCE(s->nr) == 0;
}

bool rangeset_next(struct rangeset *s, uint64_t from, uint64_t *first, uint64_t *last)
{
    unsigned int i;
    bool found;

    if (s == NULL) {
        return false;
    }
    spin_lock(&s->lock);
    i = find(s, from);
    found = i < s->nr;
    if (found) {
        *first = s->r[i].first;
        *last = s->r[i].last;
    }
    spin_unlock(&s->lock);
    return found;
}
