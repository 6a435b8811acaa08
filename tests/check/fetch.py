# SPDX-License-Identifier: GPL-2.0-only
"""Check tools/imports/fetch against an archive of our own making, with apt replaced by a script."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Iterator

FETCH = Path(__file__).resolve().parents[2] / "tools/imports/fetch"

# Knows two versions made from one upstream tarball, and keeps the tarball for those of $HAVE only.
APT = """#!/bin/sh
last() { shift $(($# - 1)); echo "$1"; }
case "$(basename "$0") $*" in
*showsrc*)
    printf 'Package: thing\\nVersion: 1.0-5\\n\\nPackage: thing\\nVersion: 1.0-5+deb12u1\\n' ;;
*' source '*)
    version=$(last "$@")
    case " $HAVE " in
    *" ${version#thing=} "*) cp "$TARBALL" . ;;
    *) echo 'E: Failed to fetch some archives.' >&2; exit 100 ;;
    esac ;;
esac
"""


def _tarball(path: Path) -> str:
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("thing-1.0/file")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"hello"))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fetch(folder: Path, have: str, pinned: str | None = None) -> str:
    """Fetch with an archive that has the tarball for the versions HAVE: the error, "" if none."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for program in ("apt-get", "apt-cache"):
        (programs / program).write_text(APT)
        (programs / program).chmod(0o755)
    tarball = folder / "thing_1.0.orig.tar.gz"
    digest = _tarball(tarball)
    done = subprocess.run([str(FETCH), "thing", "1.0", pinned or digest, "--out", folder / "out",
                           "--cache", folder / "cache", "--apt", folder / "apt"],
                          env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}",
                               "HAVE": have, "TARBALL": str(tarball)},
                          text=True, capture_output=True, check=False)
    if done.returncode != 0:
        return done.stderr.strip() or "no message"
    return "" if (folder / "out/file").read_text() == "hello" else "the file has other content"


def findings() -> Iterator[tuple[str, str]]:
    """What is wrong with the fetcher of pinned sources."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        for case, have in (("both", "1.0-5 1.0-5+deb12u1"), ("the_newer", "1.0-5+deb12u1"),
                           ("the_older", "1.0-5")):
            if error := _fetch(top / case, have):
                yield "tools/imports/fetch", f"{case} version has the tarball: {error}"
        error = _fetch(top / "none", "")
        if "thing=1.0-5+deb12u1" not in error or "reachable" not in error:
            yield "tools/imports/fetch", f"no version has the tarball, it says: {error!r}"
        if "do not build from it" not in (error := _fetch(top / "other", "1.0-5", "0" * 64)):
            yield "tools/imports/fetch", f"the tarball is another, it says: {error!r}"
