/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel images: unpack, ELF and Xen notes, and the layout of a PV domain.
 *
 * Pure code: no allocation but through callbacks, no printing, no globals, so
 * that the hypervisor (dom0) and the tools (domU) build the very same files.
 * This header needs the compiler's own headers only.  Design: docs/design/image.md.
 *
 * The road of a kernel file:
 *   image_open()            what is it, where is the payload, how big unpacked
 *   image_unpack()          payload into one flat buffer, or
 *   image_unpack_stream()   payload in pieces to a sink (for instance a loader)
 *   elf_parse()             headers and segments; elf_read_notes() the Xen notes
 *   pv_kernel_check()       fit to be this PV domain's kernel?  where does it go?
 *   elf_load()              segments to the domain's memory, through a callback
 *   pv_layout()             where everything else goes
 *   pv_layout_tables()      the first page tables, one page at a time
 *   pv_start_info()         the start_info page
 */
#ifndef XEN_LIB_IMAGE_H
#define XEN_LIB_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every way an image can be refused.  image_strerror() has the sentence; the
 * caller adds which file it was.
 */
enum image_status {
    IMAGE_OK = 0,
    /* The file. */
    IMAGE_EMPTY,            /* no bytes, or too few for any header */
    IMAGE_UNKNOWN,          /* neither bzImage nor ELF nor gzip */
    IMAGE_OLD_PROTOCOL,     /* bzImage before protocol 2.08: payload not described */
    IMAGE_BAD_SETUP,        /* bzImage whose payload lies outside the file */
    IMAGE_BAD_PAYLOAD,      /* payload of a compression this build does not know */
    IMAGE_TOO_BIG,          /* unpacks to more than IMAGE_MAX_UNPACKED */
    /* Unpacking. */
    IMAGE_TRUNCATED,        /* compressed data ends too early */
    IMAGE_CORRUPT,          /* compressed data damaged, or its checksum differs */
    IMAGE_SIZE_MISMATCH,    /* unpacks to another size than the file promises */
    IMAGE_UNSUPPORTED,      /* needs a filter or option that this build leaves out */
    IMAGE_NO_MEMORY,        /* the caller's allocator said no */
    IMAGE_ABORTED,          /* the caller's sink, writer or table() asked to stop */
    /* ELF. */
    ELF_NOT_ELF,            /* unpacked data is no ELF file */
    ELF_32BIT,              /* 32-bit kernel */
    ELF_BIG_ENDIAN,
    ELF_NOT_X86_64,
    ELF_NOT_EXECUTABLE,     /* neither ET_EXEC nor ET_DYN */
    ELF_BAD_HEADERS,        /* program headers outside the file, or of a wrong size */
    ELF_TOO_MANY_SEGMENTS,
    ELF_NO_SEGMENTS,        /* nothing to load */
    ELF_BAD_SEGMENT,        /* a segment outside the file, or with sizes that overflow */
    ELF_OVERLAP,            /* two segments claim the same memory */
    /* Xen notes. */
    NOTES_NONE,             /* not built as a Xen PV guest */
    NOTES_BAD,              /* a note outside its segment, or of a wrong size */
    NOTES_BAD_VERSION,      /* note XEN_VERSION is not "xen-3.0" */
    NOTES_NO_ENTRY,         /* PVH only: a PHYS32_ENTRY but no ENTRY */
    NOTES_NOT_DOM0,         /* kernel says that it cannot be dom0 */
    NOTES_NEEDS_FEATURE,    /* kernel requires a feature that PV does not have */
    NOTES_BAD_ADDRESS,      /* VIRT_BASE, ENTRY, ... outside what a PV guest may use */
    NOTES_BAD_HV_START,     /* kernel wants addresses that belong to the hypervisor */
    /* Layout. */
    LAYOUT_TOO_BIG,         /* kernel (and mapped initrd) do not fit 1 GiB of addresses */
    LAYOUT_NO_ROOM,         /* the domain has too little memory for what it is given */
    IMAGE_STATUS_END
};

/*
 * image_strerror - what @status means, in one clause without a full stop.
 * Never NULL, also for numbers that are no status.
 */
const char *image_strerror(enum image_status status);

#define IMAGE_MAX_UNPACKED (1UL << 30)      /* a PV kernel must fit 1 GiB anyway */

/* ------------------------------------------------------------ the file */

enum image_format {
    IMAGE_PLAIN,            /* an ELF file as it is; nothing to unpack */
    IMAGE_GZIP,
    IMAGE_XZ,
    IMAGE_ZSTD,
    IMAGE_LZ4,              /* legacy frame, as the kernel's build makes it */
};

/*
 * A recognised kernel file.  Invariants:
 *   I1  [payload, payload + payload_size) lies inside the file given to image_open().
 *   I2  0 < unpacked_size <= IMAGE_MAX_UNPACKED; for IMAGE_PLAIN both sizes agree.
 */
struct image {
    enum image_format format;
    const uint8_t *payload;     /* borrowed from the caller's file */
    size_t payload_size;        /* bytes, without an appended length word */
    size_t unpacked_size;       /* bytes, as the file promises */
    bool bzimage;
};

/*
 * image_open - recognise a kernel file and find its payload.
 * @file  @size bytes, which must stay while @img is used.
 * @img   on IMAGE_OK: the description.
 *
 * Errors: IMAGE_EMPTY ... IMAGE_TOO_BIG.
 * Spec:   Linux boot protocol 2.08 and later, payload_offset and payload_length.
 */
enum image_status image_open(const void *file, size_t size, struct image *img);

/* image_format_name - "gzip", "xz", ... for a log line. */
const char *image_format_name(enum image_format format);

/*
 * Working memory of the decompressors.  alloc() returns 16-byte aligned memory
 * of any contents, or NULL; free() takes what alloc() gave.  Need at most: gzip
 * 48 KiB, xz the dictionary (32 MiB for Debian's kernel) plus 256 KiB, zstd 192 KiB,
 * lz4 nothing; image_unpack_stream() adds 64 KiB, for lz4 8 MiB, for zstd the
 * unpacked size.
 */
struct image_mem {
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *p);
    void *ctx;
};

/*
 * image_unpack - unpack the payload into one buffer.
 * @out   @out_size bytes, at least img->unpacked_size; undefined on error.
 *
 * Exactly img->unpacked_size bytes are written, and the stream must end there
 * with its checksums right.  IMAGE_PLAIN is copied.
 * Context: may take seconds; touches nothing but its arguments.
 * Errors:  IMAGE_TRUNCATED ... IMAGE_NO_MEMORY.  All memory is given back.
 */
enum image_status image_unpack(const struct image *img, const struct image_mem *mem,
                               void *out, size_t out_size);

/*
 * A sink gets the unpacked bytes in order.  @data is valid during the call only.
 * Returning false stops the work with IMAGE_ABORTED.
 */
struct image_sink {
    bool (*put)(void *ctx, const void *data, size_t size);
    void *ctx;
};

/*
 * image_unpack_stream - as image_unpack(), into a sink.  The caller must not act
 * on what the sink got before IMAGE_OK: checksums may come last.
 */
enum image_status image_unpack_stream(const struct image *img, const struct image_mem *mem,
                                      const struct image_sink *sink);

/* ------------------------------------------------------------ ELF and notes */

#define ELF_MAX_SEGMENTS 16     /* loadable ones; Linux has 4 */
#define ELF_MAX_NOTES    8      /* PT_NOTE segments */
#define ELF_MAX_PHDRS    64     /* program headers looked at; more is ELF_BAD_HEADERS */
#define ELF_HEAD_BYTES   8192   /* elf_parse() needs no more than this of the file */

struct elf_segment {
    uint64_t offset;            /* in the file */
    uint64_t filesz;            /* bytes in the file ... */
    uint64_t memsz;             /* ... and in memory; the rest is zeroed */
    uint64_t paddr;
    uint64_t vaddr;
};

/*
 * A parsed ELF64 x86 file.  Invariants:
 *   E1  offset + filesz <= file_size, filesz <= memsz, memsz > 0, paddr + memsz does not wrap.
 *   E2  segments are in file order (by offset) and disjoint in physical memory.
 *   E3  notes lie inside the file and are at most 64 KiB each.
 */
struct elf_image {
    uint64_t file_size;
    uint64_t entry;
    uint64_t paddr_start;       /* lowest paddr of a segment */
    uint64_t paddr_end;         /* one past the highest */
    unsigned int nr_segments;
    unsigned int nr_notes;
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    struct {
        uint64_t offset;
        uint32_t size;
    } notes[ELF_MAX_NOTES];
};

/*
 * elf_parse - read the headers.
 * @head       the first @head_size bytes of the file: min(file size, ELF_HEAD_BYTES) or more.
 * @file_size  bytes of the whole file.
 *
 * Errors: ELF_*.
 */
enum image_status elf_parse(const void *head, size_t head_size, uint64_t file_size,
                            struct elf_image *elf);

#define XEN_NOTE_STRING 64

/*
 * The Xen notes of a kernel; a bit of `present` is 1 << XEN_ELFNOTE_x.
 * Strings are NUL-terminated, cut to the field.  Features are submap 0 of
 * public/features.h.
 */
struct xen_notes {
    uint32_t present;
    uint64_t entry;                     /* virtual */
    uint64_t hypercall_page;            /* virtual */
    uint64_t virt_base;
    uint64_t paddr_offset;
    uint64_t hv_start_low;
    uint64_t init_p2m;
    uint64_t phys32_entry;
    uint64_t l1_mfn_mask, l1_mfn_value;
    uint32_t features_required;         /* "!name" of note FEATURES */
    uint32_t features_supported;        /* both notes together */
    bool features_unknown;              /* requires a name that nobody knows */
    bool mod_start_pfn;
    bool suspend_cancel;
    bool bsd_symtab;
    char guest_os[XEN_NOTE_STRING];
    char guest_version[XEN_NOTE_STRING];
    char xen_version[XEN_NOTE_STRING];
    char loader[XEN_NOTE_STRING];
    char pae_mode[XEN_NOTE_STRING];
};

static inline bool xen_notes_has(const struct xen_notes *notes, unsigned int type)
{
    return (notes->present >> type) & 1;
}

/*
 * xen_notes_init, xen_notes_add - read one note segment's bytes into @notes.
 * Notes of other owners and unknown types are passed over; of a type met twice
 * the last counts.
 *
 * Errors: NOTES_BAD.
 */
void xen_notes_init(struct xen_notes *notes);
enum image_status xen_notes_add(struct xen_notes *notes, const void *seg, size_t size);

/*
 * elf_read_notes - the same for a whole file in memory (elf->file_size bytes).
 * Errors: NOTES_BAD, NOTES_NONE.
 */
enum image_status elf_read_notes(const struct elf_image *elf, const void *file,
                                 struct xen_notes *notes);

/*
 * A kernel found fit to run.  Invariants:
 *   K1  virt_base is page-aligned; vstart and vend lie in
 *       [virt_base, virt_base + 1 GiB) and below the end of the address space.
 *   K2  pfn of a virtual address va is (va - virt_base) >> 12.
 *   K3  entry, and hypercall_page if not ~0, lie in [vstart, vend).
 */
struct pv_kernel {
    uint64_t virt_base;
    uint64_t paddr_offset;      /* domain address of a segment = paddr - paddr_offset */
    uint64_t vstart, vend;      /* bytes; vend rounded up to a page */
    uint64_t entry;
    uint64_t hypercall_page;    /* virtual, page-aligned, or ~0 if there is none */
    uint64_t init_p2m;          /* page-aligned, or ~0 if the list goes into the region */
    uint64_t l1_mfn_mask, l1_mfn_value;
    uint32_t features_supported;
    bool mod_start_pfn;         /* initrd need not be mapped */
};

/*
 * pv_kernel_check - may this kernel be a PV domain, and where does it go?
 * @dom0  also require what a hardware domain needs.
 *
 * Errors: NOTES_*, LAYOUT_TOO_BIG.
 * Spec:   docs/abi/pv-start.md.
 */
enum image_status pv_kernel_check(const struct elf_image *elf, const struct xen_notes *notes,
                                  bool dom0, struct pv_kernel *kernel);

/*
 * The domain's memory, seen by its own addresses (pfn * 4096).  A range may be
 * any length and begin anywhere; returning false stops with IMAGE_ABORTED.
 */
struct image_writer {
    bool (*write)(void *ctx, uint64_t addr, const void *data, size_t size);
    bool (*zero)(void *ctx, uint64_t addr, uint64_t size);
    void *ctx;
};

/*
 * elf_load - copy the segments of a file in memory (elf->file_size bytes), zero
 * what the file does not hold.
 */
enum image_status elf_load(const struct elf_image *elf, const void *file,
                           const struct pv_kernel *kernel, const struct image_writer *writer);

/*
 * image_load - open, unpack, parse and load in one pass, without a buffer for
 * the whole unpacked file: the segments go to @writer while they are unpacked.
 * @file, @size  the kernel file.
 * @dom0         as for pv_kernel_check().
 * @begin        called once the headers are known and before the first write,
 *               with the range [lo, hi) of domain addresses that may be written
 *               (bytes); false stops.  May be NULL.
 * @kernel       on IMAGE_OK: the kernel, whose segments are in memory.
 *
 * The notes come late in the file, so segments are first placed as if
 * PADDR_OFFSET were 0; when it is not, the file is unpacked a second time.
 * Errors: any; memory that was written holds rubbish then.
 */
struct image_load {
    const void *file;
    size_t size;
    bool dom0;
    const struct image_mem *mem;
    const struct image_writer *writer;
    bool (*begin)(void *ctx, uint64_t lo, uint64_t hi);
    void *begin_ctx;
};
enum image_status image_load(const struct image_load *load, struct pv_kernel *kernel,
                             struct xen_notes *notes);

/* ------------------------------------------------------------ layout */

#define PV_NO_VA  (~0UL)

/*
 * What pv_layout() needs to know.  Sizes in the unit their name says.
 */
struct pv_layout_args {
    const struct pv_kernel *kernel;
    uint64_t nr_pages;          /* all pages the domain owns at start */
    uint64_t initrd_bytes;      /* 0: none */
    uint32_t info_bytes;        /* dom0: bytes behind struct start_info, same page; else 0 */
    bool store_and_console;     /* domU: one page for each */
};

/*
 * Where things go.  *_va virtual, *_pfn the domain's page numbers.  Invariants:
 *   L1  [va_start, va_end) is the region; pfn n < va_pages shows at va_start + n * 4096.
 *       va_end is a multiple of 4 MiB and leaves at least 512 KiB after the stack page,
 *       which the domain's memory covers; it may end before va_end.
 *   L2  kernel < [initrd] < [p2m list] < start_info < [store, console] < tables < stack;
 *       what does not lie in the region lies above va_pages: initrd, then p2m list, then
 *       the list's tables.
 *   L3  all pfns are below nr_pages; nothing overlaps.
 *   L4  the region's tables are consecutive from pt_pfn: the L4, one L3, one L2 (kernels
 *       copy exactly one), nr_l1 L1s.
 *   L5  [first_p2m_pfn, + nr_p2m_frames) is the list and its own tables, and nothing
 *       else; both are 0 if the list lies in the region.
 */
struct pv_layout {
    uint64_t va_start, va_end, va_pages;
    uint64_t nr_pages;
    uint64_t kernel_pfn, kernel_end_pfn;
    uint64_t initrd_pfn, initrd_pages, initrd_bytes;
    uint64_t initrd_va;             /* PV_NO_VA: passed by pfn */
    uint64_t p2m_va, p2m_pfn, p2m_pages;
    uint64_t first_p2m_pfn, nr_p2m_frames;
    uint64_t start_info_va, start_info_pfn;
    uint64_t store_pfn, console_pfn;    /* 0: none */
    uint64_t store_va, console_va;
    uint64_t pt_va, pt_pfn, nr_pt_frames;
    uint64_t stack_va, stack_pfn;   /* initial rsp is stack_va + 4096 */
    uint64_t end_pfn;               /* first pfn that holds nothing yet */
    uint32_t nr_l1;                 /* of the region */
    uint32_t p2m_nr_l3, p2m_nr_l2, p2m_nr_l1;   /* behind the list, in this order; or 0 */
};

/*
 * pv_layout - place everything.
 * Errors: LAYOUT_TOO_BIG, LAYOUT_NO_ROOM.
 * Spec:   public/xen.h "Start-of-day memory layout"; docs/abi/pv-start.md.
 */
enum image_status pv_layout(const struct pv_layout_args *args, struct pv_layout *layout);

/*
 * How pv_layout_tables() reaches the outside.
 * mfn()    frame of a page of the domain.
 * table()  one finished page table: @level 1..4, its page @pfn, @entries 512 of
 *          them (in @buffer, valid during the call); false stops.
 * buffer   working space of 512 entries.
 * Tables come from L1 up to L4, so that a table's entries exist before it is
 * referenced; the L4 (pt_pfn) comes last.
 */
struct pv_table_ops {
    uint64_t (*mfn)(void *ctx, uint64_t pfn);
    bool (*table)(void *ctx, unsigned int level, uint64_t pfn, const uint64_t *entries);
    void *ctx;
    uint64_t *buffer;
};

/*
 * pv_layout_tables - generate the bootstrap page tables.
 * Entries carry PRESENT, USER, ACCESSED, DIRTY and, but for pages that are
 * tables themselves, RW.  Entries without a page are 0, also those that belong
 * to the hypervisor.
 * Errors: IMAGE_ABORTED.
 */
enum image_status pv_layout_tables(const struct pv_layout *layout,
                                   const struct pv_table_ops *ops);

/*
 * pv_layout_is_table - is this page one of the tables (and so mapped read-only)?
 */
bool pv_layout_is_table(const struct pv_layout *layout, uint64_t pfn);

/* What pv_start_info() cannot know from the layout. */
struct pv_start_args {
    uint64_t shared_info_maddr;     /* bytes */
    uint32_t flags;                 /* SIF_*; SIF_MOD_START_PFN is added as needed */
    uint64_t store_frame, console_frame;         /* mfns */
    uint32_t store_port, console_port;
    uint32_t dom0_info_off, dom0_info_size;     /* bytes; used if store_and_console was not set */
    const char *cmdline;            /* NULL: none; cut to MAX_GUEST_CMDLINE - 1 */
};

struct start_info;      /* public/xen.h */

/*
 * pv_start_info - fill the page that the new kernel gets in rsi.
 * @si  4096 bytes, page-aligned; all of struct start_info is set, the rest kept.
 * Returns false if the command line had to be cut.
 */
bool pv_start_info(struct start_info *si, const struct pv_layout *layout,
                   const struct pv_start_args *args);

#endif /* XEN_LIB_IMAGE_H */
