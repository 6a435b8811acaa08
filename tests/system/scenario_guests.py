# SPDX-License-Identifier: GPL-2.0-only
"""The small guests, each run as dom0; the guest's own comment tells what it asks."""

from __future__ import annotations

from lib import guests
from lib.paths import ROOT
from lib.scenario import Context, Skipped, scenario

# Not tests: measured by `make bench`, or run as domUs by other scenarios.
HELPERS = {"bench", "idle", "faults", "fuzz", "stall", "die", "reboot",
           "dumped", "pirq"}
_EXTRA = ["hello-page", "traps-page"]
_TWO_VCPUS = {"vcpus"}
_BOCHS = ["hello", "traps", "hypercalls", "pagetables", "errnos"]


def _define(name: str) -> None:
    @scenario(f"guest-{name}")
    def run(context: Context) -> None:
        context.guest(name, hv_args="dom0_max_vcpus=2" if name in _TWO_VCPUS else "")


for _name in sorted(p.stem for p in (ROOT / "tests/system/guests").glob("*.c")):
    if _name not in HELPERS:
        _define(_name)
for _name in _EXTRA:
    _define(_name)


def _define_bochs(name: str) -> None:
    @scenario(f"bochs-{name}")
    def run(context: Context) -> None:
        """SMAP is on, which QEMU's emulation gets wrong for PV, and unknown MSRs fault."""
        result = context.guest(name, bochs="ryzen", seconds=240)
        if context.hv == "xylem":
            context.find(r"CPU: .*SMAP", result.text)


for _name in _BOCHS:
    _define_bochs(_name)


@scenario("bochs-x2apic")
def bochs_x2apic(context: Context) -> None:
    """
    Two CPUs in x2APIC mode, which QEMU's emulation does not have: they are started, told to flush,
    woken and stopped by its registers, and the guest's timers come by its timer.
    """
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    result = context.guest("vcpus", hv_args="x2apic dom0_max_vcpus=2", bochs="corei7_skylake_x",
                           cpus=2, seconds=240)
    context.find(r"APIC: x2APIC", result.text)
    context.find(r"Brought up 2 CPUs of 2", result.text)


@scenario("guest-hello-multiboot1")
def hello_multiboot1(context: Context) -> None:
    """A small guest without GRUB: QEMU's -kernel speaks multiboot 1."""
    context.guest("hello", direct=True)


@scenario("dom0-reboot")
def dom0_reboot(context: Context) -> None:
    """Domain 0 asks for a reboot; QEMU ends when the machine restarts."""
    guests.build()
    guests.Run("reboot", hv=context.hv).boot_until(r"guest reboot starts", context.new_log(), None,
                                                   off=True)


@scenario("guest-hello-efi")
def hello_efi(context: Context) -> None:
    """A small guest under UEFI."""
    context.guest("hello", firmware="efi")


@scenario("guest-firmware-efi")
def firmware_efi(context: Context) -> None:
    """dom0's calls of the firmware's runtime services, good and bad ones."""
    context.guest("firmware", firmware="efi", guest_args="efi")
