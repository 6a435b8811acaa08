/* SPDX-License-Identifier: GPL-2.0-only */
/* The image: linked at XYLEM_VIRT_START, loaded at 2 MiB, moved by boot/ to where there is room. */
#include <asm/layout.h>
#include <asm/image.h>

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)

/* Loaders jump to machine addresses. */
ENTRY(start_maddr)
start_maddr = start32 - XYLEM_VIRT_START + IMAGE_LOAD_MADDR;

PHDRS { image PT_LOAD FLAGS(7); note PT_NOTE FLAGS(4); }

SECTIONS
{
    . = XYLEM_VIRT_START;
    _start = .;

    .text : AT(ADDR(.text) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        KEEP(*(.text.head))
        . = ALIGN(64);
        *(.text.entry .text.entry.*)
        *(.text.hot .text.hot.* .text .text.[a-zA-Z_]* .text.unlikely .text.unlikely.*)
        . = ALIGN(4096);
    } :image = 0xcccccccc
    _etext = .;

    .rodata : AT(ADDR(.rodata) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        _srodata = .;
        *(.rodata .rodata.* .data.rel.ro .data.rel.ro.*)
        . = ALIGN(8);
        bug_frames_start = .;
        KEEP(*(.bug_frames))
        bug_frames_end = .;
        /* Imported libraries reach some of their functions through a table; it is constant. */
        *(.got .got.plt)
        . = ALIGN(64);
        percpu_start = .;
        *(.data.percpu .data.percpu.*)
        . = ALIGN(64);
        percpu_end = .;
    } :image
    .note.gnu.build-id : AT(ADDR(.note.gnu.build-id) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        build_id_start = .;
        *(.note.gnu.build-id)
        build_id_end = .;
    } :image :note
    . = ALIGN(4096);
    _erodata = .;

    /* Written during boot, constant afterwards. */
    .ro_after_init : AT(ADDR(.ro_after_init) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        _sro_after_init = .;
        *(.data.ro_after_init .data.ro_after_init.*)
        . = ALIGN(8);
        ex_table_start = .;
        KEEP(*(.ex_table))
        ex_table_end = .;
        . = ALIGN(4096);
        _ero_after_init = .;
    } :image

    .data : AT(ADDR(.data) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        _sdata = .;
        *(.data.page_aligned)
        *(.data .data.[a-zA-Z_]*)
        . = ALIGN(4096);
    } :image

    /* Boot-only: given to the heap when boot is over. */
    .init.text : AT(ADDR(.init.text) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        _sinit = .;
        *(.init.text .init.text.*)
        . = ALIGN(4096);
        _einit_text = .;
    } :image = 0xcccccccc
    .init.data : AT(ADDR(.init.data) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        *(.init.rodata .init.rodata.*)
        . = ALIGN(8);
        params_start = .;
        KEEP(*(.init.params))
        params_end = .;
        . = ALIGN(8);
        alt_patches_start = .;
        KEEP(*(.init.alt_patches))
        alt_patches_end = .;
        *(.init.data .init.data.*)
        . = ALIGN(4096);
    } :image
    .init.bss (NOLOAD) : AT(ADDR(.init.bss) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        *(.init.bss.page_aligned)
        *(.init.bss .init.bss.*)
        . = ALIGN(4096);
        _einit = .;
    } :image

    .bss (NOLOAD) : AT(ADDR(.bss) - XYLEM_VIRT_START + IMAGE_LOAD_MADDR) {
        *(.bss.page_aligned)
        /* CPU 0's copy of the per-CPU variables. */
        . = ALIGN(64);
        percpu_bsp = .;
        . += percpu_end - percpu_start;
        *(.bss .bss.* COMMON)
        . = ALIGN(4096);
    } :image
    _end = .;

    /DISCARD/ : {
        *(.comment .note.GNU-stack .note.gnu.property .eh_frame .eh_frame_hdr .gnu.hash .hash
          .dynsym .dynstr .dynamic .interp .rela.* .gnu.version*)
    }
    .debug_aranges 0 : { *(.debug_aranges) }
    .debug_info 0 : { *(.debug_info) }
    .debug_abbrev 0 : { *(.debug_abbrev) }
    .debug_line 0 : { *(.debug_line) }
    .debug_str 0 : { *(.debug_str) }
    .debug_line_str 0 : { *(.debug_line_str) }
    .debug_loc 0 : { *(.debug_loc) }
    .debug_loclists 0 : { *(.debug_loclists) }
    .debug_ranges 0 : { *(.debug_ranges) }
    .debug_rnglists 0 : { *(.debug_rnglists) }
    .debug_frame 0 : { *(.debug_frame) }
    .symtab 0 : { *(.symtab) }
    .strtab 0 : { *(.strtab) }
    .shstrtab 0 : { *(.shstrtab) }
    .plt 0 : { *(.plt .plt.* .iplt .igot .igot.*) }
    .stab.excl 0 : { *(.stab*) }
}

ASSERT(_end - _start < IMAGE_MAX_BYTES, "image too large for its page tables")
ASSERT(SIZEOF(.plt) == 0, "something is called through a procedure linkage table")
