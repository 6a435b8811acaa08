/* SPDX-License-Identifier: MIT */
/* Doubly linked lists whose links lie in the members; a list is a link of its own. */
#ifndef STUB_LIST_H
#define STUB_LIST_H

#include <stub/base.h>

/* An element that is on no list points at itself. */
struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

/* Put @entry before @place: before the head means at the end. */
static inline void list_insert(struct list *place, struct list *entry)
{
    entry->next = place;
    entry->prev = place->prev;
    place->prev->next = entry;
    place->prev = entry;
}

/* Take @entry off its list; harmless if it is on none. */
static inline void list_remove(struct list *entry)
{
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    list_init(entry);
}

#define list_entry(link, type, member) container_of(link, type, member)
#define list_for_each(link, head) \
    for (struct list *link = (head)->next; link != (head); link = link->next)

#endif
