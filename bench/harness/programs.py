"""Builds the benchmark programs: C for both systems, Go for both systems."""

import os
import pathlib
import shutil
import subprocess

from .subjects import BUILT, HERE, ROOT

LINUX = ["gcc", "-O2", "-Wall", "-D_GNU_SOURCE", "-static", "-pthread"]


def compiler_for_freebsd():
    """The Swift toolchain's own clang: it comes with lld and knows the target."""
    if named := os.environ.get("PICORUN_CLANG"):
        return named
    swift = shutil.which("swift")
    beside = pathlib.Path(swift).resolve().parent / "clang" if swift else None
    return str(beside) if beside and beside.exists() else "clang"


def build_c():
    freebsd = [compiler_for_freebsd(), "--target=x86_64-unknown-freebsd14", "-O2", "-Wall", "-Wno-unused-function",
               "-ffreestanding", "-fno-stack-protector", "-nostdlib", "-nostdinc", "-static", "-fuse-ld=lld"]
    for system, command in {"linux": LINUX, "freebsd": freebsd}.items():
        folder = BUILT / system
        folder.mkdir(parents=True, exist_ok=True)
        newest = max(header.stat().st_mtime for header in (HERE / system).glob("*.h"))
        for source in sorted((HERE / system).glob("*.c")):
            target = folder / source.stem
            if not target.exists() or target.stat().st_mtime < max(newest, source.stat().st_mtime):
                subprocess.run([*command, str(source), "-o", str(target)], check=True)


def build_go():
    """The HTTP load for both systems; False when there is no Go tool chain (scripts/setup fetches it)."""
    text = subprocess.run(["bash", "-c", "source scripts/env.sh && env -0"], cwd=ROOT, check=True,
                          capture_output=True, text=True).stdout
    environment = dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)
    go = environment["PICORUN_GO"]
    if not os.access(go, os.X_OK):
        return False
    for system in ("linux", "freebsd"):
        subprocess.run([go, "build", "-trimpath", "-o", str(BUILT / system / "load"), "."], cwd=HERE / "go" / "load",
                       env=environment | {"GOOS": system, "GOARCH": "amd64"}, check=True)
    return True
