# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages that are unpacked under build/cache and never installed."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from pathlib import Path

from .paths import CACHE, Trouble, run

_updated = False


def _depends(name: str) -> list[str]:
    return re.findall(r"^\s+\|?Depends: ([^<\s]+)", run(["apt-cache", "depends", name]), re.M)


def _update_once() -> None:
    """Refresh apt's lists: a fresh machine has none, an old one names gone versions."""
    global _updated
    if _updated:
        return
    _updated = True
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    run([*prefix, "apt-get", "-q", "update"], what="apt-get update")


def _real_name(name: str) -> str:
    """A kernel metapackage names the versioned package that holds the kernel."""
    if not re.fullmatch(r"linux-image-(cloud-)?amd64", name):
        return name
    for dependency in _depends(name):
        if dependency.startswith("linux-image-"):
            return dependency
    raise Trouble(f"package {name} names no kernel package: run 'apt-get update'")


def _download(name: str, into: Path) -> Path:
    real = _real_name(name)
    run(["apt-get", "-q", "download", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3",
         real], cwd=into, what=f"download of package {real}")
    debs = list(into.glob("*.deb"))
    if len(debs) != 1:
        raise Trouble(f"download of package {real} left {len(debs)} files in {into}")
    return debs[0]


def cached(name: str) -> bool:
    """Is the package unpacked already?"""
    return (CACHE / "packages" / name).is_dir()


def fetch(name: str) -> Path:
    """The folder with package NAME's files; downloaded and unpacked if it is not there yet."""
    folder = CACHE / "packages" / name
    CACHE.joinpath("packages").mkdir(parents=True, exist_ok=True)
    with open(CACHE / "packages" / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        part = folder.with_name(name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            deb = _download(name, part)
        except Trouble:
            _update_once()
            deb = _download(name, part)
        run(["dpkg", "-x", str(deb), str(part / "root")], what=f"unpacking {deb.name}")
        (part / "root").rename(folder)
        (folder / ".package").write_text(deb.name + "\n")
        shutil.rmtree(part)
    return folder


def version(name: str) -> str:
    """File name of the package as downloaded, which holds its version."""
    return (fetch(name) / ".package").read_text().strip()


def library_packages(names: list[str]) -> list[str]:
    """The library packages that the packages NAMES need, directly or through one another."""
    listing = run(["apt-cache", "depends", "--recurse", "--important", *names])
    edges: dict[str, list[str]] = {}
    for line in listing.splitlines():
        if not line.startswith(" "):
            package = edges.setdefault(line.strip(), [])
        elif "Depends: " in line and "<" not in line:
            package.append(line.split()[-1])
    found: set[str] = set()
    todo = list(names)
    while todo:
        for dependency in edges.get(todo.pop(), []):
            if dependency.startswith(("lib", "zlib")) and dependency not in found:
                found.add(dependency)
                todo.append(dependency)
    return sorted(found)


def kernel(name: str) -> Path:
    """The vmlinuz of a kernel package, as the package ships it."""
    files = sorted(fetch(name).glob("boot/vmlinuz-*"))
    if not files:
        raise Trouble(f"package {name} holds no boot/vmlinuz-*: remove {fetch(name)}, try again")
    return files[-1]


def hypervisor() -> Path:
    """Debian's own Xen, the peer for comparison."""
    return sorted(fetch("xen-hypervisor-4.17-amd64").glob("boot/xen-*-amd64.gz"))[-1]


def busybox() -> Path:
    """A statically linked busybox."""
    return fetch("busybox-static") / "bin" / "busybox"
