# SPDX-License-Identifier: GPL-2.0-only
"""A guest's screen and keyboard, served by Debian's QEMU for Xen as it is: what a VNC viewer sees
and types, and that QEMU ends with the guest, whatever happens to either.

The guest has Debian's full kernel: the one for clouds has no keyboard.
"""

from __future__ import annotations

from pathlib import Path

from lib import initrd, packages
from lib.scenario import Context, scenario
from lib.steps import Step, helper, run_steps

from .scenario_devices import PRELUDE as DEVICES

_KERNEL = "linux-image-amd64"
_PROGRAM = "usr/libexec/xen-qemu-system-i386"

# full NAME: the guest NAME of job() gets the full kernel.  qemu_of NAME: its QEMU's process.
# tidy_screens: no QEMU, no node of one may be left of what a step made.
_PRELUDE = DEVICES + r"""
ip link set lo up
full() {
    sed -i -e 's#/boot/domu-#/boot/full-#' -e 's/^memory.*/memory = 256/' "/tmp/$1.cfg"
}
qemu_of() { xenstore-read "/local/domain/$(xl domid "$1")/image/device-model-pid"; }
port_of() { xenstore-read "/local/domain/$(xl domid "$1")/console/vnc-port"; }
gone_process() { [ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"; }
no_screens() {
    ! pgrep -f '^/usr/libexec/xen-qemu' >/dev/null &&
        [ -z "$(xenstore-list /local/domain/0/backend/vfb 2>/dev/null)" ] &&
        [ -z "$(xenstore-list /local/domain/0/backend/vkbd 2>/dev/null)" ] &&
        [ -z "$(xenstore-list /local/domain/0/device-model 2>/dev/null)" ]
}
tidy_screens() {
    until_true no_screens || fail "left behind: $(pgrep -fl xen-qemu; xenstore-ls /local/domain/0)"
    tidy_devices
}
logs() { tail -n 5 /var/log/xen/qemu-dm-*.log; }
"""

# The picture is red, and green once the key A was pressed; all keys are told on the console.  A
# channel beside the screen stays xenconsoled's.  The store is killed, and QEMU goes on.
_VFB = r"""
tools=evdev.ko; job seen <<'X'
insmod ./evdev.ko
until [ -c /dev/fb0 ] && [ -c /dev/input/event1 ]; do usleep 100000; done
fill() {
    printf "$1" >pixels
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
        cat pixels pixels >twice; mv twice pixels
    done
    cat pixels >/dev/fb0 2>/dev/null
    echo "@@guest: it is $2"
}
keys() {
    while set -- $(dd bs=24 count=1 2>/dev/null | hexdump -v -e '12/2 "%u " "\n"'); do
        [ "$9" = 1 ] && echo "@@guest: key ${10} is ${11}"
        [ "$9 ${10} ${11}" != "1 30 1" ] || fill '\0\377\0\0' green
    done
}
fill '\0\0\377\0' red
for event in /dev/input/event*; do keys <$event & done
echo "@@guest: waits for keys at $(ls /dev/input | tr '\n' ' ')"
sleep 1000
X
full seen
echo "vfb = [ 'vncdisplay=7' ]" >>/tmp/seen.cfg
echo "channel = [ 'name=agent,connection=socket,path=/tmp/seen.sock' ]" >>/tmp/seen.cfg
create seen; console seen; id=$(xl domid seen)
[ "$(port_of seen)" = 5907 ] || { logs; fail "port $(port_of seen)"; }
pid=$(qemu_of seen)
grep -q '^CapEff:.*0000000000000000$' "/proc/$pid/status" || fail "$(cat "/proc/$pid/status")"
xl list -l seen | grep -q '"vfbs": ' || fail "list -l"
printf '#!/bin/sh\necho "$1" >/tmp/viewed\n' >/usr/bin/vncviewer; chmod 755 /usr/bin/vncviewer
xl vncviewer seen && [ "$(cat /tmp/viewed)" = 127.0.0.1::5907 ] || fail "xl vncviewer"
until_says seen '@@guest: waits for keys'
rfbclient 5907 pixel 400 500 ff0000 2>/tmp/out || { logs; fail "not red: $(tail -n 1 /tmp/out)"; }
rfbclient 5907 key 0x61 || fail "key"
until_says seen 'key 30 is 1'; until_says seen 'key 30 is 0'
rfbclient 5907 pixel 400 500 00ff00 2>/tmp/out || fail "not green: $(tail -n 1 /tmp/out)"
rfbclient 5907 click 100 50 || fail "click"
until_says seen 'key 272 is 1'; until_says seen 'key 272 is 0'
connected() { xl channel-list seen | grep -q '^0 .* 4 .* socket  */tmp/seen.sock'; }
until_true connected || fail "$(xl channel-list seen; xenstore-ls /local/domain/0/backend/console)"
kill -9 "$(cat /run/xenstored.pid)"
xenstored --pid-file /run/xenstored.pid || fail "xenstored does not start again"
ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
before=$(ticks); sleep 3; used=$(($(ticks) - before))
[ "$used" -lt 150 ] || fail "QEMU spins without its store: $used ticks in 3 s"
rfbclient 5907 key 0x62 || fail "key after the store was killed"
until_says seen 'key 48 is 1'
xl destroy seen || fail "destroy"
gone_process "$pid" || fail "QEMU outlives its guest"
tidy_screens
"""

# A guest that reboots, and then powers off: each time a new QEMU, in the end none.  QEMU killed,
# stopped, without a port, missing; xl killed at each stage.
_LIFE = r"""
screen() { micro "$1" tick; echo "vfb = [ '$2' ]" >>"/tmp/$1.cfg"; }
truncate -s 1M /tmp/marker
job again "'/tmp/marker,raw,xvda,rw'" <<'X'
[ -e /dev/fb0 ] && echo "@@guest: has a screen"
if [ "$(dd if=/dev/xvda bs=1 count=4 2>/dev/null | tr -d '\0')" = "" ]; then
    echo once | dd of=/dev/xvda conv=fsync 2>/dev/null
    /sbin/reboot
    sleep 1000
fi
X
echo "vfb = [ '' ]" >>/tmp/again.cfg
create again; first=$(qemu_of again)
rebooted() { second=$(qemu_of again 2>/dev/null) && [ "$second" != "$first" ]; }
until_true rebooted || fail "QEMU $first, and no other after the guest's reboot"
console again
gone_process "$first" || fail "the first QEMU outlives the reboot"
until_gone again
says again 'has a screen' || fail "no screen after the reboot: $(cat /tmp/again.console)"
until_true gone_process "$second" || fail "QEMU outlives the guest"
tidy_screens

netcheck tcp-serve 5903 1 & listener=$!
until_true grep -q ':170F ' /proc/net/tcp /proc/net/tcp6 || fail "nobody listens"
screen taken 'vncdisplay=3,vncunused=0'
refused xl create -q /tmp/taken.cfg
grep -q 'QEMU ended with status 1: .*in use' /tmp/out || fail "$(cat /tmp/out)"
tidy_screens
screen taken 'vncdisplay=3'
create taken
[ "$(port_of taken)" = 5904 ] || fail "port $(port_of taken)"
kill $listener
xl destroy taken || fail destroy
tidy_screens

screen orphan ''
create orphan; console orphan
kill -9 "$(qemu_of orphan)"
lost() { grep -q 'QEMU, process [0-9]*, has ended; the guest goes on' /var/log/xen/xl-orphan.log; }
until_true lost || fail "nothing about it: $(cat /var/log/xen/xl-orphan.log)"
until_says orphan 'tick 3'
xl destroy orphan || fail destroy
tidy_screens

screen stopped ''
create stopped
kill -STOP "$(qemu_of stopped)"
xl destroy stopped || fail "destroy with a QEMU that hangs"
tidy_screens

mv /usr/libexec/xen-qemu-system-i386 /tmp/away
refused xl create -q /tmp/stopped.cfg
grep -q 'package qemu-system-xen' /tmp/out || fail "$(cat /tmp/out)"
mv /tmp/away /usr/libexec/xen-qemu-system-i386
tidy_screens

for delay in 100 300 500 800 1100 1500 2000; do
    xl create -q /tmp/stopped.cfg 2>/dev/null & pid=$!
    usleep ${delay}000
    kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
    xl destroy stopped 2>/dev/null      # or it finishes what the dead one left, and finds none
    until_gone stopped
    tidy_screens
done
"""

_STEPS = [
    Step("dev-vfb", f"{_PRELUDE}\n{_VFB}"),
    Step("dev-vfb-life", f"{_PRELUDE}\n{_LIFE}"),
]

# Domain 0's tables for devices and for a QEMU are longer after the first ones.
_WARM = _PRELUDE + r"""
truncate -s 1M /tmp/warma
job warm "'/tmp/warma,raw,xvda,rw'" <<'X'
dd if=/dev/zero of=/dev/xvda bs=1M oflag=direct 2>/dev/null
X
full warm
echo "vfb = [ '' ]" >>/tmp/warm.cfg
xl create -q /tmp/warm.cfg || { logs; fail "create of warm failed"; }
until_gone warm
tidy_screens
"""


def _files() -> list[tuple[Path, str]]:
    """QEMU with its libraries and key maps, and what the guest with a keyboard boots."""
    libraries = initrd.library_folders("DISPLAY_PACKAGES")
    qemu = initrd.dynamic_files(_PROGRAM, packages.fetch("qemu-system-xen") / _PROGRAM, libraries)
    keymaps = packages.fetch("qemu-system-data") / "usr/share/qemu/keymaps"
    evdev = next(packages.fetch(_KERNEL).glob("lib/modules/*/kernel/drivers/input/evdev.ko"))
    return [*((file, f"/{target}") for file, target in qemu),
            (keymaps, "/usr/share/qemu/keymaps"), (evdev, "/usr/bin/evdev.ko"),
            (packages.kernel(_KERNEL), "/boot/full-vmlinuz"),
            (initrd.domu(_KERNEL), "/boot/full-initrd")]


@scenario("display", parts=[step.name for step in _STEPS])
def display(context: Context) -> None:
    programs = [(helper(name), f"/usr/bin/{name}") for name in ("netcheck", "rfbclient")]
    run_steps(context, _STEPS, 900, add=[*programs, *_files()], before=_WARM)
