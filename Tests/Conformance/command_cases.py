"""Cases about the command itself: statuses, streams, signals, endings, options."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from running import Failure, alive, descendants, expect, finish, run, start, wait_until

HELLO, PROCESSES = "go-freebsd/hello", "go-freebsd/processes"
C_HELLO = "c-freebsd/hello"


def one_line(text, what):
    lines = text.decode(errors="replace").splitlines()
    if len(lines) != 1 or not lines[0].strip():
        raise Failure(f"{what}: {len(lines)} lines of error output, expected one:\n" + "\n".join(lines))
    return lines[0]


def picorun(context, platform, *arguments, **options):
    return run(context.picorun(platform, *arguments), context.limit, cwd=context.scratch, **options)


# Statuses


def exit_statuses(context, platform):
    for status in (0, 1, 42, 255):
        for guest, arguments in ((HELLO, ["--status", str(status)]), (C_HELLO, ["status", str(status)]),
                                 ("go-linux/hello", ["--status", str(status)])):
            expect(picorun(context, platform, context.guest(guest), *arguments), status)


def killed_by_signal(context, platform):
    # FreeBSD's numbers: 9 KILL, 15 TERM, 6 ABRT, 30 USR1 and 12 SYS. Whoever reads the status is a Linux program: it is
    # 128 and the number that signal has there, as for the same program built for Linux.
    for number, host in ((9, 9), (15, 15), (6, 6), (30, 10), (12, 31)):
        result = picorun(context, platform, context.guest(C_HELLO), "signal", str(number))
        if result.status != 128 + host:
            raise Failure(f"signal {number}: status {result.status}, expected {128 + host}")


def not_found(context, platform):
    for program in ("./absent", "/absent/program", "absent-from-the-path"):
        result = picorun(context, platform, program)
        expect(result, 127, b"")
        one_line(result.err, program)


def not_runnable(context, platform):
    elf = pathlib.Path(context.guest(C_HELLO)).read_bytes()
    foreign, narrow = bytearray(elf), bytearray(elf)
    foreign[18:20] = (183).to_bytes(2, "little")  # e_machine: AArch64
    narrow[4] = 1  # ELFCLASS32
    interpreted = bytearray(pathlib.Path("/bin/true").read_bytes())
    interpreted = interpreted.replace(b"/lib64/ld-linux-x86-64.so.2\0", b"/lib64/absent-x86-64.so.2\0\0\0")
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        folder = pathlib.Path(name)
        images = {"text": b"only words\n", "empty": b"", "short": elf[:40], "cut": elf[:200], "foreign": bytes(foreign),
                  "narrow": bytes(narrow), "zeros": bytes(4096), "interpreted": bytes(interpreted)}
        for kind, image in images.items():
            (folder / kind).write_bytes(image)
            (folder / kind).chmod(0o755)
        (folder / "plain").write_bytes(elf)
        (folder / "plain").chmod(0o644)
        for program in [*images, "plain", "."]:
            result = picorun(context, platform, str(folder / program))
            if result.status != 126:
                raise Failure(f"{program}: status {result.status}, expected 126\n{result.err.decode(errors='replace')}")
            expect(result, 126, b"")
            one_line(result.err, program)


def wrong_use(context, platform):
    for arguments in (["--no-such-option", "x"], ["--platform=bogus", "x"], ["--personality=bogus", "x"], []):
        result = run([context.guest("picorun"), *arguments], context.limit)
        expect(result, 125, b"")
        if not result.err:
            raise Failure(f"{arguments}: no word about it")


def help_is_given(context, platform):
    for arguments in (["--help"], ["-h"]):
        result = run([context.guest("picorun"), *arguments], context.limit)
        expect(result, 0, err=b"")
        if b"--platform" not in result.out:
            raise Failure(f"{arguments}: no help")


def options_end(context, platform):
    result = picorun(context, platform, "--", context.guest(HELLO), "--", "--stats", "-e")
    if b"arguments: --|--stats|-e\n" not in result.out:
        raise Failure("what follows the program must reach it:\n" + result.out.decode(errors="replace"))


def found_by_path(context, platform):
    folder = os.path.dirname(context.guest(HELLO))
    environment = os.environ | {"PATH": folder + ":" + os.environ["PATH"]}
    result = run(context.picorun(platform, "hello", "x"), context.limit, env=environment, cwd=context.scratch)
    expect(result, 0)


# Streams, environment, folder


def streams(context, platform):
    text = bytes(range(256)) * 8192
    result = picorun(context, platform, context.guest(PROCESSES), "cat", input=text)
    expect(result, 0, text, b"")
    with open(os.devnull, "wb") as null:
        expect(picorun(context, platform, context.guest(HELLO), stdout=null), 0, err=b"hello, error output\n")


def daemons_close_streams(context, platform):
    # A daemon that has closed its streams lets whoever reads the program's output see its end.
    script = "busybox sleep 300 </dev/null >/dev/null 2>&1 & echo $!"
    process = start(context.picorun(platform, context.guest("busybox"), "sh", "-c", script), cwd=context.scratch)
    out, _ = process.communicate(timeout=20)
    os.kill(int(out), signal.SIGKILL)
    if process.returncode != 0:
        raise Failure(f"status {process.returncode}")


def closed_streams(context, platform):
    result = run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *context.picorun(platform, context.guest(C_HELLO), "status", "7")],
                 context.limit)
    expect(result, 7, b"", b"")


def nothing_on_stdout(context, platform):
    plain = picorun(context, platform, context.guest(HELLO), "x")
    for options in (["--stats"], ["-e", "trace=all"], ["--strict"], ["-r", "-T", "-e", "trace=write"]):
        result = picorun(context, platform, *options, context.guest(HELLO), "x")
        expect(result, 0, plain.out)


def environment_and_folder(context, platform):
    environment = {"PATH": "/bin", "ONE": "1", "TWO": "two words", "EMPTY": ""}
    with tempfile.TemporaryDirectory(dir=context.scratch) as folder:
        command = context.picorun(platform, context.guest(PROCESSES))
        result = run([*command, "environment"], context.limit, env=environment, cwd=folder)
        expect(result, 0, b"EMPTY=,ONE=1,PATH=/bin,TWO=two words\n")
        expect(run([*command, "where"], context.limit, cwd=folder), 0, f"{os.path.realpath(folder)} none\n".encode())


def many_arguments(context, platform):
    arguments = ["x" * 1000] * 200 + [""] + ["é 日本"]
    result = picorun(context, platform, context.guest(HELLO), *arguments)
    want = ("arguments: " + "|".join(arguments) + "\n").encode()
    if want not in result.out:
        raise Failure("long arguments did not arrive whole")


def any_bytes(context, platform):
    """Names and arguments are bytes: what is no UTF-8 arrives as it was given."""
    with tempfile.TemporaryDirectory(dir=context.scratch) as name:
        folder = os.fsencode(name) + b"/caf\xe9"
        os.mkdir(folder)
        shutil.copy(context.guest(HELLO), folder + b"/hello\xff")
        with open(folder + b"/script\xfe", "wb") as script:
            script.write(b"#!" + os.fsencode(context.guest("busybox")) + b" cat\nof \xe9\n")
        os.chmod(folder + b"/script\xfe", 0o755)
        command = [os.fsencode(word) for word in context.picorun(platform)]
        path = {"PATH": folder + b":/usr/bin:/bin"}
        for words, environment in (([folder + b"/hello\xff"], None), ([b"./hello\xff"], None), ([b"hello\xff"], path),
                                   ([b"/hello\xff"], {**os.environ, "PICORUN_ROOT": folder})):
            result = run([*command, *words, b"\xe9", b"\xf0\x9f", b"e\xcc\x81"], context.limit, cwd=folder, env=environment)
            expect(result, 0)
            if b"arguments: \xe9|\xf0\x9f|e\xcc\x81\n" not in result.out:
                raise Failure(f"{words}: changed arguments: {result.out!r}")
        expect(run([*command, b"./script\xfe"], context.limit, cwd=folder), 0,
               b"#!" + os.fsencode(context.guest("busybox")) + b" cat\nof \xe9\n")


# Signals and endings


def ready(context, platform, guest, *arguments):
    process = start(context.picorun(platform, context.guest(guest), *arguments), cwd=context.scratch)
    line = process.stdout.readline()
    if not line:
        finish(process, 1)
        raise Failure("ended before it was ready")
    return process, line


def forwarded_signals(context, platform):
    process, _ = ready(context, platform, PROCESSES, "handle", "30", "2", "15")
    for number, words in ((signal.SIGUSR1, b"got true false false\n"), (signal.SIGINT, b"got false true false\n"),
                          (signal.SIGTERM, b"got false false true\n")):
        process.send_signal(number)
        line = process.stdout.readline()
        if line != words:
            process.kill()
            raise Failure(f"sent {number.name}, the guest printed {line!r}")
    expect(finish(process, context.limit), 42)


def default_actions(context, platform):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        process, _ = ready(context, platform, PROCESSES, "wait")
        process.send_signal(number)
        expect(finish(process, 10), 128 + number)
    process, _ = ready(context, platform, PROCESSES, "wait")
    process.send_signal(signal.SIGQUIT)  # a Go program prints its stacks and ends with 2
    result = finish(process, 10)
    expect(result, 2)
    if b"goroutine" not in result.err:
        raise Failure("SIGQUIT gave no stacks")


def killed_supervisor(context, platform):
    for guest in (PROCESSES, "go-linux/processes"):
        process, _ = ready(context, platform, guest, "tree", "3")
        for _ in range(14):
            process.stdout.readline()  # "here", from each of 15 processes
        below = descendants(process.pid)
        if len(below) < 15:
            process.kill()
            raise Failure(f"only {len(below)} processes below picorun")
        process.kill()
        process.wait()
        if not wait_until(lambda: not alive(below), 1):
            left = alive(below)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            raise Failure(f"{len(left)} of {len(below)} processes outlived picorun by a second")
        process.stdout.close()
        process.stderr.close()


def killed_picoprocess(context, platform):
    for guest in (PROCESSES, "go-linux/processes"):
        process, line = ready(context, platform, guest, "announce")
        os.kill(int(line), signal.SIGKILL)
        expect(finish(process, 10), 137)


def many_at_once(context, platform):
    command = context.picorun(platform, context.guest(HELLO), "x")
    running = [start(command, cwd=context.scratch) for _ in range(20)]
    want = None
    for process in running:
        result = finish(process, context.limit)
        want = want or result.out
        expect(result, 0, want)


def descriptors_kept(context, platform):
    """What picorun itself has open must not reach the guest."""
    result = picorun(context, platform, context.guest("busybox"), "ls", "/proc/self/fd")
    native = run([context.guest("busybox"), "ls", "/proc/self/fd"], context.limit)
    expect(result, 0, native.out)


# Options


STATS = re.compile(r"calls: (\d+) total, (\d+) crossed, (\d+(?:\.\d+)?) % inside")


def stats(context, platform, floor=0, guest=HELLO):
    result = picorun(context, platform, "--stats", context.guest(guest))
    last = result.err.decode(errors="replace").splitlines()[-1:]
    match = STATS.fullmatch(last[0]) if last else None
    if not match:
        raise Failure(f"last line of error output: {last}")
    total, crossed, inside = int(match[1]), int(match[2]), float(match[3])
    if not 0 < total or crossed > total or abs(inside - 100 * (total - crossed) / total) > 1:
        raise Failure(f"these don't agree: {match[0]}")
    if inside < floor:
        raise Failure(f"{match[0]}: less than {floor} % inside")


def stats_share(context, platform):
    for guest in ("go-freebsd/stress", "go-freebsd/http"):
        stats(context, platform, 95, guest)


def own_memory(context, platform):
    """What the supervisor has for itself must not grow with the programs that were started."""
    script = "for i in 1 2 3 4; do n=0; while [ $n -lt 400 ]; do %s true; n=$((n+1)); done; echo; read go; done"
    sizes = sizes_of_supervisor(context, platform, script % (context.folder / "busybox"), 4, "RssAnon")
    # The first rounds fill pools; 40 KiB over the last 800 programs are 51 bytes each: no allocation stays.
    if sizes[3] - sizes[1] > 40:
        raise Failure(f"KiB of its own after 400, 800, 1200 and 1600 programs: {sizes}")


def shared_memory(context, platform):
    """Nor may what it shares with picoprocesses: crowd after crowd, each meets the memory of the one before."""
    script = "for i in 1 2 3 4 5 6; do n=0; while [ $n -lt 80 ]; do %s sleep 0.4 & n=$((n+1)); done; wait; echo; read go; done"
    sizes = sizes_of_supervisor(context, platform, script % (context.folder / "busybox"), 6, "RssShmem")
    # A crowd of 80 shares some 640 KiB if all meet; each untouched ones, they were 4,000 after six.
    if sizes[5] > sizes[0] + 1000:
        raise Failure(f"KiB shared after one to six crowds of 80: {sizes}")


def memory_of_a_crowd(context, platform):
    """What a crowd touched is the host's again when the crowd has gone and another program starts."""
    busybox = context.folder / "busybox"
    script = (f"echo; read go; n=0; p=; while [ $n -lt 400 ]; do {busybox} sleep 60 & p=\"$p $!\"; n=$((n+1)); done; {busybox} true;"
              f" echo; read go; kill $p; wait; sleep 0.3; {busybox} true; echo; read go")
    before, crowded, after = sizes_of_supervisor(context, platform, script, 3, "RssShmem")
    if crowded < before + 2000:
        raise Failure(f"a crowd of 400 shares {crowded} KiB, {before} before it: this cannot show anything")
    if after > before + 1300:  # the first 128 stay, with two pages each
        raise Failure(f"KiB shared: {before}, with a crowd of 400 {crowded}, after it {after}")


def memory_of_the_killed(context, platform):
    """Those that are killed give nothing back themselves: somebody has to."""
    busybox = context.folder / "busybox"
    script = (f"for i in 1 2 3 4 5 6; do n=0; p=; while [ $n -lt 80 ]; do {busybox} sleep 30 & p=\"$p $!\"; n=$((n+1)); done;"
              " sleep 0.5; kill -9 $p; wait; echo; read go; done 2>/dev/null")
    sizes = sizes_of_supervisor(context, platform, script, 6, "RssShmem")
    # Those of the dead are given back when 128 more are taken than live. Kept, they were 4,000 KiB after six.
    if sizes[5] > sizes[0] + 1500:
        raise Failure(f"KiB shared after one to six crowds of 80 that were killed: {sizes}")


def memory_of_the_unborn(context, platform):
    """A process that is killed while it makes another has taken room for that one already."""
    sizes = sizes_of_supervisor(context, platform, f"exec {context.guest('c-linux/unborn-glibc')}", 12, "RssShmem")
    # The dead ones' are given back when 128 are taken, of two pages each. Kept, they were 2,300 KiB and more after twelve.
    if sizes[-1] > sizes[0] + 1100:
        raise Failure(f"KiB shared after one to twelve times 150 processes that were killed at a fork: {sizes}")


def descriptors_of_the_killed(context, platform):
    """An image that was prepared for an exec is let go of when its process is killed before it."""
    program = f"exec {context.guest('c-linux/unborn-glibc')} exec"
    counts = sizes_of_supervisor(context, platform, program, 12, descriptors)
    if counts[-1] > counts[0] + 10:
        raise Failure(f"descriptors after one to twelve times 150 processes that were killed at an exec: {counts}")


def sizes_of_supervisor(context, platform, script, rounds, kind):
    """What picorun's own processes hold, each time that the guest shell has written a line: KiB of one of the `Rss`
    lines, or what a function counts."""
    guest = start([*context.picorun(platform), context.folder / "busybox", "sh", "-c", script],
                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sizes = []
    try:
        for _ in range(rounds):
            guest.stdout.readline()
            sizes.append(sum(kind(p) if callable(kind) else resident(p, kind)
                             for p in {guest.pid, *descendants(guest.pid)} if is_picorun(p)))
            guest.stdin.write(b"\n")
            guest.stdin.flush()
    finally:
        result = finish(guest, context.limit)
    expect(result, 0)
    return sizes


def is_picorun(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").endswith("/picorun")
    except OSError:
        return False


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid, kind):
    """One of the `Rss` lines, in KiB."""
    return int(re.search(rf"{kind}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def personality(context, platform):
    unmarked = context.guest("c-freebsd/hello-unmarked")
    want = picorun(context, platform, context.guest(C_HELLO))
    expect(picorun(context, platform, "--personality=freebsd", unmarked), 0, want.out)
    expect(picorun(context, platform, "--personality=linux", context.guest("go-linux/hello")), 0)
    # What such a program starts is what its own marks say.
    for program in (context.guest("go-linux/hello"), "/bin/true"):
        expect(picorun(context, platform, "--personality=freebsd", context.guest(PROCESSES), "run", program), 0)


def unknown_calls(context, platform):
    quiet = picorun(context, platform, context.guest(C_HELLO), "unknown-call", "0")
    expect(quiet, 0, err=b"")
    failed = picorun(context, platform, context.guest(C_HELLO), "unknown-call", "3")
    expect(failed, 3)
    if "9999" not in one_line(failed.err, "a program that failed after an unknown call"):
        raise Failure(f"the line doesn't name the call: {failed.err!r}")
    strict = picorun(context, platform, "--strict", context.guest(C_HELLO), "unknown-call", "0")
    expect(strict, 0, quiet.out)
    if b"9999" not in strict.err:
        raise Failure(f"--strict is silent about it: {strict.err!r}")


def crash_report(context, platform):
    crash = context.guest("c-freebsd/crash")
    quiet = picorun(context, platform, crash)
    expect(quiet, 139, b"", err=b"")
    told = picorun(context, platform, "--strict", crash)
    expect(told, 139, b"")
    text = told.err.decode()
    places = re.findall(r"(?:in|called from 0x[0-9a-f]+) (\w+)\+0x", text)
    if places[:6] != ["deepest", "middle", "middle", "middle", "outer", "main"]:
        raise Failure(f"the report doesn't name the callers: {places}\n{text}")
    if "SIGSEGV at 0x" not in text or "address 0x10," not in text:
        raise Failure(f"the report doesn't say what happened:\n{text}")
    nowhere = picorun(context, platform, "--strict", crash, "nowhere").err.decode()
    if not re.search(r"SIGSEGV at 0x20, address 0x20,", nowhere) or not re.search(r"called from 0x[0-9a-f]+ main\+0x", nowhere):
        raise Failure(f"a call to nowhere has no caller:\n{nowhere}")


def mixed_systems(context, platform):
    busybox, freebsd, linux = (context.guest(n) for n in ("busybox", C_HELLO, "go-linux/hello"))
    script = f"{freebsd} | {busybox} tr a-z A-Z; {freebsd} status 3 >/dev/null; echo $?; {linux} x | {busybox} head -n1"
    expect(picorun(context, platform, busybox, "sh", "-c", script), 0,
           b"HELLO, FREEBSD\nARGUMENTS: 0, ENVIRONMENT: GIVEN\n3\nhello, world\n")
    # And the other way round: a FreeBSD program starts Linux ones.
    expect(picorun(context, platform, context.guest(PROCESSES), "run", busybox, "sh", "-c", "cat; exit 5", input=b"through"),
           5, b"through")
    expect(picorun(context, platform, context.guest(PROCESSES), "run", busybox, "sh", "-c", f"{freebsd} signal 9; exit $?"), 137)


def shell_script(context, platform):
    script = r"""
      i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo "line $i"; done > numbers
      sort -r numbers | head -n 3; wc -l < numbers; grep -c 1 numbers
      mkdir -p a/b && cp numbers a/b/ && (cd a/b && md5sum numbers) && find a | sort && tar cf - a | tar tf - | wc -l
      trap 'echo caught' USR1; kill -USR1 $$; (exit 7); echo $?
      cat <<END | sed 's/o/0/g'
here-document
END
      sleep 5 & kill $!; wait $!; echo $?
      rm -r a numbers; ls | wc -l
    """
    busybox = context.guest("busybox")
    results = []
    for command in ([busybox], context.picorun(platform, busybox)):
        with tempfile.TemporaryDirectory(dir=context.scratch) as folder:
            results.append(run([*command, "sh", "-c", script], context.limit, cwd=folder))
    # Whether the shell still says "Terminated" of a job on standard error is a matter of moments.
    expect(results[1], results[0].status, results[0].out)


# Rewritten call sites

REWRITING = [f"c-linux/rewriting-{library}" for library in ("glibc", "musl")]


def rewriting_switch(context, platform):
    # Off, the program's own code is what it was; on, the program sees the jumps, but not under ptrace.
    changed = {"trap": b"changed\n", "ptrace": b"same\n"}[platform]
    for guest in REWRITING:
        expect(picorun(context, platform, "--no-rewrite", context.guest(guest), "checksum"), 0, b"same\n")
        expect(picorun(context, platform, context.guest(guest), "checksum"), 0, changed)


def rewriting_off(context, platform):
    if platform == "ptrace":
        return  # never on there: the programs' own cases are the same
    for guest in REWRITING:
        expect(picorun(context, platform, "--no-rewrite", context.guest(guest)), 0, context.oracle(guest).out)
    text = b"every signal finds the program's own code and registers\n0 failed\n"
    result = picorun(context, platform, "--no-rewrite", context.guest("c-freebsd/rewriting"))
    if result.status != 0 or not result.out.endswith(text):
        raise Failure(result.out.decode(errors="replace"))


def rewriting_counted(context, platform):
    for guest in (*REWRITING, "go-linux/files", "go-freebsd/files"):
        for options in ([], ["-e", "trace=none"]):
            result = picorun(context, platform, "--stats", *options, context.guest(guest))
            expect(result, 0)
            text = result.err.decode()
            sites = re.search(r"^picorun: call sites: \d+ trapped, (\d+) rewritten", text, re.M)
            calls = re.search(r"^picorun: (\d+) calls by trap, (\d+) by jump$", text, re.M)
            if not sites or not calls:
                raise Failure("no line says so:\n" + text)
            rewritten, traps, jumps = int(sites[1]), int(calls[1]), int(calls[2])
            # The hammers change code for a time: how often it traps meanwhile is a matter of the machine.
            few = 100 * rewritten if guest in REWRITING else traps
            if platform == "trap" and not jumps > few > 0:
                raise Failure(f"{guest}: {traps} calls by trap, {jumps} by jump at {rewritten} sites")


# Traces


def traced(context, platform, guest, *arguments, options=("-e", "trace=all")):
    with tempfile.TemporaryDirectory(dir=context.scratch) as folder:
        file = os.path.join(folder, "trace")
        result = picorun(context, platform, *options, "-o", file, context.guest(guest), *arguments)
        expect(result, 0)
        return pathlib.Path(file).read_text(errors="replace")


def find(pattern, text):
    if not re.search(pattern, text, re.M):
        raise Failure(f"no line matches {pattern}:\n" + "\n".join(text.splitlines()[-15:]))


def traces(context, platform):
    text = traced(context, platform, C_HELLO)
    find(r'write\(1, "hello, FreeBSD\\n", 15\)\s+= 15$', text)
    find(r"exit\(0\)", text)
    for system in ("freebsd", "linux"):
        text = traced(context, platform, f"go-{system}/files")
        find(r'open(at)?\(.*"[^"]*/absent", O_RDONLY\|O_CLOEXEC.*= -1 ENOENT', text)
        find(r"mmap\(.*PROT_READ\|PROT_WRITE, MAP_ANON(YMOUS)?\|MAP_PRIVATE|mmap\(.*MAP_PRIVATE\|MAP_ANON", text)
        find(r"(fstat|fstatat|newfstatat)\(.*st_mode=", text)
        text = traced(context, platform, f"go-{system}/files", options=("-e", "trace=mkdir,mkdirat"))
        others = [line for line in text.splitlines() if not re.search(r"mkdir(at)?\(|^\S*\s*(\+\+\+|---)", line)]
        if others or not text:
            raise Failure("-e trace=mkdir,mkdirat shows:\n" + "\n".join(others[:5]))


def trace_times(context, platform):
    call = r'write\(1, "hello'
    for options, pattern in ((["-t"], r"^(\d+ +)?\d\d:\d\d:\d\d " + call), (["-tt"], r"^(\d+ +)?\d\d:\d\d:\d\d\.\d{6} " + call),
                             (["-ttt"], r"^(\d+ +)?\d{9,}\.\d{6} " + call), (["-r"], r"^(\d+ +)? *\d+\.\d{6} " + call),
                             (["-T"], call + r".*<\d+\.\d{6}>$")):
        find(pattern, traced(context, platform, C_HELLO, options=[*options, "-e", "trace=write"]))


def trace_of_children(context, platform):
    text = traced(context, platform, PROCESSES, "run", context.guest(C_HELLO), options=("-e", "trace=write,execve"))
    find(r'write\(1, "hello, FreeBSD', text)
    pids = set(re.findall(r"^(\d+) ", text, re.M))
    if len(pids) < 2:
        raise Failure(f"lines of several processes begin with their numbers; seen: {sorted(pids)}")


CASES = {
    False: [exit_statuses, killed_by_signal, not_found, not_runnable, wrong_use, help_is_given, daemons_close_streams, options_end, found_by_path, streams,
            closed_streams, nothing_on_stdout, environment_and_folder, many_arguments, any_bytes, forwarded_signals, default_actions,
            descriptors_kept, own_memory, shared_memory, memory_of_a_crowd, memory_of_the_killed, memory_of_the_unborn,
            descriptors_of_the_killed, stats, stats_share, personality, unknown_calls, crash_report, mixed_systems, shell_script, traces,
            trace_times, trace_of_children, rewriting_switch, rewriting_off, rewriting_counted],
    True: [killed_supervisor, killed_picoprocess, many_at_once],
}


def cases():
    for alone, checks in CASES.items():
        for check in checks:
            yield "command/" + check.__name__.replace("_", "-"), check, alone
