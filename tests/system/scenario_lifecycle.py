# SPDX-License-Identifier: GPL-2.0-only
"""The life of guests: create, console, shutdown, reboot, crash, destroy, many, and no leak."""

from __future__ import annotations

from pathlib import Path

from lib import guests
from lib.paths import BUILD, ROOT, run
from lib.scenario import Context, scenario

# Shell functions for the scripts that run in dom0.  Waiting is by events of the guest's life,
# never by a fixed time, and generous: the machine may be busy.
_SHELL = r"""
fail() { echo "FAILED: $*"; xl list; xl dmesg | tail -n 15; exit 1; }
there() { xl domid "$1" >/dev/null 2>&1; }
until_true() { n=0; until "$@"; do n=$((n+1)); [ $n -lt 600 ] || return 1; usleep 200000; done; }
gone() { ! there "$1"; }
until_gone() { until_true gone "$1" || fail "$1 is still there"; }
state() { xl list "$1" | awk 'NR==2 {print $5}'; }
says() { grep -q "$2" "/tmp/$1.console" 2>/dev/null; }
console() { ( while there "$1"; do sleep 5; done ) | xl console "$1" >"/tmp/$1.console" 2>&1 & }
settle() { sleep 2; }
pages() { settle; freepages | cut -d' ' -f1; }
"""


def _helper() -> Path:
    """The program freepages, statically linked."""
    out = BUILD / "tests" / "freepages"
    out.parent.mkdir(parents=True, exist_ok=True)
    run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", str(out),
         str(ROOT / "tests/system/helpers/freepages.c"), "-lxencall", "-lxentoollog",
         "-lxentoolcore", "-ldl", "-lpthread"], what="building freepages")
    return out


def _dom0(context: Context, script: str, seconds: float = 400, **setup: object) -> str:
    add = [(_helper(), "/usr/bin/freepages"), (guests.FOLDER / "idle", "/guests/idle")]
    return context.script(_SHELL + script, seconds=seconds, add=add, **setup)


@scenario("create-console-shutdown")
def create_console_shutdown(context: Context) -> None:
    """The stock guest: its console, a command typed there, xl shutdown."""
    output = _dom0(context, r"""
xl create -q /etc/xen/guest.cfg || fail create
( until says guest 'guest#'; do sleep 1; done; echo 'echo sum $((20+22))'
  while there guest; do sleep 2; done ) | xl console guest >/tmp/guest.console 2>&1 &
until_true says guest 'sum 42' || fail "no answer on the console: $(cat /tmp/guest.console)"
xl list guest || fail list
xl shutdown guest || fail shutdown
until_gone guest
grep '@@guest: up' /tmp/guest.console
""")
    context.find(r"@@guest: up, Linux 6\.", output)


@scenario("reboot-crash-destroy")
def reboot_crash_destroy(context: Context) -> None:
    """A guest's own reboot gives a new domain, a crash is acted upon, destroy ends it."""
    _dom0(context, r"""
sed 's/quiet/quiet run=idle/' /etc/xen/guest.cfg >/tmp/idle.cfg
xl create -q /tmp/idle.cfg || fail create
first=$(xl domid guest)
sleep 5
xl reboot guest || fail "xl reboot"
rebooted() { there guest && [ "$(xl domid guest)" != "$first" ]; }
until_true rebooted || fail "the guest did not come back"
sleep 5
xl pause guest || fail pause
case $(state guest) in *p*) ;; *) fail "state after pause: $(state guest)" ;; esac
xl unpause guest || fail unpause
xl destroy guest || fail destroy
gone guest || fail "destroyed, and still there"
sed 's/quiet/quiet run=crash/' /etc/xen/guest.cfg >/tmp/crash.cfg
echo 'on_crash = "destroy"' >>/tmp/crash.cfg
xl create -q /tmp/crash.cfg || fail "create of the crashing guest"
until_gone guest
xl list
""")


@scenario("ten-domains")
def ten_domains(context: Context) -> None:
    """Ten small guests at once, and all of them away again."""
    output = _dom0(context, r"""
for i in 0 1 2 3 4 5 6 7 8 9; do
    printf 'name = "g%s"\nkernel = "/guests/idle"\nmemory = 8\n' $i >/tmp/g.cfg
    xl create -q /tmp/g.cfg || fail "create of g$i"
done
xl list
echo "count $(xl list | grep -c '^g[0-9]')"
for i in 0 1 2 3 4 5 6 7 8 9; do xl destroy g$i || fail "destroy of g$i"; done
echo "left $(xl list | wc -l)"
""")
    context.find(r"^count 10$", output)
    context.find(r"^left 2$", output)


def _cycles(context: Context, config: str, rounds: int) -> None:
    """Create and destroy again and again; the free memory is the same at the end, to the page."""
    output = _dom0(context, rf"""
printf '{config}' >/tmp/c.cfg
once() {{ xl create -q /tmp/c.cfg && xl destroy cycle; }}
once && once || fail "the first rounds"
before=$(pages)
i=0
while [ $i -lt {rounds} ]; do once || fail "round $i"; i=$((i+1)); done
after=$(pages)
echo "pages $before $after"
xl list
""", seconds=300 + 12 * rounds)
    pages = context.find(r"^pages (\d+) (\d+)$", output)
    context.check(pages.group(1) == pages.group(2),
                  f"{pages.group(1)} pages were free before, {pages.group(2)} after")


@scenario("cycles-small")
def cycles_small(context: Context) -> None:
    """200 times an 8 MiB guest (20 with Debian's slower xl)."""
    _cycles(context, r'name = "cycle"\nkernel = "/guests/idle"\nmemory = 8\n',
            200 if context.tools == "xylem" else 20)


_STOCK = (r'name = "cycle"\nkernel = "/boot/domu-vmlinuz"\nramdisk = "/boot/domu-initrd"\n'
          r'extra = "console=hvc0 quiet run=idle"\nmemory = 128\n')


@scenario("cycles-stock")
def cycles_stock(context: Context) -> None:
    """10 times the stock guest."""
    _cycles(context, _STOCK, 10)


@scenario("cycles-stock-long", long_only=True)
def cycles_stock_long(context: Context) -> None:
    """200 times the stock guest."""
    _cycles(context, _STOCK, 200)


@scenario("malformed")
def malformed(context: Context) -> None:
    """Bad configurations and kernels: an error, no domain left behind, no page lost."""
    output = _dom0(context, r"""
refuse() {
    if xl create -q /tmp/bad.cfg >/tmp/out 2>&1; then fail "$1 was accepted"; fi
    [ -s /tmp/out ] || fail "$1: no message"
    echo "$1: $(head -n 1 /tmp/out)"
    [ "$(xl list | wc -l)" = 2 ] || fail "$1 left a domain"
}
base='name = "bad"\nmemory = 64\n'
echo 'kernel = "/no/such/file"' >/tmp/tail
try() { printf "$base" >/tmp/bad.cfg; cat /tmp/tail >>/tmp/bad.cfg; refuse "$1"; }
try "missing kernel"
before=$(pages)
echo 'kernel = ' >/tmp/tail; try "missing value"
echo 'kernel = "/guests/idle' >/tmp/tail; try "unterminated string"
echo 'kernel = "/bin/busybox"' >/tmp/tail; try "a program for a kernel"
dd if=/dev/urandom of=/tmp/noise bs=64k count=4 2>/dev/null
echo 'kernel = "/tmp/noise"' >/tmp/tail; try "noise for a kernel"
dd if=/boot/domu-vmlinuz of=/tmp/short bs=1M count=2 2>/dev/null
echo 'kernel = "/tmp/short"' >/tmp/tail; try "truncated kernel"
cp /boot/domu-vmlinuz /tmp/broken
dd if=/tmp/noise of=/tmp/broken bs=64k seek=40 conv=notrunc 2>/dev/null
echo 'kernel = "/tmp/broken"' >/tmp/tail; try "damaged kernel"
printf 'name = "bad"\nmemory = 900000\nkernel = "/guests/idle"\n' >/tmp/bad.cfg
refuse "more memory than there is"
echo "pages $before $(pages)"
""")
    pages = context.find(r"^pages (\d+) (\d+)$", output)
    context.check(pages.group(1) == pages.group(2),
                  f"{pages.group(1)} pages were free before, {pages.group(2)} after")
