# SPDX-License-Identifier: GPL-2.0-only
"""xl's verbs on a running guest, its lists beside Debian's, and what is left when it is killed."""

from __future__ import annotations

from lib.scenario import Context, scenario
from lib.steps import Step, helper, run_steps, stepped

_DEBIAN = "debian=/usr/lib/xen-4.17/bin\n"

_VERBS = [
    # vCPUs, memory, weight, keys and an NMI: the guest itself tells what it got.
    Step("xl-tune", r"""
stock tuned 128
printf 'maxvcpus = 3\nmaxmem = 160\n' >>/tmp/tuned.cfg
create tuned
# A vCPU that the guest was given is switched on by its user space, as udev does.
( until says tuned 'guest#' && [ -e /tmp/more ]; do sleep 1; done
  for i in 1 2; do echo "echo 1 >/sys/devices/system/cpu/cpu$i/online"; done
  while there tuned; do sleep 5; done ) | xl console tuned >/tmp/tuned.console 2>&1 &
until_says tuned 'guest#'
online() { xl vcpu-list tuned | awk 'NR > 1 && $4 != "-"' | wc -l; }
memory() { xl list tuned | awk 'NR == 2 { print $3 }'; }
is() { [ "$($1)" = "$2" ]; }
[ "$(online)" = 1 ] || fail "$(online) vCPUs at start"
xl vcpu-set tuned 3 2>/dev/null; [ $? = 2 ] || fail "vcpu-set above the CPUs without -i"
xl vcpu-set -i tuned 3 || fail "vcpu-set -i"
[ "$(xenstore-read /local/domain/$(xl domid tuned)/cpu/2/availability)" = online ] || fail "node"
sleep 1; touch /tmp/more
until_true is online 3 || fail "the other vCPUs do not come"
xl vcpu-set tuned 1 || fail "vcpu-set 1"
until_true is online 1 || fail "the other vCPUs do not go"
xl vcpu-pin tuned all 0 node:0 || fail "vcpu-pin"
xl vcpu-pin tuned 0 9 2>/tmp/error; [ $? = 2 ] || fail "vcpu-pin to CPU 9"
xl mem-set tuned 96 || fail "mem-set 96"
until_true is memory 96 || fail "memory stays at $(memory)"
xl mem-set tuned 200 2>/dev/null; [ $? = 2 ] || fail "mem-set above maxmem"
xl mem-max tuned 140m || fail "mem-max"
xl mem-set tuned 140 || fail "mem-set 140"
until_true is memory 140 || fail "memory does not grow: $(memory)"
xl sched-credit2 -d tuned -w 512 || fail "sched-credit2"
xl sched-credit2 -d tuned | grep -q '^tuned  *[0-9]*  *512  *0$' || fail "weight is not 512"
xl sysrq tuned h || fail "sysrq"
until_says tuned 'sysrq: HELP'
xl trigger tuned nmi || fail "trigger nmi"
until_says tuned 'NMI'
xl trigger tuned reset 2>/dev/null; [ $? = 4 ] || fail "trigger reset"
[ "$(xl top -b -i 1 | awk '$1 == "tuned" { print $9 }')" = 1 ] || fail "xl top"
xl list --json tuned | grep -q '"name": "tuned"' || fail "list --json"
xl destroy nobody 2>/dev/null; [ $? = 3 ] || fail "exit status of an unknown domain"
# A dump of Linux: as many pages as it has, however they came and went.
xl dump-core tuned /tmp/tuned.dump || fail "dump-core"
dumpcheck /tmp/tuned.dump >/dev/null || fail "the dump of tuned"
dumpcheck /tmp/tuned.dump pages 0 >/tmp/out || fail "pages of tuned"
grep -q "^$(($(memory) * 256)) pages, [1-9].* 0 twice" /tmp/out ||
    fail "$(memory) MiB: $(cat /tmp/out)"
[ "$(dumpcheck /tmp/tuned.dump vcpus | grep -c 'cr3 1')" = 3 ] || fail "vCPUs of the dump"
rm /tmp/tuned.dump
# What is kept is what the next start takes.
sed -i 's/^memory = .*/memory = 112/' /tmp/tuned.cfg
xl config-update tuned /tmp/tuned.cfg || fail "config-update"
xl vcpu-set -i tuned 2 && xl mem-max tuned 150 || fail "vcpu-set and mem-max"
first=$(xl domid tuned)
xl reboot tuned || fail "reboot"
rebooted() { there tuned && [ "$(xl domid tuned)" != "$first" ] && is memory 112; }
until_true rebooted || fail "not started again with 112 MiB: $(memory)"
path=/local/domain/$(xl domid tuned)
reads() { [ "$(xenstore-read "$path/$1" 2>&1)" = "$2" ]; }
until_true reads memory/static-max 153600 || fail "mem-max is lost by the reboot"
until_true reads cpu/1/availability online || fail "vcpu-set is lost by the reboot"
xl destroy tuned || fail "destroy"
rm /tmp/more
"""),
    # What a guest did is what is counted for it; time is measured when it is asked for.
    Step("xl-stat", r"""
micro counted tick; create counted; console counted
until_says counted 'tick 3'
xl stat -1 -g counted -f '^(exits|hypercalls|irq_window)$' >/tmp/out || fail "stat -1"
[ "$(awk '$1 == "exits" { print ($2 > 0) }' /tmp/out)" = 1 ] || fail "no exits: $(cat /tmp/out)"
[ "$(awk '$1 == "hypercalls" { print ($2 > 0) }' /tmp/out)" = 1 ] || fail "no hypercalls"
[ "$(wc -l </tmp/out)" = 3 ] || fail "the filter: $(cat /tmp/out)"
xl stat -z -1 | grep -q '^hypercall-sched-op ' || fail "no row of its own: $(xl stat -z -1)"
xl stat -m >/tmp/out || fail "stat --openmetrics"
[ "$(tail -n 1 /tmp/out)" = '# EOF' ] || fail "OpenMetrics without its end"
grep -q '^xylem_events_total{domain="counted",domid="[0-9]*",event="exits"} [1-9]' /tmp/out ||
    fail "OpenMetrics: $(grep counted /tmp/out | head -n 3)"
grep -q '^xylem_memory_bytes{domain="counted",domid="[0-9]*"} [1-9][0-9]*$' /tmp/out &&
    grep -q '^xylem_cpu_seconds_total{domain="Domain-0",domid="0"} [0-9]*\.[0-9]*$' /tmp/out ||
    fail "OpenMetrics without what top shows: $(grep -v events /tmp/out)"
xl stat -m -z -g counted -f '^exits$' >/tmp/out || fail "stat -m -g"
grep -q 'Domain-0\|hypercalls' /tmp/out && fail "OpenMetrics of too much: $(cat /tmp/out)"
xl stat -T on || fail "timing on"
xl stat -m | grep -q '^xylem_event_seconds_total{.*event="exits"} [0-9]*\.[0-9]' ||
    fail "OpenMetrics without the time measured"
xl stat -j -g counted -f '^exits$' | grep -q '"time_ns": [1-9]' || fail "no time was measured"
xl stat -T off || fail "timing off"
xl stat -j -g counted -f '^exits$' | grep -q time_ns && fail "time is measured still"
xl stat -T maybe 2>/dev/null; [ $? = 2 ] || fail "exit status of a wrong word"
xl destroy counted
"""),
    # Sixteen creates at the same moment, none of which needs a second try; two of one name, of
    # which one wins; all destroyed at the same moment.
    Step("xl-sixteen", r"""
all="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"
for i in $all; do micro p$i; done
pids=; for i in $all; do xl create -q /tmp/p$i.cfg & pids="$pids $!"; done
for pid in $pids; do wait $pid || fail "a create ended with $?"; done
[ "$(xl list | wc -l)" = 18 ] || fail "not sixteen guests"
pids=; for i in $all; do xl destroy p$i & pids="$pids $!"; done
for pid in $pids; do wait $pid || fail "a destroy ended with $?"; done
xl create -q /tmp/p1.cfg 2>/dev/null & one=$!
xl create -q /tmp/p1.cfg 2>/dev/null & two=$!
wait $one; one=$?; wait $two; two=$?
case $one$two in 05 | 50) ;; *) fail "two creates of one name end with $one and $two" ;; esac
[ "$(xl list | wc -l)" = 3 ] || fail "not one guest: $(xl list)"
xl destroy p1
"""),
    # A guest of ours sees the very bits; the stock one and the one after its reboot lack the flags
    # that its CPU has otherwise.
    Step("xl-cpuid", r"""
grep -q -w avx2 /proc/cpuinfo || { echo 'no AVX2 to take away' >/tmp/skip; return; }
any=xxxxxxxxxxxxxxxx        # of AVX2 and MOVBE nothing else hangs
micro bits cpuid; create bits; console bits
until_says bits 'cpuid 7:'
xl destroy bits
until_gone bits
leaf() { sed -n "s/.*cpuid $1: //p" /tmp/bits.console | tr -d '\r'; }
before1=$(leaf 1) before7=$(leaf 7)
xl -N create /tmp/bits.cfg 'cpuid="host,svm=1"' >/tmp/out 2>&1
[ $? = 4 ] || fail "svm: $(cat /tmp/out)"
grep -q 'svm=1: PV guests cannot be told so' /tmp/out || fail "-N: $(cat /tmp/out)"
printf 'cpuid = [ "7,0:ebx=%sxxxxxxxxxx0xxxxx", "1:ecx=xxxxxxxxx0xxxxxx%s",\n' $any $any \
    >>/tmp/bits.cfg
echo '"host,family=17,stepping=k" ]' >>/tmp/bits.cfg
create bits; console bits
until_says bits 'cpuid 7:'
want() { set -- $before1 $before7
    printf '%x %s %x %s %x\n' $((0x$1 & ~0xff00f00 | 0x200f00)) "$2" $((0x$3 & ~0x400000)) "$4" \
        $((0x$6 & ~32)); }
got() { set -- $(leaf 1) $(leaf 7); echo "$1 $2 $3 $4 $6"; }
[ "$(got)" = "$(want)" ] || fail "told $(got), not $(want)"
xl destroy bits

stock flags 128
echo 'cpuid = "host,avx2=0,sse4.2=0,itsc=k,fsgsbase=1"' >>/tmp/flags.cfg
# asked FILE: how often the guest's cpuinfo names some flags.
asked() {
    ( until says "$1" 'guest#'; do sleep 1; done
      echo 'for f in avx2 sse4_2 fsgsbase sse4_1; do echo "$f $(grep -c -w $f /proc/cpuinfo)"; done'
      until says "$1" 'sse4_1 [01]'; do sleep 1; done ) | xl console flags >"/tmp/$1.console" 2>&1 &
    until_says "$1" 'sse4_1 1'
    says "$1" 'avx2 0' && says "$1" 'sse4_2 0' && says "$1" 'fsgsbase 1' ||
        fail "flags: $(tail -n 4 "/tmp/$1.console")"
}
create flags; first=$(xl domid flags)
asked flags
xl list -l flags | grep -q '"ebx": "xxxxxxxxxxxxxxxxxxxxxxxxxx0xxxx1"' || fail "list -l"
xl reboot flags || fail "xl reboot ended with $?"
rebooted() { there flags && [ "$(xl domid flags)" != "$first" ]; }
until_true rebooted || fail "no new domain"
asked flags2
xl destroy flags
"""),
    # Known pages and registers, as Debian's xl dumps them too; a guest that lies; what is there
    # already; two crashes, each dumped before the guest starts again.
    Step("xl-dump", _DEBIAN + r"""
dumped() { micro "$@"; sed -i 's/idle/dumped/' "/tmp/$1.cfg"; }
pages() { dumpcheck "$1" pages 78796c656d647570; }
dumped known; create known; console known
until_says known 'dumped at'
xl dump-core known /tmp/known.dump || fail "dump-core"
[ "$(stat -c %a /tmp/known.dump)" = 600 ] || fail "mode $(stat -c %a /tmp/known.dump)"
"$debian/xl" dump-core known /tmp/theirs.dump >/dev/null || fail "Debian's xl dump-core"
for what in '' vcpus 'pages 78796c656d647570'; do
    dumpcheck /tmp/theirs.dump $what >/tmp/theirs || fail "dumpcheck of Debian's $what"
    dumpcheck /tmp/known.dump $what >/tmp/ours || fail "dumpcheck $what"
    diff /tmp/theirs /tmp/ours || fail "differs from Debian's: $what"
done
at=$(sed -n 's/.*dumped at //p' /tmp/known.console | tr -d '\r')
dumpcheck /tmp/known.dump vcpus >/tmp/out
grep -q "^vcpu 0 rip $at rbx b0b1b2b3b4b5b6b7 rcx c0c1c2c3c4c5c6c7 .*r15 1515151515151515 cr3 1" \
    /tmp/out || fail "registers: $(cat /tmp/out), not at $at"
pages /tmp/known.dump | grep -q '^2048 pages, 64 of the word, 0 twice, first 0, last 2047$' ||
    fail "$(pages /tmp/known.dump)"
xl dump-core known /tmp/known.dump 2>/tmp/error; [ $? = 5 ] || fail "a dump is replaced"
grep -q 'is there already; replace it with -f' /tmp/error || fail "$(cat /tmp/error)"
xl dump-core -f known /tmp/known.dump || fail "dump-core -f"
xl dump-core known || fail "dump-core without a file"
[ -s /var/lib/xen/dump/known ] || fail "no dump in /var/lib/xen/dump"
xl dump-core 0 /tmp/never.dump 2>/dev/null; [ $? = 2 ] || fail "dump-core of domain 0"
micro mute; create mute
xl dump-core mute /tmp/never.dump 2>/tmp/error && fail "a dump of a guest that has no list"
grep -q 'has not told where its list of frames is' /tmp/error || fail "$(cat /tmp/error)"
[ ! -e /tmp/never.dump ] || fail "a part of a dump is left"
xl destroy mute; xl destroy known
dumped liar lies; echo 'iomem = [ "fed00,1" ]' >>/tmp/liar.cfg; create liar; console liar
until_says liar 'dumped at'
xl dump-core liar /tmp/liar.dump || fail "dump-core liar"
pages /tmp/liar.dump | grep -q '^1024 pages, 32 of the word, 0 twice, first 1, last 2047$' ||
    fail "liar: $(pages /tmp/liar.dump)"
xl destroy liar
dumped twice crash; echo 'on_crash = "coredump-restart"' >>/tmp/twice.cfg; create twice
until_true test -s /var/lib/xen/dump/twice.1 || fail "no second dump: $(ls /var/lib/xen/dump)"
stopped() { xl destroy twice 2>/dev/null; gone twice && [ -z "$(pgrep '^xl: guest twice')" ]; }
until_true stopped || fail "twice does not end"
for file in twice twice.1; do
    pages "/var/lib/xen/dump/$file" | grep -q '^2048 pages, 64 of the word, 0 twice' || fail "$file"
done
grep -q 'crashed (reason 3): coredump-restart' /var/log/xen/xl-twice.log || fail "the log"
rm -r /tmp/*.dump /var/lib/xen/dump
"""),
    Step("xl-lists", _DEBIAN + r"""
micro listed; create listed
plain() { sed 's/ *[0-9]*\.[0-9]/ T/; s/[-rb]\{6\}/STATE/'; }
for verb in vm-list claims sched-credit2 'sched-credit2 -s' 'sched-credit2 -d listed'; do
    "$debian/xl" $verb >/tmp/theirs || fail "Debian's xl $verb ended with $?"
    xl $verb >/tmp/ours || fail "xl $verb ended with $?"
    plain </tmp/theirs >/tmp/theirs.plain; plain </tmp/ours >/tmp/ours.plain
    diff /tmp/theirs.plain /tmp/ours.plain || differs="$differs, $verb"
done
[ -z "$differs" ] || fail "differ: ${differs#, }"
xl destroy listed
"""),
]

# Half-made guests: whichever moment hits, the next command leaves nothing of a dead one's work.
_KILLS = r"""
i=0
while [ $i -lt {rounds} ]; do
    micro k$i; xl create -q /tmp/k$i.cfg >/dev/null 2>&1 & one=$!
    micro l$i; xl create -q /tmp/l$i.cfg >/dev/null 2>&1 & two=$!
    usleep $((RANDOM * 10 % 160000))
    case $((RANDOM % 3)) in
    0) kill -9 $one ;;
    1) kill -9 $two ;;
    2) kill -9 $one $two; for pid in $(pgrep '^xl: guest'); do kill -9 "$pid"; done ;;
    esac 2>/dev/null
    wait $one 2>/dev/null; wait $two 2>/dev/null
    # The next command; then each guest is whole, with its watcher, or not there at all.
    xl destroy k$i >/dev/null 2>&1; xl destroy nobody 2>/dev/null
    for id in $(xl list | awk 'NR > 2 {{ print $2 }}'); do
        [ -n "$(xl domname $id)" ] || fail "round $i: domain $id without a name"
        ls /var/lib/xen/userdata-d.$id.*.xl >/dev/null || fail "round $i: domain $id is half-made"
    done
    for pid in $(pgrep '^xl: guest'); do [ $((RANDOM % 4)) = 0 ] && kill -9 "$pid"; done
    ( xl destroy l$i >/dev/null 2>&1 ) & one=$!
    usleep $((RANDOM * 10 % 60000)); kill -9 $(pgrep -x xl) 2>/dev/null; wait $one 2>/dev/null
    xl destroy l$i >/dev/null 2>&1
    xl destroy nobody 2>/dev/null
    [ "$(xl list | wc -l)" = 2 ] || fail "round $i: $(xl list | tail -n +3)"
    left=$(ls /run/xylem /var/lib/xen)
    [ -z "$(echo "$left" | grep -e guest- -e userdata)" ] || fail "round $i: files $left"
    i=$((i+1))
done
until_true eval '[ -z "$(pgrep "^xl: guest")" ]' || fail "watchers are left: $(ps | grep xl:)"
rm -f /tmp/[kl][0-9]*.cfg /var/log/xen/xl-[kl][0-9]*.log
"""

_STEPS = _VERBS + [Step("xl-kills", _KILLS.format(rounds=8))]


@scenario("xl", parts=[step.name for step in _STEPS])
def verbs(context: Context) -> None:
    run_steps(context, _STEPS, 900, add=[(helper("dumpcheck"), "/usr/bin/dumpcheck")])


stepped("xl-kills-long", [Step("xl-kills-200", _KILLS.format(rounds=200))], 6000, long_only=True)
