"""Builds the guest programs, for the system they are written for and for Linux as the oracle."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "Tests" / "GuestPrograms"
BUILT = ROOT / ".build-guests"

GO = ["hello", "stress", "files", "network", "processes", "http"]

# A FreeBSD program made by the Swift toolchain's own clang and lld: no library, no header but the guests' own.
FREEBSD_C = [
    "--target=x86_64-unknown-freebsd14", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-builtin",
    "-fno-stack-protector", "-nostdlib", "-nostdlibinc", "-static", "-fuse-ld=lld", "-mno-avx",
]
# Callers are to be found by the unwind table alone.
EXTRA = {"crash": ["-fomit-frame-pointer", "-fasynchronous-unwind-tables", "-Wl,--eh-frame-hdr"]}
# musl has no headers of the kernel's of its own.
KERNEL_HEADERS = ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"]
LINUX_C = ["-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-static", "-pthread", "-mavx2"]


class BuildError(Exception):
    pass


def sources(folder, ending=".c"):
    """Names of the programs in a folder; what begins with an underscore is shared by them."""
    return sorted(p.stem for p in (SOURCES / folder).glob("*" + ending) if not p.name.startswith("_"))


def call(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def settings():
    """What scripts/env.sh exports."""
    text = call(["bash", "-c", "source scripts/env.sh && env -0"], cwd=ROOT)
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def outdated(target, inputs):
    return not target.exists() or any(p.stat().st_mtime > target.stat().st_mtime for p in inputs)


def build_go(environment):
    for system in ("linux", "freebsd"):
        folder = BUILT / f"go-{system}"
        folder.mkdir(parents=True, exist_ok=True)
        call([environment["PICORUN_GO"], "build", "-trimpath", "-o", f"{folder}/", *[f"./{name}" for name in GO]],
             cwd=SOURCES / "go", env=environment | {"GOOS": system, "GOARCH": "amd64"})


def build_c(environment):
    shared = list((SOURCES / "c").glob("_*")) + [pathlib.Path(__file__)]
    folder = BUILT / "c-freebsd"
    folder.mkdir(parents=True, exist_ok=True)
    runtime = SOURCES / "c" / "_start.c"
    for name in sources("c"):
        source = SOURCES / "c" / f"{name}.c"
        if outdated(folder / name, [source, *shared]):
            call([environment["PICORUN_CLANG"], *FREEBSD_C, *EXTRA.get(name, []), str(runtime), str(source), "-o",
                  str(folder / name)])
    # The same program without a mark of its system: nothing but the user can say what it is.
    unmarked = folder / "hello-unmarked"
    if outdated(unmarked, [SOURCES / "c" / "hello.c", *shared]):
        flags = [flag for flag in FREEBSD_C if not flag.startswith("--target")]
        call([environment["PICORUN_CLANG"], "--target=x86_64-unknown-none-elf", "-DUNMARKED", *flags, str(runtime),
              str(SOURCES / "c" / "hello.c"), "-o", str(unmarked)])


def build_linux_c():
    folder = BUILT / "c-linux"
    folder.mkdir(parents=True, exist_ok=True)
    shared = list((SOURCES / "linux-c").glob("_*")) + [pathlib.Path(__file__)]
    for name in sources("linux-c"):
        source = SOURCES / "linux-c" / f"{name}.c"
        # Two libraries, since each starts, makes threads and takes signals in its own way.
        for library, compiler in (("glibc", ["gcc"]), ("musl", ["musl-gcc", *KERNEL_HEADERS])):
            target = folder / f"{name}-{library}"
            if outdated(target, [source, *shared]):
                call([*compiler, *LINUX_C, str(source), "-o", str(target)])


def build():
    environment = os.environ | settings()
    build_go(environment)
    build_c(environment)
    build_linux_c()
