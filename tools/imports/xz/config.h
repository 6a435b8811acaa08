/* SPDX-License-Identifier: GPL-2.0-only */
/* How liblzma is built: decoders for .xz files with LZMA2 and the x86 filter, nothing else. */
#define HAVE_STDBOOL_H 1
#define HAVE_STDINT_H 1
#define HAVE__BOOL 1
#define HAVE_VISIBILITY 1
#define HAVE_DECODERS 1
#define HAVE_DECODER_LZMA1 1
#define HAVE_DECODER_LZMA2 1
#define HAVE_DECODER_X86 1
#define HAVE_CHECK_CRC32 1
#define HAVE_CHECK_CRC64 1
#define NDEBUG 1
#define TUKLIB_FAST_UNALIGNED_ACCESS 1
#define SIZEOF_SIZE_T 8
#define PACKAGE_NAME "xz"
#define PACKAGE_BUGREPORT ""
#define PACKAGE_URL ""
