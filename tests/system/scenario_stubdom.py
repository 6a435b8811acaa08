# SPDX-License-Identifier: GPL-2.0-only
"""Stub domains: they print, fault, use memory up, serve over the network, and end when asked."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lib import initrd, packages
from lib.cpio import Archive
from lib.once import once
from lib.paths import BUILD, ROOT, run
from lib.scenario import Context, scenario
from lib.steps import Step, helper, run_steps

from .stub_disks import PRELUDE as DISK_PRELUDE, STEPS as DISK_STEPS

_STUBS = BUILD / "stubdom"
_SIDE = "/usr/lib/xylem/stubdom"        # where they are installed

# `stub NAME IMAGE MEMORY [WORDS...]` writes a configuration; `told NAME` runs it to its end with
# its console in /tmp/NAME.console and /tmp/plain.  `card NAME` starts it with a network card on the
# bridge, made by hand, so that it does not matter whose xl this is; `uncard` takes that away when
# the domain has ended.
_PRELUDE = r"""
modprobe loop
stub() {
    name=$1 image=/usr/lib/xylem/stubdom/$2.gz memory=$3
    shift 3
    printf 'name = "%s"\nkernel = "%s"\nmemory = %s\nextra = "%s"\non_crash = "destroy"\n' \
        "$name" "$image" "$memory" "$*" >"/tmp/$name.cfg"
}
told() {
    hold says "$1" '^@@end' | {
        xl create -c "/tmp/$1.cfg" >"/tmp/$1.console" 2>&1
        echo @@end >>"/tmp/$1.console"
    }
    held
    until_gone "$1"
    tr -d '\r' <"/tmp/$1.console" >/tmp/plain
}
# A console that takes what comes in: Debian's xl asks its client for that only at a terminal.
typing() {
    [ "$tools" = xylem ] && { xl console "$1"; return; }
    /usr/lib/xen-4.17/bin/xenconsole --interactive "$(xl domid "$1")"
}
passed() {
    told "$1"
    grep -q "^selftest: $2 passed$" /tmp/plain || fail "$2: $(grep selftest: /tmp/plain)"
}
card() {
    bridge; modprobe xen-netback
    xl create -q -p "/tmp/$1.cfg" || fail "create of $1"
    number=$(xl domid "$1") back=/local/domain/0/backend/vif
    front=/local/domain/$number/device/vif
    xenstore-write "$front/0/backend" "$back/$number/0" "$front/0/backend-id" 0 \
        "$front/0/state" 1 "$front/0/handle" 0 "$front/0/mac" 00:16:3e:00:00:01
    xenstore-chmod -r "$front" "n$number" r0
    xenstore-write "$back/$number/0/frontend" "$front/0" "$back/$number/0/online" 1 \
        "$back/$number/0/frontend-id" "$number" "$back/$number/0/handle" 0 \
        "$back/$number/0/mac" 00:16:3e:00:00:01 "$back/$number/0/script" /bin/true \
        "$back/$number/0/hotplug-status" connected "$back/$number/0/state" 1
    xenstore-chmod -r "$back/$number" n0 "r$number"
    until_true [ -e "/sys/class/net/vif$number.0" ] || fail "netback makes no vif$number.0"
    ip link set "vif$number.0" master xenbr0 && ip link set "vif$number.0" up ||
        fail "vif$number.0 cannot join the bridge"
    console "$1"; xl unpause "$1"
}
# dhcp [OPTION]: a server on the bridge that gives one address; `kill $server` ends it.
dhcp() {
    bridge
    printf 'start 10.9.0.20\nend 10.9.0.20\ninterface xenbr0\nlease_file /tmp/leases\n%s\n' "$*" \
        >/tmp/udhcpd.conf
    : >/tmp/leases
    udhcpd -f /tmp/udhcpd.conf >/dev/null 2>&1 & server=$!
}
# again DEVICE: its back end driver leaves it and takes it on again.
again() {
    driver=/sys/bus/xen-backend/drivers/${1%%-*}
    echo "$1" >"$driver/unbind" && usleep 300000 && echo "$1" >"$driver/bind" ||
        fail "$1 cannot be taken off its driver and put back"
}
# Fifty at once: made, told by the last that it runs, destroyed.
fifty() {
    i=0
    while [ $i -lt 50 ]; do stub "s$i" selftest 4 stay; create "s$i"; i=$((i+1)); done
    [ "$(xl list | wc -l)" = 52 ] || fail "not fifty guests"
    console s49; until_says s49 'selftest: staying'
    i=0
    while [ $i -lt 50 ]; do xl destroy "s$i" || fail "destroy of s$i"; i=$((i+1)); done
}
uncard() {
    xenstore-rm "/local/domain/0/backend/vif/$number"
    until_true [ ! -e "/sys/class/net/vif$number.0" ] || fail "vif$number.0 stays"
    xenstore-rm /local/domain/0/backend/vif
}
"""

# From domain 0, then to it; both ends know what each byte has to be.
_TCP_TO = r"""
ip addr add fd00::1/64 dev xenbr0 2>/dev/null
stub net netcheck 8 ip=10.9.0.2/24 ip6=fd00::2 tcp-serve 5001 {bytes}
card net
until_says net 'netcheck: at 10.9.0.2'
netcheck tcp-send {net}2 5001 {bytes} || fail "TCP to the stub"
until_says net 'netcheck: passed'
until_gone net
uncard
"""
_TCP = _TCP_TO + r"""
netcheck tcp-serve 5002 {bytes} & server=$!
stub net netcheck 8 ip=10.9.0.2/24 ip6=fd00::2 tcp-send {net}1 5002 {bytes}
card net
wait $server || fail "TCP from the stub"
until_says net 'netcheck: passed'
until_gone net
uncard
"""

_V4, _V6 = "10.9.0.", "fd00::"

_STEPS = [
    # The configuration that is installed.
    Step("stub-hello", r"""
cp /etc/xen/hello-stub.cfg /tmp/
told hello-stub
grep -q '^hello from a stub domain: 0 arguments, pi is about 3.14159$' /tmp/plain ||
    fail "no line from printf: $(tr '\n' '|' </tmp/plain)"
"""),
    Step("stub-arguments", r"""
stub hello hello 4 "one two=2 'three words'"
told hello
grep -q '^hello from a stub domain: 2 arguments, pi is about 3.14159$' /tmp/plain ||
    fail "no line from printf"
grep -q '^  argument 2: three words$' /tmp/plain || fail "the arguments are not as given"
gone hello || fail "it has not ended"
"""),
    # The program of stubdom/README, made by its commands.
    Step("stub-readme", r"""
cp /etc/xen/mine-stub.cfg /tmp/mine.cfg
told mine
grep -q '^mine$' /tmp/plain || fail "$(cat /tmp/plain)"
"""),
    # The least memory that is asked of it; Debian's domain builder maps 4 MiB, so there have to be.
    Step("stub-small", r"""
[ "$tools" = xylem ] && least=2 || least=4
stub small hello $least
told small
grep -q '^hello from a stub domain: 0 arguments' /tmp/plain || fail "not in $least MiB"
"""),
    # A null pointer: registers and a backtrace with the functions' names, then a crash.
    Step("stub-fault", r"""
stub fault selftest 4 fault
told fault
grep -q '^stub: exception 14, error .* address 0x0, in thread main$' /tmp/plain ||
    fail "the fault is not told"
for name in read_nothing main stub_main; do
    grep -q "^  0xffffffff[0-9a-f]* $name+0x" /tmp/plain || fail "no $name in the backtrace"
done
"""),
    # No stack left: a program tells so, of a thread and of main().  A function that does not look
    # runs into the guard page, where the hypervisor cannot deliver the fault: it tells the stack.
    Step("stub-overflow", r"""
for which in overflow:deep overflow-main:main overflow-guard:; do
    stub deep selftest 4 ${which%:*}
    xl dmesg -c >/dev/null
    told deep
    grep -q -e recursion -e 'overflow.* passed' /tmp/plain && fail "$which: it went on"
    gone deep || fail "$which: it is still there"
    [ "${which#*:}" ] || break
    grep -q "^stub: stack of thread ${which#*:} overflowed, at 0x" /tmp/plain &&
        grep -q '^  0xffffffff[0-9a-f]* recurse+0x' /tmp/plain || fail "$which: $(cat /tmp/plain)"
done
guard=$(sed -n 's/^selftest: the guard page is at 0x\([0-9a-f]*\)000$/\1/p' /tmp/plain)
xl dmesg >/tmp/crash
grep -q "rsp: *$guard" /tmp/crash || fail "no stack at ${guard}000 in $(cat /tmp/crash)"
"""),
    # Page faults: two writes to what is there and read-only, one attempt to run data.
    Step("stub-protect", r"""
for which in write-text:0x[37] write-constant:0x[37] run-data:0x1[15]; do
    stub wx selftest 4 ${which%:*}
    told wx
    grep -q "^stub: exception 14, error ${which#*:}, address 0xffffffff8" /tmp/plain ||
        fail "$which: $(grep -e stub: -e selftest: /tmp/plain)"
done
"""),
    Step("stub-memory", r"""
stub heap selftest 32 exhaust; passed heap exhaust
stub count selftest 8 threads; passed count threads
stub maps selftest 8 maps; passed maps maps
"""),
    # Semaphores, condition variables; floating point; each thread's own errno and lines.
    Step("stub-threads", r"""
stub many selftest 4 wait; passed many wait
stub many selftest 4 compute; passed many compute
stub many selftest 4 speak; passed many speak
grep -c '^line \([0-3]\) \(a*\|b*\|c*\|d*\) [0-9]*$' /tmp/plain >/tmp/lines
[ "$(cat /tmp/lines)" = 200 ] || fail "$(cat /tmp/lines) whole lines: $(head -n 60 /tmp/plain)"
"""),
    Step("stub-typed", r"""
stub typed selftest 4 HOME=/somewhere typed
xl create -q -p /tmp/typed.cfg || fail "create of typed"
{ hold says typed 'type something' && printf 'some words\r' && hold gone typed; } |
    typing typed >/tmp/typed.console 2>&1 &
xl unpause typed
until_says typed "selftest: 'some words' was typed, HOME is /somewhere"
wait $!
held
until_gone typed
"""),
    Step("stub-files", r"""
stub file selftest 8 files
echo 'ramdisk = "/stub/ramdisk"' >>/tmp/file.cfg
passed file files
grep -q '^selftest: the file says from the ramdisk$' /tmp/plain || fail "no line of the file"
stub clock selftest 4 clocks; passed clock clocks
"""),
    Step("stub-shutdown", r"""
stub stay selftest 4 stay
create stay; console stay
until_says stay 'selftest: staying'
xl shutdown -w stay || fail "xl shutdown -w ended with $?"
until_gone stay
"""),
    Step("stub-http", r"""
stub web http 4 ip=10.9.0.2/24
card web
until_says web 'http: serving at http://10.9.0.2/'
wget -q -O /tmp/page http://10.9.0.2/ || fail "no page"
grep -q "^store path    /local/domain/$number$" /tmp/page || fail "the page: $(cat /tmp/page)"
i=0
while [ $i -lt 20 ]; do
    wget -q -O /dev/null http://10.9.0.2/ || fail "page $i"
    i=$((i+1))
done
wget -q -O - http://10.9.0.2/ | grep -q '^pages served  22$' || fail "not 22 pages"
wget -q -O /dev/null http://10.9.0.2/none && fail "a page that is not there"
xl shutdown -w web || fail "xl shutdown -w ended with $?"
uncard
"""),
    # What browsers do and wget does not: a connection to have one, and much to say.
    Step("stub-browser", r"""
[ "$tools" = xylem ] && least=2 || least=4
stub web http $least ip=10.9.0.2/24
card web
until_says web 'http: serving'
for i in 1 2 3; do sleep 30 | nc 10.9.0.2 80 & done
usleep 200000
HOME=/tmp w3m -dump http://10.9.0.2/ >/tmp/page || fail "w3m ended with $?"
grep -q '^A stub domain$' /tmp/page || fail "w3m shows $(cat /tmp/page)"
grep -q "^store path    /local/domain/$number$" /tmp/page || fail "w3m shows $(cat /tmp/page)"
long=$(head -c 6000 /dev/zero | tr '\0' x)
wget -q --header "X-Long: $long" -O /tmp/page http://10.9.0.2/ || fail "a long request"
xl destroy web
uncard
"""),
    # Small, as large as a packet, in fragments; IPv6 by the address that the card gives itself.
    Step("stub-ping", r"""
stub web http 4 ip=10.9.0.2/24
card web
until_says web 'http: serving'
for size in 8 1472 1473 8000 60000; do
    ping -q -c 3 -s $size 10.9.0.2 >/tmp/ping || fail "$size bytes: $(cat /tmp/ping)"
done
until_true ping6 -q -c 3 -I xenbr0 fe80::216:3eff:fe00:1 >/tmp/ping || fail "IPv6: $(cat /tmp/ping)"
xl destroy web
uncard
"""),
    # The address by DHCP.
    Step("stub-dhcp", r"""
dhcp
stub web http 4
card web
until_says web 'http: serving at http://10.9.0.20/'
wget -q -O /tmp/page http://10.9.0.20/ || fail "no page"
kill $server
xl destroy web
uncard
"""),
    # Names, from a server of their own: one that is named here, and one that DHCP names.
    Step("stub-names", r"""
dhcp 'opt dns 10.9.0.1'
nameserver stub.test 10.9.0.7 & names=$!
stub net netcheck 8 ip=10.9.0.2/24 dns=10.9.0.1 resolve stub.test
card net
until_says net 'netcheck: stub.test is 10.9.0.7'
until_gone net
uncard
stub net netcheck 8 resolve none.test
card net
until_says net 'netcheck: none.test: error'
until_gone net
uncard
kill $server $names
"""),
    # Netback is taken off the card and put back: the stub notices nothing, or finds it again by
    # itself.  What netback forgot of its own, its hotplug script would tell it again; with one
    # that takes longer than the stub waits, it is connected anew.
    Step("stub-card-restart", r"""
stub web http 4 ip=10.9.0.2/24
card web
until_says web 'http: serving'
for late in 0 11; do
    again "vif-$number-0"
    until_true [ -e "/sys/class/net/vif$number.0" ] || fail "netback makes no vif$number.0"
    ip link set "vif$number.0" master xenbr0 && ip link set "vif$number.0" up
    sleep $late
    xenstore-write "$back/$number/0/hotplug-status" connected
    tries=0
    until timeout 5 wget -q -O /tmp/page http://10.9.0.2/; do
        tries=$((tries+1))
        [ $tries -lt 20 ] || fail "no page from the next back end, after $late s"
    done
done
xl destroy web
uncard
"""),
    Step("stub-tcp", _TCP.format(net=_V4, bytes=4000000)),
    Step("stub-tcp6", _TCP_TO.format(net=_V6, bytes=1000000)),
    Step("stub-udp", r"""
stub net netcheck 8 ip=10.9.0.2/24 udp-echo 5003
card net
until_says net 'netcheck: at 10.9.0.2'
netcheck udp-send 10.9.0.2 5003 40 || fail "what came back"
until_says net 'netcheck: passed'
until_gone net
uncard
"""),
]

# By our own xl's hotplug: the configuration that is installed, and disks.
_HOTPLUG = [
    Step("stub-config", r"""
dhcp
cp /etc/xen/http-stub.cfg /tmp/
create http-stub; console http-stub
until_says http-stub 'http: serving at http://10.9.0.20/'
wget -q -O - http://10.9.0.20/ | grep -q '^address       10.9.0.20$' || fail "no page"
xl reboot http-stub
until_true wget -q -O - http://10.9.0.20/ | grep -q '^pages served  1$' || fail "no reboot"
xl shutdown -w http-stub || fail "xl shutdown -w ended with $?"
kill $server
"""),
    *(Step(name, DISK_PRELUDE + script) for name, script in DISK_STEPS),
]

_MANY = [
    Step("stub-tcp-64", _TCP.format(net=_V4, bytes=64 << 20)),
    Step("stub-tcp6-both", _TCP.format(net=_V6, bytes=4000000)),
    # All by one process: a thousand programs cost several times what a thousand connections do.
    Step("stub-connections", r"""
stub web http 4 ip=10.9.0.2/24
card web
until_says web 'http: serving'
netcheck pages 10.9.0.2 80 1000 >/tmp/pages 2>&1 || fail "$(tail -n 25 /tmp/pages)"
ping -q -c 2000 -A 10.9.0.2 >/tmp/ping || fail "$(cat /tmp/ping)"
grep -q ' 0% packet loss' /tmp/ping || fail "$(cat /tmp/ping)"
wget -q -O - http://10.9.0.2/ | grep '^memory' | sed 's/^/@@figure /'
xl destroy web
uncard
"""),
    Step("stub-fifty", "fifty"),
    Step("stub-cycles", r"""
stub cycle selftest 4 stay
i=0
while [ $i -lt 100 ]; do
    xl create -q /tmp/cycle.cfg && xl destroy cycle || fail "round $i"
    i=$((i+1))
done
"""),
]

# The first card leaves caches filled, in dom0 and below it.
_WARM = _PRELUDE + r"""
stub warm http 4 ip=10.9.0.2/24
card warm
until_says warm 'http: serving'
xl destroy warm
uncard
"""

# So do the first fifty at once: dom0's tables of event channels and mapped grants grow to their
# number, and stay so long.
_WARM_MANY = _WARM + "fifty\n"


@once
def _images() -> list[tuple[object, str]]:
    run(["make", "--no-print-directory", "-C", str(ROOT), "stubdom"], what="building stub domains")
    mine = _by_the_readme()
    archive = Archive()
    archive.text("etc/motd", "from the ramdisk\n")
    ramdisk = archive.save(BUILD / "images" / "stub-ramdisk")
    return [(path, f"{_SIDE}/{path.name}") for path in _STUBS.glob("*.gz")] + [
        (path, f"/etc/xen/{path.name}") for path in (ROOT / "stubdom").glob("apps/*/*.cfg")] + [
        (mine, "/etc/xen/mine-stub.cfg"), (ramdisk, "/stub/ramdisk"),
        (helper("netcheck"), "/usr/bin/netcheck"),
        (helper("nameserver"), "/usr/bin/nameserver"), (helper("records"), "/usr/bin/records"),
        *initrd.one_module("null_blk"), *_browser()]


def _by_the_readme() -> Path:
    """Do what stubdom/README says, in a copy; gives the configuration, the image is with others."""
    text = (ROOT / "stubdom/README").read_text()
    section = text.split("Write one\n", 1)[1].split("What a program has\n", 1)[0]
    commands = "".join(line[4:] for line in section.splitlines(True) if line.startswith("    "))
    kept = BUILD / "images" / "mine-stub.cfg"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="readme-", dir=BUILD / "images") as scratch:
        top = Path(scratch)
        shutil.copy2(ROOT / "Config.mk", top)
        shutil.copytree(ROOT / "stubdom", top / "stubdom")
        for folder in ("tools", "xen"):
            (top / folder).symlink_to(ROOT / folder)
        run(["env", f"BUILD={BUILD}", "sh", "-ec", commands], cwd=top,
            what="following stubdom/README")
        shutil.copy2(top / "stubdom/apps/mine/mine-stub.cfg", kept)
    return kept


def _browser() -> list[tuple[object, str]]:
    libraries = initrd.library_folders("BROWSER_PACKAGES")
    return list(initrd.dynamic_files("usr/bin/w3m", packages.fetch("w3m") / "usr/bin/w3m",
                                     libraries))


def _run(context: Context, steps: list[Step], seconds: float, **setup: str) -> None:
    """STEPS with the prelude before each; those of hotplug only with our own xl."""
    tools = setup.get("tools", context.tools)
    prelude = f"tools={tools}\n{_PRELUDE}"
    if tools != "xylem":
        for step in _HOTPLUG:
            if step in steps and step.name in context.parts:
                context.tell(step.name, "skip", "Debian's xl wants its scripts", 0)
        steps = [step for step in steps if step not in _HOTPLUG]
    many = any(step.name.endswith("stub-fifty") and step.name in context.parts for step in steps)
    run_steps(context, [Step(step.name, prelude + step.script) for step in steps], seconds,
              add=_images(), before=_WARM_MANY if many else _WARM, **setup)


def _of_xen(steps: list[Step]) -> list[Step]:
    """The same under names of their own, for Debian's Xen with Debian's tools."""
    return [Step(f"xen-{step.name}", step.script) for step in steps]


_ON_XEN = {"hv": "xen", "tools": "debian"}
_CHEAP = ("stub-hello", "stub-fault", "stub-http", "stub-tcp")
_XEN = _of_xen([step for step in _STEPS if step.name in _CHEAP])
_XEN_LONG = _of_xen([step for step in _STEPS if step.name not in _CHEAP])
_XEN_MANY = _of_xen(_MANY)


@scenario("stub", parts=[step.name for step in _STEPS + _HOTPLUG])
def stubs(context: Context) -> None:
    """Stub domains, with Linux's back ends in dom0; hotplug by our own xl only."""
    _run(context, _STEPS + _HOTPLUG, 700)


@scenario("stub-xen", parts=[step.name for step in _XEN])
def stubs_on_xen(context: Context) -> None:
    """The same images on Debian's Xen, started by its xl."""
    _run(context, _XEN, 600, **_ON_XEN)


@scenario("stub-long", long_only=True, parts=[step.name for step in _MANY])
def many_stubs(context: Context) -> None:
    """Many at once, many one after another, and much over the network."""
    _run(context, _MANY, 1500)


@scenario("stub-xen-long", long_only=True, parts=[step.name for step in _XEN_LONG])
def all_stubs_on_xen(context: Context) -> None:
    """The rest of what one stub does on Debian's Xen, but for hotplug."""
    _run(context, _XEN_LONG, 2400, **_ON_XEN)


# Debian's xl takes some 100 million instructions to create a guest, and more the more there are.
@scenario("stub-xen-many", long_only=True, parts=[step.name for step in _XEN_MANY])
def many_stubs_on_xen(context: Context) -> None:
    """Many and much on Debian's Xen."""
    _run(context, _XEN_MANY, 2400, **_ON_XEN)
