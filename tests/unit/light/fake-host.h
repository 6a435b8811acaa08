/* SPDX-License-Identifier: GPL-2.0-only */
/* A hypervisor and a store for the tests of domains' lives; any call can be made to fail. */
#ifndef TESTS_LIGHT_FAKE_HOST_H
#define TESTS_LIGHT_FAKE_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xyl_ctrl.h"

#define HOST_DOMAINS 8

/*
 * Invariant: calls counts the calls that may fail, from 1; the one whose number is
 * fail_at gives -EIO, 0 is none.
 */
struct host {
    unsigned int calls, fail_at;
    unsigned int die_at;                    /* not 0: the so manieth call from now never returns */
    jmp_buf death;
    xyl_domain_info domains[HOST_DOMAINS];  /* domain 0 too; [i].tot_pages 0 is an unused entry */
    uint64_t free_pages;
    unsigned int built;
    char kernel[300], ramdisk[300], cmdline[300];   /* of the last one built */
    int paused;                             /* pause calls minus unpause calls, all domains */
    /* Called while the library waits for an event of the store; false: time is out. */
    bool (*wait)(void);
    unsigned int rights;    /* that were given to domains */
    bool lingers;           /* others have pages of what is destroyed: it stays, dying */
};

extern struct host host;

void host_reset(void);

/* host_fails - count a call; true if this one fails. */
bool host_fails(void);

/* host_may_die - a call at which the process can be killed (die_at). */
void host_may_die(void);

/* host_shutdown - a domain's guest ends with SHUTDOWN_@reason. */
void host_shutdown(uint32_t domid, unsigned int reason);

size_t host_domains(void);

/* The policy of the last domain made (fake-policy.c); NULL: no such leaf. */
void host_policy_reset(void);
xen_cpuid_leaf_t *host_policy(uint32_t leaf);

/*
 * Memory of the last domain (fake-memory.c): MEMORY_PAGES frames from MEMORY_FIRST on.  A device's
 * can be mapped, and must not be.
 */
#define MEMORY_FIRST 100u
#define MEMORY_PAGES 32u
#define MEMORY_PAGE  4096u
#define MEMORY_LIST  3u         /* which of them is the list, */
#define MEMORY_DATA  4u         /* and which the first page it names; see host_memory_reset() */
enum memory_kind { MEMORY_NONE, MEMORY_OWN, MEMORY_DEVICE };
struct host_memory {
    enum memory_kind kinds[MEMORY_PAGES];
    uint64_t pages[MEMORY_PAGES][MEMORY_PAGE / 8];
    int mapped;             /* pages mapped and not unmapped: 0 in the end */
    unsigned int asked;     /* calls for types */
    xen_pfn_t goes;         /* a frame that the guest gives back when it is mapped among others */
    bool touched_device;
};
extern struct host_memory host_memory;
void host_memory_reset(void);
uint64_t *host_page(xen_pfn_t mfn);

/* The store: nr of nodes below @path, value of a node (NULL: none). */
void store_reset(void);
size_t store_count(const char *path);
const char *store_value(const char *path);
void store_set(const char *path, const char *value);
/* store_owner - the domain that may write the node, beside domain 0. */
unsigned int store_owner(const char *path);
/* store_caller_dies - what it did in a transaction is undone. */
void store_caller_dies(void);
/* store_next - path of the next node below @folder from *@at on, which counts up; NULL: no more. */
const char *store_next(const char *folder, size_t *at);

/*
 * host_backends - what the kernel's backend drivers and a live guest do while the library
 * waits: new devices become ready, closing ones close.  Fits host.wait; false if nothing to do.
 */
bool host_backends(void);

/* Domain 0's kernel, as fake-hotplug.c has it. */
struct fake_hotplug {
    int open;               /* targets that are held open; 0 in the end */
    bool awaited;           /* an interface */
    unsigned int joined;    /* interfaces put into bridges */
    const char *last_bridge, *last_rename;
    char scripts[1000];     /* "SCRIPT ACTION PATH VIF\n" for each that ran */
    bool script_fails, script_is_mute, no_loop;
    bool guest_holds;       /* the guest does not let go of its devices */
    bool backend_mute;      /* the kernel's part of a device goes without a word */
    bool backend_fails;
    bool no_front;          /* domain 0 has no front end for disks */
    const char *named;      /* a block device that domain 0 has */
    bool no_consoled;       /* nobody serves channels */
    bool forgotten;         /* the socket of "/run/b" was looked after */
    int qemus;              /* that run; 0 in the end */
    bool qemu_fails;        /* it ends at once */
    bool qemu_dead;         /* it ends once it is watched */
    bool quiet;             /* the store has no event when it is next asked */
    char qemu[200];         /* what the last one was started with */
};
extern struct fake_hotplug hotplug;

#endif
