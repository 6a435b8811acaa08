# SPDX-License-Identifier: GPL-2.0-only
"""Stub domains: they print, fault, use memory up, serve over the network, and end when asked."""

from __future__ import annotations

from lib.cpio import Archive
from lib.paths import BUILD, ROOT, run
from lib.scenario import Context, scenario
from lib.steps import Step, run_steps

_STUBS = BUILD / "stubdom"

# `stub NAME IMAGE MEMORY [WORDS...]` writes a configuration; `told NAME [create's options]` runs it
# to its end with its console in /tmp/NAME.console.  `vif NAME` gives a domain created with -p a
# network card on the bridge, by hand, so that it does not matter who made xl.
_PRELUDE = r"""
stub() {
    name=$1 image=$2 memory=$3
    shift 3
    printf 'name = "%s"\nkernel = "/stub/%s.gz"\nmemory = %s\nextra = "%s"\n' "$name" "$image" \
        "$memory" "$*" >"/tmp/$name.cfg"
}
told() {
    ( while ! says "$1" '@@end'; do sleep 1; done ) | xl create -c "/tmp/$1.cfg" \
        >"/tmp/$1.console" 2>&1 &
    wait $!
    until_gone "$1"
    echo @@end >>"/tmp/$1.console"
    tr -d '\r' <"/tmp/$1.console" >/tmp/plain
}
bridge() {
    [ -e /sys/class/net/xenbr0 ] && return
    modprobe bridge && modprobe xen-netback && brctl addbr xenbr0 &&
        ifconfig xenbr0 10.9.0.1 netmask 255.255.255.0 up || fail "no bridge"
}
vif() {
    id=$(xl domid "$1") front=/local/domain/$id/device/vif/0
    back=/local/domain/0/backend/vif/$id/0
    xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$id" "$back/online" 1 \
        "$back/state" 1 "$back/handle" 0 "$back/mac" 00:16:3e:00:00:01 \
        "$back/script" /bin/true "$back/hotplug-status" connected
    xenstore-write "$front/backend" "$back" "$front/backend-id" 0 "$front/state" 1 \
        "$front/handle" 0 "$front/mac" 00:16:3e:00:00:01
    xenstore-chmod -r "/local/domain/$id/device" "n$id" r0
    xenstore-chmod -r "/local/domain/0/backend/vif/$id" n0 "r$id"
    until_true [ -e "/sys/class/net/vif$id.0" ] || fail "netback makes no vif$id.0"
    brctl addif xenbr0 "vif$id.0" && ifconfig "vif$id.0" up
}
unvif() {
    xenstore-rm "/local/domain/0/backend/vif/$1"
    until_true [ ! -e "/sys/class/net/vif$1.0" ]
}
"""

_STEPS = [
    Step("stub-hello", r"""
stub hello hello 4 "one two=2 'three words'"
told hello
grep -q '^hello from a stub domain: 2 arguments, pi is about 3.14159$' /tmp/plain ||
    fail "no line from printf"
grep -q '^  argument 2: three words$' /tmp/plain || fail "the arguments are not as given"
gone hello || fail "it has not ended"
"""),
    # The least memory that is asked of it.
    Step("stub-small", r"""
stub small hello 2
told small
grep -q '^hello from a stub domain: 0 arguments' /tmp/plain || fail "it does not run in 2 MiB"
"""),
    # A null pointer: registers and a backtrace with the functions' names, then a crash.
    Step("stub-fault", r"""
stub fault selftest 4 fault
echo 'on_crash = "destroy"' >>/tmp/fault.cfg
told fault
grep -q '^stub: exception 14, error .* address 0x0, in thread main$' /tmp/plain ||
    fail "the fault is not told"
for name in read_nothing main stub_main; do
    grep -q "^  0xffffffff[0-9a-f]* $name+0x" /tmp/plain || fail "no $name in the backtrace"
done
"""),
    # A stack that runs into its guard page: the hypervisor cannot deliver the fault.
    Step("stub-overflow", r"""
stub deep selftest 4 overflow
echo 'on_crash = "destroy"' >>/tmp/deep.cfg
told deep
grep -q recursion /tmp/plain && fail "it went on"
gone deep || fail "it is still there"
"""),
    Step("stub-memory", r"""
stub heap selftest 32 exhaust; told heap
grep -q '^selftest: exhaust passed$' /tmp/plain || fail "$(grep selftest: /tmp/plain)"
stub count selftest 8 threads; told count
grep -q '^selftest: threads passed$' /tmp/plain || fail "$(grep selftest: /tmp/plain)"
"""),
    Step("stub-files", r"""
stub file selftest 8 files
echo 'ramdisk = "/stub/ramdisk"' >>/tmp/file.cfg
told file
grep -q '^selftest: the file says from the ramdisk$' /tmp/plain || fail "no line of the file"
grep -q '^selftest: files passed$' /tmp/plain || fail "$(grep selftest: /tmp/plain)"
stub clock selftest 4 clocks; told clock
grep -q '^selftest: clocks passed$' /tmp/plain || fail "$(grep selftest: /tmp/plain)"
"""),
    Step("stub-shutdown", r"""
stub stay selftest 4 stay
create stay; console stay
until_says stay 'selftest: staying'
xl shutdown -w stay || fail "xl shutdown -w ended with $?"
gone stay || fail "still there after shutdown -w"
"""),
    Step("stub-http", r"""
bridge
stub web http 4 ip=10.9.0.2/24
xl create -q -p /tmp/web.cfg || fail "create"
number=$(xl domid web)
vif web; console web; xl unpause web
until_says web 'http: serving at http://10.9.0.2/'
wget -q -O /tmp/page http://10.9.0.2/ || fail "no page"
grep -q "^store path    /local/domain/$number$" /tmp/page || fail "the page: $(cat /tmp/page)"
ping -q -c 5 10.9.0.2 >/tmp/ping || fail "no answer to a ping"
i=0
while [ $i -lt 20 ]; do
    wget -q -O /dev/null http://10.9.0.2/ || fail "page $i"
    i=$((i+1))
done
wget -q -O - http://10.9.0.2/ | grep -q '^pages served  22$' || fail "not 22 pages"
wget -q -O /dev/null http://10.9.0.2/none && fail "a page that is not there"
xl shutdown -w web || fail "xl shutdown -w ended with $?"
unvif "$number"
"""),
    # The address by DHCP.
    Step("stub-dhcp", r"""
bridge
printf 'start 10.9.0.20\nend 10.9.0.20\ninterface xenbr0\nlease_file /tmp/leases\n' \
    >/tmp/udhcpd.conf
touch /tmp/leases
udhcpd -f /tmp/udhcpd.conf >/dev/null 2>&1 & server=$!
stub web http 4
xl create -q -p /tmp/web.cfg || fail "create"
number=$(xl domid web)
vif web; console web; xl unpause web
until_says web 'http: serving at http://10.9.0.20/'
wget -q -O /tmp/page http://10.9.0.20/ || fail "no page"
kill $server
xl destroy web
unvif "$number"
"""),
]

_MANY = [
    Step("stub-fifty", r"""
i=0
while [ $i -lt 50 ]; do stub "s$i" selftest 4 stay; create "s$i"; i=$((i+1)); done
[ "$(xl list | wc -l)" = 52 ] || fail "not fifty guests"
console s49; until_says s49 'selftest: staying'
i=0
while [ $i -lt 50 ]; do xl destroy "s$i" || fail "destroy of s$i"; i=$((i+1)); done
"""),
    Step("stub-cycles", r"""
stub cycle selftest 4 stay
i=0
while [ $i -lt 100 ]; do
    xl create -q /tmp/cycle.cfg && xl destroy cycle || fail "round $i"
    i=$((i+1))
done
"""),
]


def _images() -> list[tuple[object, str]]:
    run(["make", "--no-print-directory", "-C", str(ROOT), "stubdom"], what="building stub domains")
    archive = Archive()
    archive.text("etc/motd", "from the ramdisk\n")
    ramdisk = archive.save(BUILD / "images" / "stub-ramdisk")
    return [(path, f"/stub/{path.name}") for path in _STUBS.glob("*.gz")] + [
        (ramdisk, "/stub/ramdisk")]


def _with_prelude(steps: list[Step]) -> list[Step]:
    return [Step(step.name, _PRELUDE + step.script) for step in steps]


@scenario("stub", parts=[step.name for step in _STEPS])
def stubs(context: Context) -> None:
    """Stub domains, with Linux's netback in dom0."""
    run_steps(context, _with_prelude(_STEPS), 600, add=_images())


@scenario("stub-long", long_only=True, parts=[step.name for step in _MANY])
def many_stubs(context: Context) -> None:
    """Many at once, and many one after another."""
    run_steps(context, _with_prelude(_MANY), 1500, add=_images())
