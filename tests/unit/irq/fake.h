/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine of one CPU, 24 lines and one PCI function for the interrupt code. */
#ifndef FAKE_H
#define FAKE_H

#include <xen/domain.h>
#include <xen/irq.h>
#include <xen/timer.h>

#define FAKE_GSIS 24

/* The IO-APIC's entries. */
extern struct fake_line {
    unsigned int vector, cpu;
    bool level, low, masked;
} fake_line[FAKE_GSIS];

/* Function 0000:00:03.0: MSI (2 vectors, 64 bits, masks) at 0x40, MSI-X (4 entries) at 0x60. */
#define FAKE_DEVFN  (3 << 3)
#define FAKE_BAR    0xfeb00000u
extern uint8_t fake_config[256];
extern uint8_t fake_bar[4096];

extern unsigned int fake_eois, fake_sent;       /* acknowledgements; events sent */
extern struct domain *fake_last_dom;
extern unsigned int fake_last_pirq;
extern s_time_t fake_now;
extern struct domain fake_dom[3];
extern struct vcpu fake_vcpu[3];
extern unsigned int fake_allocs;                /* heap objects alive */
extern int fake_no_memory_in;                   /* the n-th allocation from now fails; 0: none */
extern void (*fake_meanwhile)(void);            /* another CPU's doings, at the next allocation */
extern const spinlock_t *fake_lock;             /* MSI messages and masks are written under it: */
extern unsigned int fake_unlocked;              /* ... so many were not */
extern unsigned int fake_ioremaps;

/* fake_reset - everything as at boot; nothing mapped or bound. */
void fake_reset(void);
/* fake_end - let the domains go; false if something is left behind. */
bool fake_end(void);
/* fake_raise - @gsi's line is asserted: interrupt if it is not masked. */
bool fake_raise(unsigned int gsi);
/* fake_expire - run timers set by the code. */
void fake_expire(void);

#endif
