# SPDX-License-Identifier: GPL-2.0-only
"""PV disks and network cards with stock kernels: data, attaching, errors, and nothing left behind.

A guest's work is a shell script on a disk of its own, xvdz (tests/lib/domu-init, run=disk); what
it prints goes to its console.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lib import initrd, packages
from lib.paths import BUILD, run
from lib.scenario import Context, scenario
from lib.steps import Step, helper, run_steps

# job NAME: the guest NAME gets the script on standard input, netcheck, and $tools.  Its
# configuration is /tmp/NAME.cfg, with the disks and network cards of the further arguments (lists
# without brackets).
# tidy_devices: no loop device, no interface, no backend may be left of what a step made.
PRELUDE = r"""
modprobe loop
job() {
    rm -rf /tmp/job; mkdir /tmp/job
    cat >/tmp/job/run
    for tool in netcheck $tools; do cp "/usr/bin/$tool" /tmp/job/; done
    tar -C /tmp/job -cf "/tmp/$1.tar" run netcheck $tools
    stock "$1" 128 run=disk
    printf "disk = [ '/tmp/%s.tar,raw,xvdz,ro' %s ]\nvif = [ %s ]\n" "$1" "${2:+, $2}" "$3" \
        >>"/tmp/$1.cfg"
}
no_devices() {
    [ -z "$(losetup -a)" ] && ! ls -d /sys/class/net/vif* 2>/dev/null &&
        [ -z "$(ls /sys/bus/xen-backend/devices)" ] &&
        [ -z "$(xenstore-list /local/domain/0/backend/vbd 2>/dev/null)" ] &&
        [ -z "$(xenstore-list /local/domain/0/backend/vif 2>/dev/null)" ]
}
tidy_devices() {
    until_true no_devices && return
    losetup -a; ls /sys/class/net /sys/bus/xen-backend/devices
    xenstore-ls /local/domain/0/backend
    fail "devices are left behind"
}
image() { dd if=/dev/urandom of="$1" bs=64k count=$(($2 / 64)) 2>/dev/null; }
sum() { sha256sum "$1" | cut -d' ' -f1; }
refused() {
    if "$@" >/tmp/out 2>&1; then fail "accepted: $*"; fi
    [ "$(wc -l </tmp/out)" = 1 ] || fail "not one line: $(head -n 3 /tmp/out | tr '\n' '|')"
}
"""

# Copies a disk that can only be read to one that can be written, reboots, and copies that to a
# block device; each disk's content is compared in domain 0.
_DISKS = r"""
image /tmp/source 2048
truncate -s 2M /tmp/target
truncate -s 2M /tmp/back; losetup /dev/loop7 /tmp/back
job copy "'/tmp/source,raw,xvda,ro', 'format=raw,vdev=xvdb,access=rw,target=/tmp/target',
          'phy:/dev/loop7,xvdc,w'" <<'X'
if [ "$(dd if=/dev/xvdb bs=1 count=4 2>/dev/null | tr -d '\0')" = "" ]; then
    dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=fsync && echo "@@guest: ro disk written"
    [ "$(cat /sys/block/xvda/ro)" = 1 ] || echo "@@guest: ro disk is not ro"
    dd if=/dev/xvda of=/dev/xvdb bs=64k conv=fsync && echo "@@guest: copied"
    /sbin/reboot
    sleep 1000
fi
dd if=/dev/xvdb of=/dev/xvdc bs=64k conv=fsync && echo "@@guest: copied again"
X
before=$(sum /tmp/source)
create copy; first=$(xl domid copy); console copy
until_says copy '@@guest: copied'
rebooted() { there copy && [ "$(xl domid copy)" != "$first" ]; }
until_true rebooted || fail "no new domain after the guest's reboot"
console copy
until_gone copy
says copy 'ro disk' && fail "$(grep 'ro disk' /tmp/copy.console)"
[ "$(sum /tmp/source)" = "$before" ] || fail "the read-only disk changed"
[ "$(sum /tmp/target)" = "$before" ] || fail "xvdb differs"
[ "$(sum /tmp/back)" = "$before" ] || fail "xvdc differs"
losetup -d /dev/loop7
tidy_devices
"""

# TCP and UDP in both directions over the bridge; the guest's kernel and domain 0's check sums.
_NET = r"""
bridge
job net "" "'mac=00:16:3e:01:02:03,vifname=netvif'" <<'X'
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
[ "$(cat /sys/class/net/eth0/address)" = 00:16:3e:01:02:03 ] || echo "@@guest: other mac"
ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up
./netcheck tcp-serve 5001 4000000 && echo "@@guest: tcp in ok"
./netcheck tcp-send 10.9.0.1 5002 4000000 && echo "@@guest: tcp out ok"
./netcheck udp-echo 5003 &
./netcheck udp-send 10.9.0.1 5004 40 && echo "@@guest: udp out ok"
wait
echo "@@guest: all done"
sleep 1000
X
netcheck tcp-serve 5002 4000000 & tcp=$!
netcheck udp-echo 5004 & udp=$!
create net; console net
[ -e /sys/class/net/netvif/brport ] || fail "netvif is not in the bridge"
netcheck tcp-send 10.9.0.2 5001 4000000 || fail "TCP to the guest"
wait $tcp || fail "TCP from the guest"
netcheck udp-send 10.9.0.2 5003 40 || fail "UDP to the guest"
wait $udp || fail "UDP from the guest"
until_says net '@@guest: all done'
for what in 'tcp in' 'tcp out' 'udp out'; do says net "$what ok" || fail "the guest: $what"; done
says net 'other mac' && fail "the guest has another MAC"
xl network-list net | grep -q '00:16:3e:01:02:03 .* 4 ' || fail "$(xl network-list net)"
xl destroy net || fail "destroy"
tidy_devices
"""

# Frames of each size, with segments and check sums left to the other end or made by either kernel:
# "port, the guest's MTU and offloads, those of domain 0".  A card takes the MTU of its bridge.
_CASES = ("5100,9000,on,9000,on 5110,1500,off,1500,on 5120,1500,on,1500,none "
          "5130,1500,off,1500,none 5140,576,on,1500,on 5150,9000,on,1500,on")
_OFFLOAD = r"""
bridge
ip link set xenbr0 mtu 9000
tools=offload; job sizes "" "'vifname=sizes'" <<'X'
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up
for case in CASES; do
    IFS=, read -r port mtu offload rest <<Y
$case
Y
    ip link set eth0 mtu 1500
    ./offload eth0 $offload || echo "@@guest: $case: no offload $offload"
    ip link set eth0 mtu $mtu || echo "@@guest: $case: no MTU of $mtu"
    echo "@@guest: is at $port"
    ./netcheck tcp-serve $port 1000000 && ./netcheck tcp-send 10.9.0.1 $((port + 1)) 1000000 &&
        ./netcheck udp-echo $((port + 2)) && ./netcheck udp-send 10.9.0.1 $((port + 3)) 10 &&
        echo "@@guest: did $port"
done
sleep 1000
X
create sizes; console sizes
[ "$(cat /sys/class/net/sizes/mtu)" = 9000 ] || fail "MTU $(cat /sys/class/net/sizes/mtu)"
for case in CASES; do
    IFS=, read -r port mtu offload own own_offload <<Y
$case
Y
    until_says sizes "is at $port"
    ip link set sizes mtu 1500; ip link set xenbr0 mtu 1500
    offload sizes $own_offload || fail "$case: offloads of domain 0"
    ip link set sizes mtu $own && ip link set xenbr0 mtu $own || fail "$case: MTU of domain 0"
    netcheck tcp-serve $((port + 1)) 1000000 & tcp=$!
    netcheck udp-echo $((port + 3)) & udp=$!
    netcheck tcp-send 10.9.0.2 $port 1000000 || fail "$case: TCP to the guest"
    wait $tcp || fail "$case: TCP from the guest"
    netcheck udp-send 10.9.0.2 $((port + 2)) 10 || fail "$case: UDP to the guest"
    wait $udp || fail "$case: UDP from the guest"
    until_says sizes "did $port"
done
says sizes ': no ' && fail "$(grep ': no ' /tmp/sizes.console)"
xl destroy sizes || fail "destroy"
ip link set xenbr0 mtu 1500
tidy_devices
""".replace("CASES", _CASES)

# Attached and detached while the guest runs; what is in use, or there already, is refused.  A disk
# that a program of the guest holds open goes, and reads as empty; a guest that does not answer
# keeps its disk until it is taken by force.
_ATTACH = r"""
bridge
image /tmp/more 1024; truncate -s 1M /tmp/own
job live "'/tmp/own,raw,xvda,rw'" "''" <<'X'
wait_for() { until [ -b "/dev/$1" ]; do usleep 100000; done; }
held_until_gone() {
    while [ -b "/dev/$1" ]; do usleep 100000; done
    [ "$(dd bs=4k count=1 iflag=direct <&3 2>/dev/null | wc -c)" = 0 ] &&
        echo "@@guest: nothing to be read of $1"
    exec 3<&-
}
wait_for xvdb
sha256sum /dev/xvdb | cut -c1-64 | sed 's/^/@@guest: xvdb is /'
until [ -e /sys/class/net/eth1 ]; do usleep 100000; done
exec 3</dev/xvdb
echo "@@guest: has eth1 and holds xvdb"
while [ -e /sys/class/net/eth1 ]; do usleep 100000; done
held_until_gone xvdb
for disk in xvdc xvdd; do
    wait_for $disk
    exec 3</dev/$disk
    echo "@@guest: holds $disk"
    held_until_gone $disk
done
X
create live; console live
xl block-attach live file:/tmp/more,xvdb,r || fail "block-attach"
until_says live "xvdb is $(sum /tmp/more)"
refused xl block-attach live file:/tmp/own,xvdd,w
grep -q 'in use' /tmp/out || fail "$(cat /tmp/out)"
refused xl block-attach live file:/tmp/more,xvdb,r
grep -q 'has a disk xvdb already' /tmp/out || fail "$(cat /tmp/out)"
xl network-attach live bridge=xenbr0 mac=00:16:3e:0a:0b:0c || fail "network-attach"
xl block-list live | grep -q '^51728 ' || fail "$(xl block-list live)"
xl block-list --json live | grep -q '"vdev": "xvdb"' || fail "block-list --json"
[ "$(xl network-list live | wc -l)" = 3 ] || fail "$(xl network-list live)"
xl list -l live | grep -q '"pdev_path": "/tmp/more"' || fail "list -l"
until_says live 'has eth1 and holds xvdb'
# As Debian's xl has them; but it sorts names of nodes, and of two event channels shows neither.
lists() { "$1" block-list live | sort && "$1" network-list live | cut -c 1-37,44-; }
lists /usr/lib/xen-4.17/bin/xl >/tmp/theirs && lists xl >/tmp/ours || fail "lists of devices"
[ "$(wc -l </tmp/ours)" = 7 ] || fail "lists of devices: $(cat /tmp/ours)"
diff /tmp/theirs /tmp/ours || fail "lists of devices that differ from those of Debian's xl"
xl block-detach live xvdb || fail "block-detach"
xl network-detach live 00:16:3e:0a:0b:0c || fail "network-detach"
until_says live 'nothing to be read of xvdb'
xl block-attach live /tmp/more raw xvdc ro || fail "block-attach in words"
until_says live 'holds xvdc'
xl block-detach --force live xvdc || fail "block-detach --force of a disk that is held"
until_says live 'nothing to be read of xvdc'
xl block-attach live file:/tmp/more,xvdd,r || fail "block-attach of xvdd"
until_says live 'holds xvdd'
xl pause live
refused xl block-detach live xvdd
grep -q 'still uses disk xvdd' /tmp/out || fail "$(cat /tmp/out)"
xl block-detach --force live xvdd || fail "block-detach --force of a guest that does not answer"
xl unpause live
until_says live 'nothing to be read of xvdd'
until_gone live
tidy_devices
"""

# A file system that is full gives the guest an error, not a hang.
_FULL = r"""
mkdir -p /tmp/small; mount -t tmpfs -o size=1m small /tmp/small
truncate -s 8M /tmp/small/image
job full "'/tmp/small/image,raw,xvda,rw'" <<'X'
dd if=/dev/zero of=/dev/xvda bs=64k conv=fsync || echo "@@guest: the disk is full"
X
create full; console full
until_gone full
says full 'the disk is full' || fail "no error came: $(tail -n 3 /tmp/full.console)"
tidy_devices
umount /tmp/small
"""

# What cannot be: one line, nothing left.  And a creation that is killed half-way.
_ERRORS = r"""
truncate -s 1M /tmp/one; : >/tmp/empty
try() {
    job bad "$1" "$2" </dev/null
    refused xl create -q /tmp/bad.cfg
    grep -q -e "$3" /tmp/out || fail "does not say '$3': $(cat /tmp/out)"
    tidy_devices
}
try "'/tmp/one,raw,xvda,rw','/no/such,raw,xvdb,rw'" "" '/no/such'
try "'/tmp/one,raw,xvda,rw','/tmp/one,raw,xvdb,ro'" "" 'in use already'
try "'/tmp/empty,raw,xvda,rw'" "" 'no sector'
try "'/tmp,raw,xvda,ro'" "" 'neither a file nor'
try "'/tmp/one,raw,xvda,rw'" "'bridge=nobr'" 'there is no bridge nobr'
try "'/tmp/one,raw,xvda,rw','/tmp/one,qcow2,xvdb,ro'" "" 'bad.cfg:[0-9]*:[0-9]*: disk: format qcow2'
try "'x,raw,xvda,rw,script=no-such-script'" "" 'no-such-script'
job killed "'/tmp/one,raw,xvda,rw'" </dev/null
xl create -q /tmp/killed.cfg & pid=$!
until_true xenstore-exists /local/domain/0/backend/vbd || fail "no disk appears"
kill -9 $pid; wait $pid
xl destroy killed 2>/dev/null           # or it finishes what the dead one left, and finds none
until_gone killed
tidy_devices
"""

# A kind that is not built in: the script gets the usual names, and is called at the end.
_SCRIPT = r"""
mkdir -p /etc/xen/scripts; image /tmp/scripted 256
cat >/etc/xen/scripts/block-test <<'X'
#!/bin/sh
echo "$1 $XENBUS_TYPE $XENBUS_PATH $XENBUS_BASE_PATH $(xenstore-read "$XENBUS_PATH/params")" \
    >>/tmp/block-test.log
case $1 in
add)
    losetup /dev/loop7 /tmp/scripted
    xenstore-write "$XENBUS_PATH/physical-device" 7:7 "$XENBUS_PATH/hotplug-status" connected
    ;;
remove) losetup -d /dev/loop7 ;;
esac
X
chmod +x /etc/xen/scripts/block-test; rm -f /tmp/block-test.log
job script "'my:disk,raw,xvda,rw,script=block-test'" <<'X'
sha256sum /dev/xvda | cut -c1-64 | sed 's/^/@@guest: xvda is /'
X
create script; console script; id=$(xl domid script)
until_says script "xvda is $(sum /tmp/scripted)"
until_gone script
printf '%s vbd backend/vbd/%s/51712 backend my:disk\n' add "$id" remove "$id" |
    diff - /tmp/block-test.log || fail "other calls of the script"
tidy_devices
"""

# The driver of a disk goes away while the guest writes: the guest can be ended, nothing is left.
_BACKEND_GONE = r"""
truncate -s 4M /tmp/victim
job robbed "'/tmp/victim,raw,xvda,rw'" <<'X'
echo "@@guest: writes"
while dd if=/dev/zero of=/dev/xvda bs=64k oflag=direct 2>/dev/null; do :; done
echo "@@guest: I/O error"
sleep 1000
X
round=0
while [ $round -lt 5 ]; do
    round=$((round + 1))
    create robbed; console robbed
    until_says robbed '@@guest: writes'
    usleep $((round * 300000))
    echo "vbd-$(xl domid robbed)-51712" >/sys/bus/xen-backend/drivers/vbd/unbind
    usleep 500000
    xl destroy robbed || fail "destroy, round $round"
    rm -f /tmp/robbed.console
    tidy_devices
done
"""

# GRUB for PV guests, Debian's grub-xen-host, is the guest's kernel: it finds its menu on the
# guest's own disk, and boots the kernel and the initrd that lie there (packed by XZ; it knows no
# LZ4).
_GRUB = r"""
job grub "'/grub/disk,raw,xvda,rw'" <<'X'
grep -q by=grub /proc/cmdline && echo "@@guest: booted by GRUB"
modprobe -a crc32c_generic ext4; mkdir /mnt
mount -t ext4 /dev/xvda1 /mnt && echo seen >/mnt/seen && umount /mnt &&
    echo "@@guest: its disk is writable"
X
sed -i -e "s#^kernel.*#kernel = '/grub/grub-x86_64-xen.bin'#" -e '/^ramdisk/d' -e '/^extra/d' \
    -e 's/^memory.*/memory = 256/' /tmp/grub.cfg
for start in 1 2; do
    create grub; console grub
    until_says grub 'booted by GRUB'
    until_says grub 'its disk is writable'
    until_gone grub
    rm -f /tmp/grub.console
done
tidy_devices
"""

# The begin of a bootloader, as a here-document up to X: what it was asked.  The disk is $word.
_LOADER = r"""cat >/tmp/loader <<'X'
#!/bin/sh
for word; do
    case $word in
    --args=*) args=${word#*=} ;;
    --output=*) answer=${word#*=} ;;
    --output-directory=*) out=${word#*=} ;;
    esac
done
"""

# A program that finds the kernel in the disk: alone, asked by a person, failing, and orphaned; and
# at each start of a guest that reboots, where it may find something else, or nothing.
_BOOTLOADER = r"""
cp /guests/idle /tmp/boot.disk; truncate -s 1M /tmp/boot.disk
""" + _LOADER + r"""case $* in
*ask*) echo 'which words?'; read args ;;
*wait*) echo $$ >/tmp/loader.pid; sleep 10000 ;;
*fail*) echo 'no system in this disk'; exit 3 ;;
*twice*|*once*)
    echo run >>/tmp/loader.runs
    case $(wc -l </tmp/loader.runs)$* in
    1*) args=reboot ;;
    *once*) echo 'its disk is empty now'; exit 3 ;;
    esac ;;
esac
cp "$word" "$out/kernel"
printf 'kernel %s/kernel\0args %s\0' "$out" "$args" >"$answer"
X
chmod 755 /tmp/loader
loader() {
    micro booted tick
    sed -i '/^kernel/d' /tmp/booted.cfg
    printf 'bootloader = "/tmp/loader"\nbootloader_args = [ "%s" ]\n' "$1" >>/tmp/booted.cfg
    echo "disk = [ '/tmp/boot.disk,raw,xvda,w' ]" >>/tmp/booted.cfg
}
nothing() { [ -z "$(ls -d /var/lib/xen/boot-* 2>/dev/null)" ]; }
loader alone; create booted; console booted
until_says booted 'tick 3'
nothing || fail "the kernel is left"
xl destroy booted || fail destroy
until_gone booted; rm -f /tmp/booted.console
loader ask
echo tick | xl create -q -c /tmp/booted.cfg >/tmp/booted.console 2>&1 &
until_says booted 'which words'
until_says booted 'tick 3'
xl destroy booted || fail destroy
until_gone booted
loader fail
xl create -q /tmp/booted.cfg 2>/tmp/error && fail "a failed bootloader makes a guest"
grep -q 'failed with status 3: no system in this disk' /tmp/error || fail "$(cat /tmp/error)"
nothing || fail "a failed bootloader leaves something"
loader twice; rm -f /tmp/loader.runs /tmp/booted.console
create booted
again() { [ "$(wc -l </tmp/loader.runs)" = 2 ] && there booted; }
until_true again || fail "the bootloader did not run for the reboot: $(cat /tmp/loader.runs)"
console booted
until_says booted 'tick 3'
xl list -l booted | grep -q '"bootloader": "/tmp/loader"' || fail "list -l after the reboot"
nothing || fail "the second kernel is left"
xl destroy booted || fail destroy
until_gone booted
[ "$(wc -l </tmp/loader.runs)" = 2 ] || fail "the bootloader ran $(wc -l </tmp/loader.runs) times"
loader once; rm -f /tmp/loader.runs
create booted
refused() { grep -q 'its disk is empty now' /var/log/xen/xl-booted.log; }
until_true refused || fail "the log of the failed reboot: $(cat /var/log/xen/xl-booted.log)"
until_gone booted
nothing || fail "a failed reboot leaves something"
loader wait; rm -f /tmp/loader.pid
xl create -q /tmp/booted.cfg 2>/dev/null & pid=$!
until_true test -s /tmp/loader.pid || fail "the bootloader does not run"
kill -9 $pid; wait $pid 2>/dev/null
ended() { [ ! -e "/proc/$(cat /tmp/loader.pid)" ]; }
until_true ended || fail "the bootloader outlives its xl"
xl destroy nobody 2>/dev/null
nothing || fail "a killed xl leaves something: $(ls /var/lib/xen)"
tidy_devices
"""

# A bootloader looks into a disk that a script makes: domain 0 has it meanwhile, under the name that
# xl.conf says, also when xl is killed.
_BOOT_SCRIPT = r"""
cp /guests/idle /tmp/boot.disk; truncate -s 1M /tmp/boot.disk
mkdir -p /etc/xen/scripts; rm -f /tmp/block-boot.log /tmp/loader.*
cat >/etc/xen/scripts/block-boot <<'X'
#!/bin/sh
echo "$1 $XENBUS_PATH $(xenstore-read "$XENBUS_PATH/mode")" >>/tmp/block-boot.log
case $1 in
add)
    losetup /dev/loop7 /tmp/boot.disk
    xenstore-write "$XENBUS_PATH/physical-device" 7:7 "$XENBUS_PATH/hotplug-status" connected
    ;;
remove) losetup -d /dev/loop7 ;;
esac
X
""" + _LOADER + r"""echo "$word" >>/tmp/loader.disks
[ ! -e /tmp/loader.stop ] || { echo $$ >/tmp/loader.pid; sleep 10000 <"$word"; }
cp "$word" "$out/kernel"
printf 'kernel %s/kernel\0args %s\0' "$out" "$args" >"$answer"
X
chmod 755 /tmp/loader /etc/xen/scripts/block-boot
micro made tick; sed -i '/^kernel/d' /tmp/made.cfg
echo 'bootloader = "/tmp/loader"' >>/tmp/made.cfg
echo "disk = [ 'my:disk,raw,xvda,w,script=block-boot' ]" >>/tmp/made.cfg
nothing() { [ -z "$(ls -d /var/lib/xen/boot-* /dev/xvd* 2>/dev/null)" ]; }
create made; console made; id=$(xl domid made)
until_says made 'tick 3'
nothing || fail "something is left: $(ls -d /var/lib/xen/boot-* /dev/xvd*)"
printf '%s\n' 'add backend/vbd/0/51712 r' 'remove backend/vbd/0/51712 r' \
    "add backend/vbd/$id/51712 w" | diff - /tmp/block-boot.log || fail "other calls of the script"
[ "$(cat /tmp/loader.disks)" = /dev/xvda ] || fail "the loader read $(cat /tmp/loader.disks)"
xl destroy made || fail destroy
until_gone made
[ ! -e /etc/xen/xl.conf ] || mv /etc/xen/xl.conf /tmp/xl.conf
echo 'blkdev_start = "xvdf"' >/etc/xen/xl.conf
create made
[ "$(tail -n 1 /tmp/loader.disks)" = /dev/xvdf ] || fail "blkdev_start: $(cat /tmp/loader.disks)"
xl destroy made || fail destroy
until_gone made
rm /etc/xen/xl.conf; [ ! -e /tmp/xl.conf ] || mv /tmp/xl.conf /etc/xen/xl.conf
touch /tmp/loader.stop
xl create -q /tmp/made.cfg 2>/dev/null & pid=$!
until_true test -s /tmp/loader.pid || fail "the bootloader does not run"
kill -9 $pid; wait $pid 2>/dev/null
xl destroy nobody 2>/dev/null
until_true nothing || fail "a killed xl leaves something: $(ls -d /var/lib/xen/boot-* /dev/xvd*)"
losetup /dev/loop7 >/dev/null 2>&1 && fail "the script's device is left"
rm -f /tmp/loader.stop
tidy_devices
"""

# A stock guest with parts of the machine: port 92, and not the keyboard's status, port 64;
# and the HPET's page, whose first register says that it is QEMU's.
_RIGHTS = r"""
own=$(inport 64 92)
case $own in *ff*) fail "domain 0 has no such ports: $own" ;; esac
job given <<'X'
echo "@@guest: ports $(./inport 64 92), HPET $(devmem 0xfed00000)"
sleep 1000
X
cp /usr/bin/inport /tmp/job/; tar -C /tmp/job -cf /tmp/given.tar run inport
printf "ioports = [ '92' ]\niomem = [ 'fed00,1@fed00' ]\nirqs = [ 3 ]\n" >>/tmp/given.cfg
create given; console given
until_says given "ports ff ${own#* }, HPET 0x8086A201"
xl destroy given || fail destroy
refused_right() {
    micro never; echo "$1" >>/tmp/never.cfg
    refused xl create -q /tmp/never.cfg
    grep -q "$2" /tmp/out || fail "$1: $(cat /tmp/out)"
}
refused_right "ioports = [ '3f8-3ff' ]" 'domain 0 has not all of that itself'
refused_right "ioports = [ '3f8-3ffg' ]" 'never.cfg:5:21: ioports: unexpected'
refused_right "irqs = [ 100000 ]" 'irqs: 100000'
tidy_devices
"""

# A small guest is given the second serial port, with its interrupt: that arrives, another's not.
_IRQ = r"""
micro interrupted; sed -i 's/idle/pirq/' /tmp/interrupted.cfg
printf "ioports = [ '2f8-2ff' ]\nirqs = [ 3 ]\n" >>/tmp/interrupted.cfg
create interrupted; console interrupted
until_says interrupted 'pirq: .* arrived'
says interrupted 'pirq: bound with 0' && says interrupted "pirq: another's is refused" &&
    says interrupted 'pirq: 3 arrived, 0 before they were asked for' ||
    fail "$(grep pirq: /tmp/interrupted.console)"
xl destroy interrupted || fail destroy
until_gone interrupted
"""

# Two channels of a stock guest, both ways; the daemon behind them is killed while they are open,
# and while a guest ends.
_CHANNELS = r"""
channels() { echo "channel = [ $2 ]" >>"/tmp/$1.cfg"; }
kill_consoled() { kill -9 "$(cat /run/xenconsoled.pid)"; }
start_consoled() { xenconsoled --pid-file=/run/xenconsoled.pid || fail "no new xenconsoled"; }
asks() { [ "$(unixline /tmp/chat.sock "$1")" = "hvc1 heard $1" ] || fail "hvc1 and $1"; }
job chat <<'X'
until [ -c /dev/hvc2 ]; do usleep 100000; done
lines() { stty raw -echo; : >"ready.$1"; while read -r line; do echo "$1 heard $line"; done; }
serve() { lines "$1" <"/dev/$1" >"/dev/$1"; }
serve hvc1 & serve hvc2 &
until [ -e ready.hvc1 ] && [ -e ready.hvc2 ]; do usleep 100000; done
cat /sys/bus/xen/devices/console-1/nodename | sed 's/^/@@guest: channels at /'
sleep 1000
X
channels chat "'name=agent,connection=socket,path=/tmp/chat.sock', 'name=log,connection=pty'"
create chat; console chat
until_says chat 'channels at device/console/1'
asks one
asks two
( echo three; sleep 20 ) | xl console -n 2 chat >/tmp/chat.pty 2>&1 &
until_true grep -q 'hvc2 heard three' /tmp/chat.pty || fail "hvc2: $(cat /tmp/chat.pty)"
xl channel-list chat >/tmp/ours
grep -q '^0 .* 4 .* socket  */tmp/chat.sock' /tmp/ours || fail "$(cat /tmp/ours)"
# Debian's xl says nothing of a socket's path.
/usr/lib/xen-4.17/bin/xl channel-list chat | sed 's/ *$//' >/tmp/theirs
sed -e 's/ *$//' -e 's# */tmp/chat.sock##' /tmp/ours | diff /tmp/theirs - ||
    fail "a list of channels that differs from that of Debian's xl"
xl channel-list --json chat | grep -q '"path": "/dev/pts/' || fail "channel-list --json"
xl list -l chat | grep -q '"name": "agent"' || fail "list -l"
xenstore-ls -p "/local/domain/$(xl domid chat)/device/console/1" >/tmp/nodes
for node in type output path; do
    grep -q "^$node = .* (n0,r" /tmp/nodes || fail "the guest may write $node: $(cat /tmp/nodes)"
done
refused xl console -n 1 chat
grep -q 'is the socket /tmp/chat.sock' /tmp/out || fail "$(cat /tmp/out)"
kill_consoled; start_consoled
asks four
xl destroy chat || fail "destroy"
[ ! -e /tmp/chat.sock ] || fail "the socket is left"
: >/tmp/taken
micro quiet; channels quiet "'name=a,connection=socket,path=/tmp/taken'"
refused xl create -q /tmp/quiet.cfg
grep -q 'choose another path' /tmp/out || fail "$(cat /tmp/out)"
micro quiet; channels quiet "'name=a,connection=socket,path=/tmp/chat.sock'"
create quiet; [ -S /tmp/chat.sock ] || fail "no socket"
kill_consoled
xl destroy quiet || fail "destroy without a daemon"
[ ! -e /tmp/chat.sock ] || fail "the socket of a killed daemon is left"
start_consoled
tidy_devices
"""

_GRUB_MIB, _GRUB_KERNEL = 32, "linux-image-amd64"


def _grub_files(folder: Path) -> Path:
    """A folder with Debian's GRUB for PV guests, and a disk with one partition that it boots."""
    out, tree, part = folder / "grub", folder / "tree", folder / "part"
    (tree / "boot/grub").mkdir(parents=True)
    out.mkdir()
    shutil.copy(packages.kernel(_GRUB_KERNEL), tree / "boot/vmlinuz")
    shutil.copy(initrd.domu(_GRUB_KERNEL), tree / "boot/initrd")
    (tree / "boot/grub/grub.cfg").write_text(
        "set timeout=0\nmenuentry Linux {\n"
        " linux /boot/vmlinuz console=hvc0 quiet run=disk by=grub\n initrd /boot/initrd\n}\n")
    with open(out / "disk", "wb") as disk:
        disk.truncate((_GRUB_MIB + 1) << 20)
    run(["sh", "-c", f"echo 2048,,L | sfdisk -q {out}/disk"], what="sfdisk")
    run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(part), f"{_GRUB_MIB}m"])
    run(["dd", f"if={part}", f"of={out}/disk", "bs=1M", "seek=1", "conv=notrunc,sparse"])
    shutil.copy(packages.fetch("grub-xen-host") / "usr/lib/grub-xen/grub-x86_64-xen.bin", out)
    return out


# The first devices leave the backend drivers' and domain 0's tables grown, such as that of its
# grant mappings: more disks than any step has, and more in flight.
WARM = PRELUDE + r"""
bridge
for i in a b c d; do truncate -s 16M "/tmp/warm$i"; done
job warm "'/tmp/warma,raw,xvda,rw','/tmp/warmb,raw,xvdb,rw','/tmp/warmc,raw,xvdc,rw',
          '/tmp/warmd,raw,xvdd,rw'" "'',''" <<'X'
ip link set eth0 up; ip link set eth1 up
for i in a b c d; do dd if=/dev/zero of="/dev/xvd$i" bs=16M oflag=direct 2>/dev/null & done
wait
echo "@@guest: warm"
X
create warm; console warm
until_says warm '@@guest: warm'
until_gone warm
modprobe xen-blkfront
xl block-attach 0 /tmp/warma,raw,xvdz,r || fail "no disk for domain 0"
until_true test -b /dev/xvdz && dd if=/dev/xvdz of=/dev/null bs=1M 2>/dev/null
xl block-detach 0 xvdz || fail "domain 0 keeps its disk"
tidy_devices
rm -f /tmp/warm?
"""


def _step(name: str, script: str) -> Step:
    return Step(name, f"{PRELUDE}\n{script}")


_STEPS = [
    _step("dev-disks", _DISKS),
    _step("dev-net", _NET),
    _step("dev-offload", _OFFLOAD),
    _step("dev-attach", _ATTACH),
    _step("dev-full", _FULL),
    _step("dev-errors", _ERRORS),
    _step("dev-script", _SCRIPT),
    _step("dev-bootloader", _BOOTLOADER),
    _step("dev-boot-script", _BOOT_SCRIPT),
    _step("dev-channels", _CHANNELS),
    _step("dev-rights", _RIGHTS),
    _step("dev-irq", _IRQ),
]
_LONG = [_step("dev-backend-gone", _BACKEND_GONE), _step("dev-grub", _GRUB)]


def _run(context: Context, steps: list[Step], more: list[tuple[Path, str]]) -> None:
    programs = [(helper(name), f"/usr/bin/{name}")
                for name in ("netcheck", "offload", "unixline", "inport")]
    run_steps(context, steps, 900, add=[*programs, *more], before=WARM,
              qemu=["-serial", "null"])


@scenario("devices", parts=[step.name for step in _STEPS])
def devices(context: Context) -> None:
    _run(context, _STEPS, [])


@scenario("devices-long", long_only=True, parts=[step.name for step in _LONG])
def devices_long(context: Context) -> None:
    with tempfile.TemporaryDirectory(prefix="grub-", dir=BUILD) as folder:
        _run(context, _LONG, [(_grub_files(Path(folder)), "/grub")])
