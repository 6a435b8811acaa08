# SPDX-License-Identifier: GPL-2.0-only
"""What system tests, benchmarks and `make run` share: packages, images, emulators."""
