# SPDX-License-Identifier: GPL-2.0-only
"""Benchmarks: instructions counted in an emulator, on Debian's Xen and on Xylem."""
