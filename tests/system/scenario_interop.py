# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own tools on Xylem: its store clients, its xl, and its xenstored and xenconsoled."""

from __future__ import annotations

from lib.steps import Step, stepped

# Debian's programs lie here even when dom0's own are Xylem's (tests/lib/initrd.py).
_DEBIAN = "debian=/usr/lib/xen-4.17/bin\n"

_STEPS = [
    # Debian's xenstore-* clients are dom0's only ones: write, read, list, permissions, watch, rm.
    Step("interop-xenstore", _DEBIAN + r"""
xenstore-write /tool/interop/a one /tool/interop/b/c 'two words' || fail "xenstore-write"
[ "$(xenstore-read /tool/interop/a)" = one ] || fail "xenstore-read a"
[ "$(xenstore-read /tool/interop/b/c)" = 'two words' ] || fail "xenstore-read b/c"
[ "$(xenstore-list /tool/interop | tr '\n' ' ')" = 'a b ' ] || fail "xenstore-list"
xenstore-ls -f /tool/interop | grep -q '^/tool/interop/b/c = "two words"$' || fail "xenstore-ls -f"
xenstore-chmod -r /tool/interop n0 r7 || fail "xenstore-chmod"
xenstore-ls -p /tool/interop | grep -q '(n0,r7)' || fail "xenstore-ls -p"
( xenstore-watch -n 2 /tool/interop >/tmp/watched ) &
until_true test -s /tmp/watched || fail "a watch does not fire at once"
xenstore-write /tool/interop/new 1
wait $!
grep -q '^/tool/interop/new$' /tmp/watched || fail "the watch did not tell of the write"
xenstore-exists /tool/interop/new || fail "xenstore-exists"
xenstore-rm /tool/interop || fail "xenstore-rm"
if xenstore-exists /tool/interop; then fail "removed, and it is there"; fi
if xenstore-read /tool/interop 2>/tmp/error; then fail "read of nothing"; fi
grep -q "couldn't read path /tool/interop" /tmp/error || fail "$(cat /tmp/error)"
i=0
while [ $i -lt 300 ]; do echo "/tool/many/a-rather-long-name-of-a-node-$i x"; i=$((i+1)); done |
    xargs xenstore-write || fail "xenstore-write of 300 nodes"
[ "$(xenstore-list /tool/many | wc -l)" = 300 ] || fail "a directory of more than 4,096 bytes"
xenstore-rm /tool/many
"$debian/xenstore-control" check || fail "xenstore-control check"
"""),
    # The same question to both; numbers that move meanwhile are left out.
    Step("interop-xl-info", _DEBIAN + r"""
still='^(free_memory|free_cpus|outstanding_claims|xend_config_format|.*date|sharing_)'
"$debian/xl" info >/tmp/theirs || fail "Debian's xl info ended with $?"
xl info >/tmp/ours || fail "xl info ended with $?"
cut -d: -f1 /tmp/theirs >/tmp/their-keys; cut -d: -f1 /tmp/ours >/tmp/our-keys
diff /tmp/their-keys /tmp/our-keys || fail "other keys or another order"
grep -E -v "$still" /tmp/theirs >/tmp/a; grep -E -v "$still" /tmp/ours >/tmp/b
diff /tmp/a /tmp/b || fail "other values"
"""),
    Step("interop-xl-list", _DEBIAN + r"""
micro listed; create listed
# Times, states and the CPUs of vcpus move on between two questions.
plain() {
    sed 's/[0-9]*:[0-9:]*/T/g; s/ *[0-9]*\.[0-9]/ T/; s/\t/ /g;
        s/[-rbp]\{6\}/STATE/; s/ *[0-9]*  *[-rb]\{3\} / CPU STATE /'
}
for verb in list 'list -v' 'list -n' 'list -c' 'list listed' vcpu-list 'vcpu-list listed' \
    'domid listed' "domname $(xl domid listed)" 'uptime -s listed'; do
    "$debian/xl" $verb >/tmp/theirs || fail "Debian's xl $verb ended with $?"
    xl $verb >/tmp/ours || fail "xl $verb ended with $?"
    plain </tmp/theirs >/tmp/theirs.plain; plain </tmp/ours >/tmp/ours.plain
    diff /tmp/theirs.plain /tmp/ours.plain || differs="$differs, $verb"
done
[ -z "$differs" ] || fail "differ: ${differs#, }"
"$debian/xl" dmesg >/tmp/theirs || fail "Debian's xl dmesg"
xl dmesg -c >/tmp/ours || fail "xl dmesg -c"
grep -q Xylem /tmp/ours && head -c "$(wc -c </tmp/theirs)" /tmp/ours | cmp - /tmp/theirs ||
    fail "the log is not what Debian's xl reads"
xl dmesg | grep -F -q -x -e "$(head -n 1 /tmp/ours)" && fail "dmesg -c leaves the log"
"$debian/xl" pause listed || fail "Debian's xl pause"
in_state listed p || fail "paused by Debian's xl: $(state listed)"
"$debian/xl" unpause listed || fail "Debian's xl unpause"
"$debian/xl" destroy listed || fail "Debian's xl destroy"
until_gone listed
"""),
    # One configuration, started by each: what they keep of it.  A claim is the only difference:
    # ours populates memory at once and needs none.
    Step("interop-xl-long", _DEBIAN + r"""
micro long one two
cat >>/tmp/long.cfg <<X
type = "pv"
uuid = "11111111-2222-4333-8444-555555555555"
maxmem = 16
maxvcpus = 2
vcpus = 1
cpu_weight = 300
cap = 40
cpuid = [ "1:edx=xxxxxxxxx0xxxxxxxxxxxxxxxxxxxxxx,ecx=xxxxxxxxx0xxxxxxxxxxxxxxxxxxxxxx",
          "7,0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx" ]
on_poweroff = "preserve"
on_reboot = "destroy"
on_crash = "restart"
X
kept() {
    "$1" create -q /tmp/long.cfg || fail "$1 create ended with $?"
    "$1" list -l long >/tmp/kept.raw || fail "$1 list -l ended with $?"
    sed 's/"domid": [0-9]*,/"domid": N,/; /"claim_mode"/d' /tmp/kept.raw
    xl destroy long || fail "destroy ended with $?"
    until_gone long
}
kept "$debian/xl" >/tmp/theirs
kept xl >/tmp/ours
grep -q '"cap": 40' /tmp/theirs || fail "Debian's xl list -l: $(cat /tmp/theirs)"
diff /tmp/theirs /tmp/ours || fail "list -l differs"
"""),
    # Debian's libxl builds the stock guest; its console is ours.
    Step("interop-xl-create", _DEBIAN + r"""
stock theirs 128
echo 'type = "pv"' >>/tmp/theirs.cfg
"$debian/xl" create -q /tmp/theirs.cfg || fail "Debian's xl create ended with $?"
# talk NAME CLIENT...: who types gets an answer, be it by Debian's console client or by ours.
talk() {
    name=$1; shift
    ( until says "$name" "said-$name-42" || gone theirs; do
          printf 'echo said-%s-$((40+2))\n' "$name"; usleep 500000
      done ) | "$@" >"/tmp/$name.console" 2>&1 & client=$!
    until_says "$name" "said-$name-42"
    kill $client 2>/dev/null; wait $client
}
talk xenconsole "$debian/xenconsole" --interactive "$(xl domid theirs)"
says xenconsole '@@guest: up, Linux 6' || fail "Debian's xenconsole lacks what the guest said"
talk ours xl console theirs
xl list theirs || fail "our xl list of it"
"$debian/xl" shutdown -w theirs || fail "Debian's xl shutdown ended with $?"
until_gone theirs
"""),
]

stepped("interop", _STEPS, 600)
