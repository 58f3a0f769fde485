"""Cases about `--root` and `--bind`: which of the host's files a guest sees, and under which names."""

import io
import os
import pathlib
import shutil
import tarfile
import tempfile

from command_cases import C_HELLO, HELLO, one_line
from running import Failure, expect, run

# Each line is run by the shell in the root, and prints what stands behind it.
LOOKS = [
    ("cat /etc/marker", "inside"),
    ("cat /absolute", "inside"),  # a link to /etc/marker
    ("cat /many/../absolute", "inside"),
    ("cat /climbing", "inside"),  # a link to ../../../etc/marker
    ("cat /../../etc/marker", "inside"),
    ("cat /folder/marker", "inside"),  # through a link to /etc
    ("cat < /folder/marker", "inside"),
    ("cd /folder; pwd -P; cat marker; cat ../absolute; cat ../../../absolute", "/etc inside inside inside"),
    ("cd /; pwd; cat etc/marker", "/ inside"),
    ("readlink /absolute", "/etc/marker"),
    ("readlink -f /folder/../absolute", "/etc/marker"),
    ("readlink /proc/self/exe; cd /etc; readlink /proc/self/cwd", "/bin/busybox /etc"),
    ("cat /missing/../etc/marker || echo no", "no"),
    ("cat /etc/marker/.. || echo no", "no"),
    ("cat /loop || echo no", "no"),
    ("cat '' || echo no", "no"),
    ("test -c /dev/null && echo device", "device"),
    ("test -e $OUTSIDE && cat $OUTSIDE", "outside"),
    ("cd ${OUTSIDE%/*}; cat outside; cat ../${OUTSIDE_FOLDER}/outside", "outside outside"),
    # What is made, is made inside where the root has the folder.
    ("echo new > /etc/new; cat /etc/new", "new"),
    ("mkdir /etc/deep; echo x > /folder/deep/x; mv /etc/deep/x /y; cat /y; rm /y; ls /etc/deep; rmdir /etc/deep", "x"),
    ("ln -s /etc/new /link; cat /link; readlink /link; rm /link", "new /etc/new"),
    ("echo through > /dangling; cat /etc/dangled; rm /etc/dangled", "through"),  # a link to /etc/dangled
    ("ln /etc/new /hard; cat /hard; rm /hard", "new"),
    ("chmod 600 /folder/new; stat -c %a /etc/new; rm /etc/new", "600"),
    ("test -L /absolute && test -f /absolute && echo both", "both"),
    ("ls -d /folder/.", "/folder/."),
    # Programs, and scripts with their interpreters.
    ("/script one 'two  words'", "/script: one two  words"),
    ("cd /etc; ../script one", "../script: one"),
    ("exec busybox echo done", "done"),
    ("/freebsd status 3 > /dev/null; echo $?", "3"),
]


def make_root(context, folder):
    root = folder / "root"
    os.chmod(folder, 0o755)
    for name in ("etc", "bin", "many", "tmp"):
        (root / name).mkdir(parents=True)
    os.chmod(root / "tmp", 0o1777)
    (root / "etc" / "marker").write_text("inside\n")
    for link, target in (("absolute", "/etc/marker"), ("climbing", "../../../etc/marker"), ("folder", "/etc"),
                         ("loop", "loop"), ("dangling", "/etc/dangled")):
        (root / link).symlink_to(target)
    shutil.copy(context.guest("busybox"), root / "bin" / "busybox")
    shutil.copy(context.guest(C_HELLO), root / "freebsd")
    (root / "script").write_text('#!/bin/busybox sh\nprintf "%s: " "$0"; echo "$@"\n')
    (root / "script").chmod(0o755)
    return root


def in_root(context, platform, folder, *arguments, **options):
    environment = os.environ | options.pop("env", {}) | {"PATH": "/bin", "LC_ALL": "C"}
    return run(context.picorun(platform, f"--root={folder / 'root'}", *arguments), context.limit, cwd=folder,
               env=environment, **options)


def looks(context, platform):
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        folder = pathlib.Path(name)
        make_root(context, folder)
        (folder / "outside").write_text("outside\n")
        script = "".join(f"{{ {line}; }} 2>/dev/null | busybox tr '\\n' ' '; echo\n" for line, _ in LOOKS)
        script = "for name in cat readlink ls rm mkdir mv rmdir ln chmod stat; do eval \"$name() { busybox $name \\\"\\$@\\\"; }\"; done\n" + script
        result = in_root(context, platform, folder, "/bin/busybox", "sh", "-c", script,
                         env={"OUTSIDE": str(folder / "outside"), "OUTSIDE_FOLDER": folder.name})
        got = result.out.decode(errors="replace").splitlines()
        wrong = [f"{line}\n  printed {said.strip()!r}, expected {want!r}"
                 for (line, want), said in zip(LOOKS, got) if said.strip() != want]
        if wrong or len(got) != len(LOOKS):
            raise Failure(f"{len(got)} of {len(LOOKS)} lines\n" + "\n".join(wrong) + result.err.decode(errors="replace"))
        left = sorted(p.name for p in (folder / "root" / "etc").iterdir())
        if left != ["marker"]:
            raise Failure(f"left in the root's /etc: {left}")


def binds(context, platform):
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        folder = pathlib.Path(name)
        make_root(context, folder)
        (folder / "shared").mkdir()
        (folder / "single").write_text("single\n")
        script = ("echo made > /srv/deep/made; cat /srv/deep/made; cat /srv/deep/../../etc/marker; cd /srv/deep; pwd; "
                  "cat ../../etc/marker; cat made; cat /etc/single; readlink -f /srv/deep/made")
        result = in_root(context, platform, folder, f"--bind={folder / 'shared'}:/srv/deep/",
                         f"--bind={folder / 'single'}:/etc/single", "/bin/busybox", "sh", "-c", script)
        expect(result, 0, b"made\ninside\n/srv/deep\ninside\nmade\nsingle\n/srv/deep/made\n")
        expect_text = (folder / "shared" / "made").read_text()
        if expect_text != "made\n":
            raise Failure(f"the host sees {expect_text!r}")


def wrong_views(context, platform):
    for option in ("--root=/absent", "--root=/etc/passwd", "--bind=/absent", "--bind=/etc:/../x"):
        result = run(context.picorun(platform, option, context.guest(HELLO)), context.limit)
        expect(result, 125, b"")
        one_line(result.err, option)


def interpreter_missing(context, platform):
    image = pathlib.Path("/bin/true").read_bytes()
    image = image.replace(b"/lib64/ld-linux-x86-64.so.2\0", b"/libexec/ld-elf.so.1\0".ljust(28, b"\0"))
    image = image[:7] + b"\x09" + image[8:]  # EI_OSABI: FreeBSD
    image = image.replace(b"GNU\0\0\0\0\0\x03", b"GNX\0\0\0\0\0\x03").replace(b"\x01\0\0\0GNU\0", b"\x01\0\0\0GNX\0")
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        program = pathlib.Path(name) / "dynamic"
        program.write_bytes(image)
        program.chmod(0o755)
        result = run(context.picorun(platform, str(program)), context.limit)
        expect(result, 126, b"")
        line = one_line(result.err, "dynamic")
        if "/libexec/ld-elf.so.1" not in line or "picorun rootfs import" not in line:
            raise Failure(line)


def guests_in_a_root(context, platform):
    """Whole programs that work on files see no difference inside a root."""
    for system in ("freebsd", "linux"):
        for program in ("files", "processes", "network"):
            with tempfile.TemporaryDirectory(dir="/tmp", prefix="r") as name:
                folder = pathlib.Path(name)
                make_root(context, folder)
                shutil.copy(context.guest(f"go-{system}/{program}"), folder / "root" / program)
                want = context.oracle(f"go-linux/{program}")
                result = in_root(context, platform, folder, f"/{program}", env={"TMPDIR": "/tmp"})
                expect(result, want.status, want.out)
                left = list((folder / "root" / "tmp").iterdir())
                if left:
                    raise Failure(f"go-{system}/{program} left {left}")


def changed_root(context, platform):
    """chroot(2) leaves the view for good: nothing of the host shows any more."""
    # Under ptrace the images' descriptors are opened through /proc, which a changed root seldom has.
    if os.geteuid() != 0 or platform == "ptrace":
        return
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        folder = pathlib.Path(name)
        root = make_root(context, folder)
        shutil.copytree(root, root / "inner", symlinks=True, dirs_exist_ok=False,
                        ignore=lambda _, names: {"inner"} & set(names))
        (root / "inner" / "etc" / "marker").write_text("deeper\n")
        script = "busybox chroot /inner /bin/busybox sh -c 'cat /absolute; /script x; busybox ls /; busybox test -e /dev/null || echo none'"
        script = script.replace("'cat", "'busybox cat")
        result = in_root(context, platform, folder, "/bin/busybox", "sh", "-c", script)
        names = "\n".join(sorted(p.name for p in (root / "inner").iterdir()))
        expect(result, 0, f"deeper\n/script: x\n{names}\nnone\n".encode())


def archive(path, *members):
    """A tar file of (name, type, content or target)."""
    with tarfile.open(path, "w:" + path.suffix.lstrip(".").replace("tar", "")) as out:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o4755
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                out.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content
                out.addfile(member)


def imported(context, folder, source):
    shutil.rmtree(folder / "out", ignore_errors=True)
    return run([context.guest("picorun"), "rootfs", "import", str(folder / source), str(folder / "out")], context.limit)


def rootfs_import(context, platform):
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        folder = pathlib.Path(name)
        busybox = pathlib.Path(context.guest("busybox")).read_bytes()
        whole = [("etc/marker", tarfile.REGTYPE, b"inside\n"), ("bin/busybox", tarfile.REGTYPE, busybox),
                 ("bin/cat", tarfile.LNKTYPE, "bin/busybox"), ("absolute", tarfile.SYMTYPE, "/etc/marker"),
                 ("dev/null", tarfile.CHRTYPE, "")]
        for source in ("base.tar", "base.gz", "base.xz", "base.bz2"):
            archive(folder / source, *whole)
            expect(imported(context, folder, source), 0)
            result = run(context.picorun(platform, f"--root={folder / 'out'}", "/bin/cat", "/absolute", "/etc/marker"), context.limit)
            expect(result, 0, b"inside\ninside\n")
            if (folder / "out/dev/null").exists() or (folder / "out/bin/busybox").stat().st_mode & 0o4000:
                raise Failure(f"{source}: a device, or a set-user-ID bit, was taken over")
        expect(run([context.guest("picorun"), "rootfs", "import", str(folder / source), str(folder / "out")], context.limit), 125, b"")
        # What leads out of the directory makes nothing outside it.
        evil = folder / "evil"
        for number, members in enumerate((
                [("../evil", tarfile.REGTYPE, b"x")], [("a/../../evil", tarfile.REGTYPE, b"x")],
                [("l", tarfile.SYMTYPE, str(folder)), ("l/evil", tarfile.REGTYPE, b"x")],
                [("l", tarfile.SYMTYPE, ".."), ("l/evil", tarfile.REGTYPE, b"x")],
                [("h", tarfile.LNKTYPE, "../base.tar")], [("h", tarfile.LNKTYPE, str(folder / "base.tar"))])):
            archive(folder / f"evil{number}.tar", *members)
            result = imported(context, folder, f"evil{number}.tar")
            expect(result, 125)
            one_line(result.err, f"evil archive {number}")
            if evil.exists() or (folder / "base.tar").stat().st_nlink != 1:
                raise Failure(f"archive {number} reached out of its directory")
        archive(folder / "rooted.tar", (str(evil), tarfile.REGTYPE, b"x"))
        expect(imported(context, folder, "rooted.tar"), 0)
        if evil.exists() or not (folder / ("out" + str(evil))).exists():
            raise Failure("an absolute name was not made one below the directory")
        for wrong in (["rootfs"], ["rootfs", "import", "--help"]):
            expect(run([context.guest("picorun"), *wrong], context.limit), 0)
        expect(run([context.guest("picorun"), "rootfs", "import", "/absent.tar", str(folder / "new")], context.limit), 125, b"")
        # The word is the command's only where it stands first, and alone.
        shutil.copy(context.guest(HELLO), folder / "rootfs")
        environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
        expect(run([context.guest("picorun"), "--", "rootfs", "x"], context.limit, env=environment), 0)


def cases():
    for check in (looks, binds, wrong_views, interpreter_missing, guests_in_a_root, changed_root, rootfs_import):
        yield f"view/{check.__name__.replace('_', '-')}", check, False
