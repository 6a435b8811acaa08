# SPDX-License-Identifier: GPL-2.0-only
"""System tests: scenarios, and the small guests they run."""
