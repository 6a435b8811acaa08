# Freestanding code of xen/lib, and the pure parts of boot and console.
lib_CFLAGS := -Ixen/include -Ixen/arch/x86/include -Ixen/arch/x86/boot -Ixen/drivers/char -D__XEN_TOOLS__ \
              -Wno-format-truncation

# These define the C library's own names: renamed, so that both can live in one program.
test-string_SRCS   := xen/lib/string.c xen/lib/printf.c
test-string_CFLAGS := -include tests/unit/lib/rename.h -fno-builtin
test-printf_SRCS   := xen/lib/printf.c xen/lib/string.c
test-printf_CFLAGS := -include tests/unit/lib/rename.h -fno-builtin -Wno-format

test-sort_SRCS     := xen/lib/sort.c
test-cmdline_SRCS  := xen/lib/cmdline.c xen/lib/sort.c tests/unit/lib/libc-names.c
test-memmap_SRCS   := xen/arch/x86/boot/memmap.c xen/lib/sort.c
test-multiboot_SRCS := xen/arch/x86/boot/multiboot.c xen/arch/x86/boot/memmap.c xen/lib/sort.c \
                       tests/unit/lib/libc-names.c
test-conring_SRCS  := xen/drivers/char/conring.c
test-printk_SRCS   := xen/drivers/char/printk.c xen/drivers/char/conring.c xen/lib/cmdline.c \
                      xen/lib/sort.c tests/unit/lib/libc-names.c
test-ns16550_SRCS  := xen/drivers/char/ns16550.c xen/lib/cmdline.c xen/lib/sort.c \
                      tests/unit/lib/libc-names.c
test-console-input_SRCS := xen/drivers/char/console-input.c
test-vga_SRCS := xen/drivers/char/vga.c xen/lib/cmdline.c xen/lib/sort.c tests/unit/lib/libc-names.c
