# SPDX-License-Identifier: GPL-2.0-only
"""The hypervisor built with its assertions, its lock order and its checks of invariants."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from lib import dom0, grub, guests, qemu
from lib.once import once
from lib.paths import BUILD, ROOT, Trouble, run
from lib.scenario import Context, Failed, Skipped, scenario
from lib.steps import PRELUDE

# Micro guests of each end and a stock guest; then what the debug keys show has to be right.
_SCRIPT = r"""
set -e
i=0
while [ $i -lt 5 ]; do
    micro c tick; create c; sleep 1; xl destroy c
    i=$((i+1))
done
for end in poweroff crash; do micro c $end; create c; until_gone c; done
stock s 128 run=idle
create s; console s
until_says s '@@guest: up'
micro c tick; create c
xl debug-keys '*'
for what in 'registers of domain 0' 'free pages of the heap' 'on each CPU' 'timers, now' \
            'interrupts in use' 'run queues' 'TSC at'; do
    xl dmesg | grep -q "pressed: .*$what" || exit 1
done
xl destroy c
xl shutdown -w s
until_gone s
xl debug-keys qm
xl dmesg | grep 'do not hold' && exit 1
xl dmesg | grep -q 'invariants of the heap hold'
"""


@once
def debug_hypervisor() -> Path:
    """Built beside the other one, from the same sources and imports."""
    out = BUILD / "debug"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("imports", "include"):
        link = out / name
        if not link.is_symlink():
            link.symlink_to(BUILD / name)
    run(["make", "--no-print-directory", "-C", str(ROOT), "imports"],
        what="building what the hypervisor is linked with")
    run(["make", "--no-print-directory", "-C", str(ROOT / "xen"), f"BUILD={out}", "DEBUG=y"],
        what="building the hypervisor with assertions")
    return out / "xen" / "xen-xylem.gz"


@scenario("debug-cycles")
def debug_cycles(context: Context) -> None:
    """A climb in the lock order, a failed assertion or a broken invariant ends the machine."""
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    add = [(path, f"/guests/{path.name}") for path in guests.FOLDER.iterdir() if path.is_file()]
    context.script(PRELUDE.read_text() + _SCRIPT, 600, hv=str(debug_hypervisor()), add=add)


# What the hypervisor is made to do, and what it must say of that.
_DEATHS = {
    "bug": r"Panic on CPU 0: BUG at common/debug-hooks.c:\d+: how != 0",
    "stack": r"Panic on CPU 0: .*the stack overran",
    "text": r"Panic on CPU 0: page fault at [0-9a-f]+: write of a protected page",
    "data": r"Panic on CPU 0: page fault at [0-9a-f]+: execution of a protected page",
}


def _die(context: Context, way: str, stop: bool) -> None:
    """Registers, who was running, names on the call trace, the reason; then its end."""
    with tempfile.TemporaryDirectory(prefix="die-") as folder:
        args = f"{dom0.HYPERVISOR_ARGS} dom0_mem=64M {'noreboot' if stop else ''}"
        entry = grub.Entry(debug_hypervisor(), args,
                           [(guests.FOLDER / "die", f"placeholder {way}")])
        image = grub.image(Path(folder) / "boot.iso", entry)
        with qemu.Machine(qemu.Config(image, memory=512), context.new_log(), 120) as machine:
            machine.expect(r"guest die starts")
            name = r"\w+\+0x" if way != "data" else ""
            machine.expect(r"RIP: +[0-9a-f]{4}:\[<[0-9a-f]{16}>\] " + name)
            machine.expect(r"CONTEXT: hypervisor, d0v0 running")
            machine.expect(r"\[<[0-9a-f]{16}>\] (syscall64_entry|overrun)\+0x")
            machine.expect(_DEATHS[way])
            machine.expect(r"Stopped: reset the machine by hand" if stop else r"Restart in \d+ sec")
            if not stop:
                machine.wait_off(60)


@scenario("firmware-fault")
def firmware_fault(context: Context) -> None:
    """EFI firmware that faults in a service: dom0 is told, and the machine goes on."""
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    result = context.guest("firmware", hv=str(debug_hypervisor()), firmware="efi",
                           guest_args="efi fault")
    context.find(r"GetTime ended in a fault of the firmware's: page fault at 0+10 ", result.text)


@scenario("panics", parts=[f"panic-{way}" for way in _DEATHS])
def panics(context: Context) -> None:
    """A mistake of the hypervisor's own: guard pages, and text and data apart."""
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    guests.build()
    for way in (w for w in _DEATHS if f"panic-{w}" in context.parts):
        start = time.monotonic()
        try:
            _die(context, way, way != "bug")
            verdict, why = "ok", ""
        except (Trouble, Failed) as failure:
            verdict, why = "FAIL", str(failure)
        context.tell(f"panic-{way}", verdict, why, time.monotonic() - start)
