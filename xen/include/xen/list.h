/* SPDX-License-Identifier: GPL-2.0-only */
/* Circular doubly linked list with the links inside the objects. */
#ifndef XEN_LIST_H
#define XEN_LIST_H

#include <xen/types.h>

struct list_head {
    struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }

static inline void list_init(struct list_head *h) { h->next = h->prev = h; }
static inline bool list_empty(const struct list_head *h) { return h->next == h; }

static inline void list_insert_(struct list_head *n, struct list_head *prev, struct list_head *next)
{
    n->prev = prev;
    n->next = next;
    prev->next = n;
    next->prev = n;
}
/* list_add - insert @n as first of @h; list_add_tail - as last. */
static inline void list_add(struct list_head *n, struct list_head *h)
{
    list_insert_(n, h, h->next);
}
static inline void list_add_tail(struct list_head *n, struct list_head *h)
{
    list_insert_(n, h->prev, h);
}
/* list_del - unlink @n, leaving it as an empty list of its own. */
static inline void list_del(struct list_head *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first(h, type, member) \
    (list_empty(h) ? NULL : list_entry((h)->next, type, member))
#define list_for_each(pos, h, member)                                        \
    for (pos = list_entry((h)->next, __typeof__(*pos), member);              \
         &pos->member != (h);                                                \
         pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_safe(pos, tmp, h, member)                              \
    for (pos = list_entry((h)->next, __typeof__(*pos), member),              \
         tmp = list_entry(pos->member.next, __typeof__(*pos), member);       \
         &pos->member != (h);                                                \
         pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

#endif /* XEN_LIST_H */
