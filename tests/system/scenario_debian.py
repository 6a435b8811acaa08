# SPDX-License-Identifier: GPL-2.0-only
"""A real Debian: our packages on its disk, booted by its own GRUB, guests started by systemd."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lib import debian, qemu
from lib.paths import BUILD
from lib.scenario import Context, scenario

# Runs in the installed system once it is up.  The guest has dom0's own kernel and initrd and no
# disk, so it comes as far as the initrd's shell.
_SCRIPT = r"""
say() { echo "@@debian: $*"; }
check() {
    if "${@:2}" >/tmp/out 2>&1; then say "ok $1"; else say "FAIL $1"; tail -n 5 /tmp/out; fi
}
for i in $(seq 600); do
    systemctl is-system-running 2>/dev/null | grep -q -e running -e degraded -e starting && break
    sleep 1
done
say "firmware $([ -d /sys/firmware/efi ] && echo efi || echo bios)"
check hypervisor grep -q xen /sys/hypervisor/type
check banner sh -c 'xl info | grep -q "^xen_extra.*xylem"'
for unit in proc-xen.mount xenstored xen-init-dom0 xenconsoled; do
    check "unit $unit" systemctl is-active $unit
done
check list sh -c 'xl list | grep -q "^Domain-0 "'
kernel=$(ls /boot/vmlinuz-* | head -n 1); initrd=$(ls /boot/initrd.img-* | head -n 1)
printf 'name = "auto"\nkernel = "%s"\nramdisk = "%s"\nmemory = 384\n' "$kernel" "$initrd" \
    >/etc/xen/auto/auto.cfg
echo 'extra = "console=hvc0 break=top"' >>/etc/xen/auto/auto.cfg
check xendomains-start systemctl restart xendomains
check guest xl domid auto
timeout 600 sh -c '( while sleep 5; do :; done ) | xl console auto' >/tmp/console 2>&1 &
for i in $(seq 600); do grep -q '(initramfs)' /tmp/console && break; sleep 1; done
check guest-console grep -q '(initramfs)' /tmp/console
id=$(xl domid auto); kill -9 "$(systemctl show -p MainPID --value xenstored)"
again() { [ "$(systemctl show -p NRestarts --value xenstored)" = 1 ]; }
for i in $(seq 60); do again && systemctl -q is-active xenstored && break; sleep 1; done
check store-again again
check store-serves sh -c 'systemctl is-active xenstored && xl list'
check guest-lives sh -c "[ $id = \$(xl domid auto) ] && systemctl is-active xendomains"
check completion bash -c '. /usr/share/bash-completion/completions/xl; complete -p xl'
check conflict sh -c 'dpkg -s xylem-tools | grep -q "^Conflicts:.*xen-utils-common"'
rm /etc/xen/auto/auto.cfg; xl destroy auto
check no-guest sh -c '! xl domid auto'
check failed-units sh -c '[ -z "$(systemctl --failed --plain --no-legend | grep -e xen)" ]'
if [ -d /sys/firmware/efi ]; then
    # The last boot: what a removal leaves.
    check purge sh -c 'dpkg --purge xylem-tools xylem-hypervisor xylem-doc'
    check nothing-left sh -c '! ls -d /boot/xen* /usr/sbin/xl /etc/xen /var/lib/xen /var/log/xen \
        /usr/lib/xylem /etc/default/grub.d/xylem.cfg /usr/share/doc/xylem-* 2>/dev/null'
    check menu sh -c '! grep -q xylem /boot/grub/grub.cfg'
fi
say end
sync; systemctl poweroff
"""


def _boot(context: Context, disk: Path, firmware: str) -> None:
    """Boot the installed disk; every line must be ok."""
    config = qemu.Config(memory=2048, firmware=firmware, chipset="q35", extra=debian.drive(disk))
    with qemu.Machine(config, context.new_log(), 1500) as machine:
        machine.expect(r"^@@debian: end")
        text = machine.text
        machine.wait_off(300)
    context.find(rf"^@@debian: firmware {firmware}$", text)
    context.find(r"^@@debian: ok guest-console$", text)
    failed = [line for line in text.splitlines() if line.startswith("@@debian: FAIL")]
    context.check(not failed, f"{firmware}: {'; '.join(failed)}")


@scenario("debian", long_only=True)
def debian_disk(context: Context) -> None:
    with tempfile.TemporaryDirectory(prefix="debian-", dir=BUILD) as folder:
        disk = debian.make_disk(Path(folder), _SCRIPT)
        debian.install(disk, context.new_log())
        _boot(context, disk, "bios")
        _boot(context, disk, "efi")
