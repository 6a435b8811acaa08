# SPDX-License-Identifier: GPL-2.0-only
"""What stub domains do with disks, for scenario_stubdom.py, whose functions these steps use: copied
in pieces that are no sectors, taken away, with barriers; disks that die, or whose back end does."""

from __future__ import annotations

PRELUDE = r"""
# A disk that forgets, when its power goes, what it was not told to flush: it has a cache of 1 MiB,
# out of which it writes in an order of its own, for what is written for the first time.  `mortal`
# makes one, `power 0` is its death; what is left of it comes back with `power 1`.
mortal() {
    null=/sys/kernel/config/nullb disk=/dev/mortal mib=138
    [ -d $null ] || { insmod /modules/configfs.ko && mount -t configfs none /sys/kernel/config &&
        insmod /modules/null_blk.ko nr_devices=0; } || fail "no null_blk"
    [ ! -d $null/mortal ] || buried
    mkdir $null/mortal
    for setting in size=$mib blocksize=512 memory_backed=1 cache_size=1; do
        echo "${setting#*=}" >"$null/mortal/${setting%=*}" || fail "null_blk: $setting"
    done
    power 1
}
power() {
    echo "$1" >$null/mortal/power || fail "null_blk: power $1"
    [ "$1" = 0 ] || [ -b $disk ] || fail "null_blk: no $disk"
}
buried() { power 0; rmdir $null/mortal; }
# on_mortal NAME WORD: a selftest with such a disk.
on_mortal() {
    mortal
    stub "$1" selftest 8 "$2"
    echo "disk = [ 'phy:$disk,xvda,w' ]" >>"/tmp/$1.cfg"
    create "$1"; console "$1"
}
# writers NAME WHICH: they write records until the disk dies; `left` tells what it holds then.
writers() {
    on_mortal "$@"
    case $2 in *alone) all=2 ;; *early) all=1 ;; *) all='0 1 2' ;; esac
    for writer in $all; do until_says "$1" "writer $writer says 2"; done
    usleep $(($(od -An -N2 -tu2 /dev/urandom) * 8))
    power 0
    until_says "$1" "selftest: $2 passed"
    until_gone "$1"
    power 1
    said=
    for writer in 0 1 2; do
        said="$said 0$(tr -d '\r' <"/tmp/$1.console" |
            sed -n "s/^selftest: writer $writer says //p" | tail -n 1)"
    done
    records $disk $said >/tmp/left
    left=$?
    buried
}
"""

STEPS = [
    ("stub-disk", r"""
dd if=/dev/urandom of=/tmp/source bs=64k count=64 2>/dev/null
truncate -s 4M /tmp/target
stub disk selftest 8 disk
echo "disk = [ '/tmp/source,raw,xvda,ro', '/tmp/target,raw,xvdb,rw' ]" >>/tmp/disk.cfg
passed disk disk
cmp /tmp/source /tmp/target || fail "domain 0 reads something else"
"""),
    ("stub-disk-gone", r"""
truncate -s 1M /tmp/source
stub disk selftest 8 removed
echo "disk = [ '/tmp/source,raw,xvda,ro' ]" >>/tmp/disk.cfg
create disk; console disk
until_says disk 'selftest: reading'
xl block-detach disk xvda || fail "block-detach"
until_says disk 'selftest: removed passed'
until_gone disk
"""),
    # Long requests are indirect; Linux' back end takes barriers and flushes.
    ("stub-disk-barrier", r"""
truncate -s 4M /tmp/target
stub order selftest 8 barrier
echo "disk = [ '/tmp/target,raw,xvda,rw' ]" >>/tmp/order.cfg
passed order barrier
grep -q '^selftest: barrier yes, flush yes, 32 pages in a request' /tmp/plain ||
    fail "features: $(grep pages /tmp/plain)"
dd if=/tmp/target of=/tmp/first bs=4k count=1 2>/dev/null
dd if=/tmp/target of=/tmp/second bs=4k skip=1 count=1 2>/dev/null
cmp /tmp/first /tmp/second || fail "domain 0 reads something else"
"""),
    # The disk loses its cache at some moment, six times.  What the writers said is there, in order;
    # what writers say that do not flush is not, so this disk does forget.
    ("stub-disk-flush", r"""
for round in alone0 alone1 early0 early1 early2 all; do
    case $round in all*) which=records ;; *) which=records-${round%[0-9]} ;; esac
    writers $round $which
    sed "s/^/round $round: /" /tmp/left
    [ $left = 0 ] || fail "round $round: $(tr '\n' ';' </tmp/left)"
done
left=0
for i in 0 1 2; do
    [ $left = 0 ] || break
    writers loose$i records-loose
    sed 's/^/without: /' /tmp/left
done
[ $left = 1 ] || fail "a disk that forgets nothing: $left, $(tr '\n' ';' </tmp/left)"
"""),
    # What was written behind a barrier drives some of itself out of the cache; the barrier was
    # there before.
    ("stub-disk-barrier-dies", r"""
on_mortal order barrier-dies
until_says order 'wrote behind the barrier: 0'
power 0
until_says order 'selftest: barrier-dies passed'
until_gone order
power 1
behind=$(dd if=$disk bs=1M count=2 2>/dev/null | tr -d '\0' | wc -c)
barrier=$(dd if=$disk bs=4k skip=$((mib * 256 - 1)) count=1 2>/dev/null | tr -d '\0' | wc -c)
buried
[ "$behind" -gt 0 ] && [ "$behind" -lt 2097152 ] || fail "$behind bytes behind the barrier are left"
[ "$barrier" = 4096 ] || fail "$behind bytes behind the barrier are left, $barrier of its own"
"""),
    # Blkback is taken off the disk and put back, twice, while the stub writes and reads.  xl's own
    # loop devices let go of their file when blkback does.
    ("stub-disk-restart", r"""
truncate -s 1M /tmp/target; losetup /dev/loop7 /tmp/target || fail "losetup"
stub disk selftest 8 restart
echo "disk = [ 'phy:/dev/loop7,xvda,w' ]" >>/tmp/disk.cfg
create disk; console disk
until_says disk 'selftest: writing'
number=$(xl domid disk)
connected() { [ "$(xenstore-read "/local/domain/0/backend/vbd/$number/51712/state")" = 4 ]; }
for i in 1 2; do
    again "vbd-$number-51712"
    until_true connected || fail "restart $i: not connected again"
    usleep 500000
done
xenstore-write "/local/domain/$number/data/stop" 1
until_says disk 'selftest: restart passed'
until_gone disk
losetup -d /dev/loop7
"""),
]
