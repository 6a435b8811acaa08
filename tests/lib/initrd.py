# SPDX-License-Identifier: GPL-2.0-only
"""Initrds of dom0 and of the stock guest: busybox, kernel modules, tools."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from . import packages
from .cpio import Archive
from .paths import BUILD, TOOLS, Trouble, config, run

HERE = Path(__file__).resolve().parent
DOM0_EARLY = ["xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-privcmd", "xenfs"]
DOM0_LATER = ["ahci", "sd_mod", "virtio_pci", "virtio_blk", "virtio_net", "e1000", "e1000e",
              "loop", "brd", "bridge", "veth", "tun", "xen-blkback", "xen-netback", "xen-blkfront",
              "ext4", "efivarfs"]
DOMU_LATER = ["xen-blkfront", "xen-netfront", "xen-evtchn", "crc32c_generic", "ext4"]
PROGRAMS = ["xl", "xenstored", "xenconsoled", "xen-init-dom0"]
DEBIAN_BIN = "usr/lib/xen-4.17/bin"


def _module_files(tree: Path) -> dict[str, Path]:
    return {p.stem.replace("-", "_"): p for p in tree.glob("lib/modules/*/kernel/**/*.ko")}


def _needs(module: Path) -> list[str]:
    match = re.search(rb"\0depends=([^\0]*)\0", b"\0" + module.read_bytes())
    return [n for n in match.group(1).decode().replace("-", "_").split(",") if n] if match else []


def add_modules(archive: Archive, tree: Path, wanted: list[str]) -> str:
    """Put modules and what they need into ARCHIVE, with modules.dep; gives the kernel's release."""
    files = _module_files(tree)
    release = next(tree.glob("lib/modules/*")).name
    base = f"lib/modules/{release}"
    todo = [name.replace("-", "_") for name in wanted]
    deps: dict[str, list[str]] = {}
    while todo:
        name = todo.pop()
        if name in deps or name not in files:      # not a file: built into the kernel
            continue
        deps[name] = _needs(files[name])
        todo += deps[name]
        archive.file(f"{base}/{files[name].name}", files[name], 0o644)

    def closure(name: str) -> list[str]:
        """All that NAME needs, so that loading from last to first works."""
        order: list[str] = []

        def visit(module: str) -> None:
            for need in deps.get(module, []):
                if need in deps and need not in order:
                    visit(need)
                    order.append(need)

        visit(name)
        return order[::-1]

    lines = [f"{files[n].name}: {' '.join(files[d].name for d in closure(n))}".rstrip()
             for n in sorted(deps)]
    archive.text(f"{base}/modules.dep", "\n".join(lines) + "\n")
    for empty in ("modules.alias", "modules.symbols", "modules.builtin"):
        archive.text(f"{base}/{empty}", "")
    return release


def one_module(name: str) -> list[tuple[Path, str]]:
    """A module that is not in dom0's initrd and what it needs, as further files for that:
    /modules/NAME.ko, in the order of loading."""
    files = _module_files(packages.fetch("linux-image-amd64"))
    needs = [pair for need in _needs(files[name]) for pair in one_module(need)]
    return needs + [(files[name], f"/modules/{name}.ko")]


def _add_busybox(archive: Archive) -> None:
    box = packages.busybox()
    archive.file("bin/busybox", box, 0o755)
    for applet in run([str(box), "--list-full"]).split():
        if applet not in archive and applet != "bin/busybox":
            archive.link(applet, "/bin/busybox")
    for name in ("reboot", "halt", "poweroff"):
        archive.text(f"sbin/{name}", f"#!/bin/sh\nexec /bin/busybox {name} -f\n", 0o755)
    for folder in ("proc", "sys", "dev", "run", "tmp", "root", "etc"):
        archive.folder(folder)
    archive.device("dev/console", 5, 1)


def library_folders(programs: str = "PEER_PACKAGES") -> dict[str, Path]:
    """Soname to file, from the libraries that the packages need which Config.mk names so."""
    found: dict[str, Path] = {}
    for name in packages.library_packages(config(programs)) + ["libgcc-s1"]:
        for folder in ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"):
            for path in sorted((packages.fetch(name) / folder).glob("*.so*")):
                found.setdefault(path.name, path)
    return found


def dynamic_files(path: str, program: Path, libs: dict[str, Path]) -> list[tuple[Path, str]]:
    """A dynamically linked program with the libraries it needs, and where they are to go."""
    files = {path: program}
    todo = [program]
    while todo:
        listing = run(["objdump", "-p", str(todo.pop())])
        for soname in re.findall(r"NEEDED\s+(\S+)", listing):
            target = f"lib/x86_64-linux-gnu/{soname}"
            if target in files:
                continue
            if soname not in libs:
                raise Trouble(f"no package holds {soname}, which {program} needs")
            files[target] = libs[soname].resolve()
            todo.append(files[target])
    return [(file, target) for target, file in files.items()]


def add_dynamic(archive: Archive, path: str, program: Path, libs: dict[str, Path]) -> None:
    """The same, into ARCHIVE."""
    for file, target in dynamic_files(path, program, libs):
        if target == path or target not in archive:
            archive.file(target, file, 0o755)


def _add_debian(archive: Archive, programs: list[str]) -> None:
    """Debian's store clients, and those of its own tools that are asked for."""
    libs = library_folders()
    libc = packages.fetch("libc6")
    loader = next(p for p in libc.glob("lib*/**/ld-linux-x86-64.so.2"))
    archive.file("lib64/ld-linux-x86-64.so.2", loader.resolve(), 0o755)
    archive.file("lib/x86_64-linux-gnu/libgcc_s.so.1", libs["libgcc_s.so.1"].resolve(), 0o755)
    store = packages.fetch("xenstore-utils") / "usr/bin"
    add_dynamic(archive, "usr/bin/xenstore", store / "xenstore", libs)
    for client in sorted(store.glob("xenstore-*")):
        if client.name != "xenstore-control":
            archive.link(f"usr/bin/{client.name}", "xenstore")
    utils = packages.fetch("xen-utils-4.17") / DEBIAN_BIN
    for name in [*PROGRAMS, "xenconsole", "libxl-save-helper", "lsevtchn", "xenstore-control"]:
        add_dynamic(archive, f"{DEBIAN_BIN}/{name}", utils / name, libs)
    for name in programs:
        archive.link(f"usr/sbin/{name}", f"/{DEBIAN_BIN}/{name}")
    common = packages.fetch("xen-utils-common")
    archive.tree("etc/xen/scripts", common / "etc/xen/scripts")
    archive.text("etc/xen/xl.conf", "")


def _add_xylem(archive: Archive, programs: list[str]) -> None:
    """All of our programs under /usr/sbin, except those that are asked to be Debian's."""
    for name in programs:
        if not (TOOLS / name).exists():
            raise Trouble(f"{TOOLS / name} is missing: run 'make tools', or take Debian's "
                          f"with --tools xylem,{name}=debian")
    for program in sorted(TOOLS.iterdir()):
        if program.name in programs or program.name not in PROGRAMS:
            archive.file(f"usr/sbin/{program.name}", program, 0o755)


def parse_tools(spec: str) -> dict[str, str]:
    """'xylem', 'debian' or e.g. 'xylem,xenstored=debian': who makes each program."""
    default, *changes = spec.split(",")
    chosen = {name: default for name in PROGRAMS}
    for change in changes:
        name, _, who = change.partition("=")
        if name not in chosen:
            raise Trouble(f"--tools: no program {name!r}; there are {', '.join(PROGRAMS)}")
        chosen[name] = who
    for name, who in chosen.items():
        if who not in ("xylem", "debian"):
            raise Trouble(f"--tools: {name} from {who!r}: say xylem or debian")
    return chosen


def domu(kernel: str = "linux-image-cloud-amd64") -> Path:
    """Initrd of the stock guest, for the kernel of a package: a marker, then what run= asks."""
    archive = Archive()
    _add_busybox(archive)
    add_modules(archive, packages.fetch(kernel), DOMU_LATER)
    archive.file("init", HERE / "domu-init", 0o755)
    return archive.save(BUILD / "images" / f"{kernel.replace('linux-image', 'domu-initrd')}")


def dom0(tools: str) -> Path:
    """Initrd of dom0 with TOOLS (see parse_tools) and the stock guest's kernel and initrd."""
    chosen = parse_tools(tools)
    archive = Archive()
    _add_busybox(archive)
    release = add_modules(archive, packages.fetch("linux-image-amd64"), DOM0_EARLY + DOM0_LATER)
    archive.text("etc/modules-early", "\n".join(
        f"/lib/modules/{release}/{name}.ko" for name in DOM0_EARLY) + "\n")
    _add_debian(archive, [p for p, who in chosen.items() if who == "debian"])
    if "xylem" in chosen.values():
        _add_xylem(archive, [p for p, who in chosen.items() if who == "xylem"])
    for folder in ("proc/xen", "run/xen", "run/xenstored", "var/lib/xen", "var/lib/xenstored",
                   "var/log/xen/console", "var/lock", "etc/xen", "lab"):
        archive.folder(folder)
    archive.link("var/run", "/run")
    archive.file("boot/domu-vmlinuz", packages.kernel("linux-image-cloud-amd64"), 0o644)
    archive.file("boot/domu-initrd", domu(), 0o644)
    archive.file("etc/xen/guest.cfg", HERE / "guest.cfg", 0o644)
    archive.file("init", HERE / "dom0-init", 0o755)
    name = hashlib.sha256(tools.encode()).hexdigest()[:8]
    return archive.save(BUILD / "images" / f"dom0-initrd-{name}")
