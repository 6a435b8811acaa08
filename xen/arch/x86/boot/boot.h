/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to boot/: the steps between head.S and start_xylem(). */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <xen/types.h>

#include <asm/boot-info.h>

/* While booting, machine addresses below 4 GiB are mapped one to one. */
#ifndef UNIT_TEST
static inline const void *boot_ptr(uint64_t maddr)
{
    return (const void *)maddr;
}
#else
const void *boot_ptr(uint64_t maddr);
#endif

/*
 * boot_parse - fill in @bi from what the loader left at machine address @info.
 * @magic  MB1_LOADER_MAGIC or MB2_LOADER_MAGIC.
 * Errors: bi->error set; the rest is then as far as it could be read.
 */
void boot_parse(struct boot_info *bi, uint32_t magic, uint64_t info);

/* From head.S: the loader's magic, its information's maddr, and the maddr of the image. */
void __noreturn boot_main(uint32_t magic, uint64_t info, uint64_t load_base);

/*
 * boot_build_tables - write the final page tables for an image lying at @base, into the image's
 * own (not yet copied) pages; returns the root's machine address after the move.
 */
uint64_t boot_build_tables(uint64_t base);

/* boot_map_identity - after the move: low memory one to one by tables of our own, no-execute. */
void boot_map_identity(void);

/* head.S: copy @len bytes from @from to @to (machine addresses), then load @root. */
void boot_move(uint64_t to, uint64_t from, uint64_t len, uint64_t root);

#endif /* BOOT_BOOT_H */
