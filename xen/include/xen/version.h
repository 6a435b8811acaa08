/* SPDX-License-Identifier: GPL-2.0-only */
/* Xylem's own name and version; the build gives what changes (xen/Makefile). */
#ifndef XEN_VERSION_H
#define XEN_VERSION_H

/* At most 15 characters, beginning with '.' or '-' (public/version.h, xen_extraversion_t). */
#define XYLEM_EXTRAVERSION  "-xylem-" XYLEM_VERSION

/* Of the commit built, given to common/version.c only. */
#ifndef XYLEM_CHANGESET
#define XYLEM_CHANGESET     ""
#endif
#ifndef XYLEM_BUILD_DATE
#define XYLEM_BUILD_DATE    ""
#endif

#endif /* XEN_VERSION_H */
