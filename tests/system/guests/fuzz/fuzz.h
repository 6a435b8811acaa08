/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the guest that makes random calls: what they share. */
#ifndef XYLEM_TESTS_FUZZ_H
#define XYLEM_TESTS_FUZZ_H

#include "guest.h"

#define SLOTS       6               /* calls that are made ready at once */
#define ARGS_SIZE   (2 * PAGE_SIZE) /* arguments of one */
#define NR_PEERS    4
#define MAX_MFN     (1UL << 20)     /* 4 GiB */

/* The pool's pages and what they play; the rest of them are data. */
enum { L1S = 0, L2S = 16, L3S = 22, L4S = 26, DATA = 30, POOL = 56, WINDOW = 16 };

extern char pool[POOL + 1][PAGE_SIZE];                  /* the last one is a hole, for lists ... */
extern char window[WINDOW + 1][PAGE_SIZE];              /* where anything is mapped; ... likewise */
/* Arguments of each call; a list that is said to be longer ends in the hole. */
extern struct fuzz_args {
    char page[ARGS_SIZE];
    char hole[PAGE_SIZE];                               /* not mapped */
} args[SLOTS];
extern char entries[PAGE_SIZE];                         /* our grant table */

/* Frames: of pool and window, that calls gave us, of our two roots; grants we have mapped. */
extern unsigned long pool_mfn[POOL], window_mfn[WINDOW], found[16], root_mfn[2];
extern struct fuzz_mapped { uint64_t at; uint32_t handle; } mapped[8];
extern unsigned long peers;         /* the first of the domains we meet */
extern bool tame;                   /* what keeps us alive is spared */
extern uint64_t state;              /* of the stream of numbers; not zero */

/* A call made ready: its number, its arguments, its result. */
struct call {
    unsigned long nr, arg[5];
    long result;
};

/* Values (values.c). */
uint64_t noise(void);
unsigned int pick(unsigned int n);              /* below @n */
bool one_in(unsigned int n);
void note_vital(void);                          /* once the frames of pool and window are known */
bool is_vital(unsigned long mfn);               /* the guest cannot do without it */
unsigned long any_mfn(void);
unsigned long any_extent(unsigned int order);   /* its first frame */
void *any_page(void);
uint64_t any_value(void);
domid_t any_domid(void);
/* Where a call looks for its arguments: mostly where they are. */
void *place(char *page);
void scribble(void *page, unsigned int words);

/* Page tables and memory (tables.c): a table of @level of the pool, an entry for one. */
unsigned int table_of(unsigned int level);
uint64_t any_entry(unsigned int level);
void fuzz_mmu_update(struct call *c, char *page);
void fuzz_mmuext(struct call *c, char *page);
void fuzz_mapping(struct call *c, char *page);
void fuzz_protection(struct call *c, char *page);
void fuzz_memory(struct call *c, char *page);

/* All calls (calls.c): make one of any kind ready, with its arguments in @page. */
void fuzz_any(struct call *c, char *page);
/* Entries of our own table: what others can map of us.  Not a call. */
void fuzz_grant_entries(void);

/* What spares nothing (wild.c): @left steps; a trap leads back to wild_loop on wild_stack. */
extern char wild_stack[4 * PAGE_SIZE];
extern unsigned long wild_left;
void wild_loop(void) __attribute__((noreturn));
void step(void);                                /* fuzz.c: one step of the run */

#endif
