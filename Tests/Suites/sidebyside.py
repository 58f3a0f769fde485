"""What the suites that run other people's tests share: a test runs natively, then under picorun, and must do as well."""

import os
import pathlib
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
APART = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--ipc", "--uts", "--net", "--", "sh", "-c",
         'ip link set lo up; "$@"; exit $?', "sh"]


def arguments(parser):
    """Adds the options that all of these suites have."""
    parser.add_argument("--platform", choices=["trap", "ptrace"], default="trap")
    parser.add_argument("--picorun", type=pathlib.Path, default=ROOT / ".build/release/picorun")
    parser.add_argument("--seconds", type=float, default=60, help="for one test (60)")
    parser.add_argument("--native", action="store_true", help="only say what happens natively")
    parser.add_argument("--match", default="", help="only tests whose name contains it")
    parser.add_argument("--verbose", action="store_true", help="print what tests print that differ")


def cache(name):
    """A folder for what is fetched and built, outside the sources."""
    folder = ROOT / ".cache/suites" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def launcher(options):
    return [str(options.picorun.resolve()), f"--platform={options.platform}", "--personality", "linux"]


def execute(command, seconds, cwd=None, apart=False, environment=None):
    """(exit status, what it printed); the status is None when it took too long, 128 + n for signal n, as picorun's is."""
    words = (APART if apart and os.geteuid() == 0 else []) + [str(word) for word in command]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(["env", "--default-signal", *words], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, cwd=cwd, env=environment, start_new_session=True)
        try:
            status = process.wait(seconds)
            status = status if status >= 0 else 128 - status
        except subprocess.TimeoutExpired:
            status = None
        try:
            os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind
        except ProcessLookupError:
            pass
        process.wait()
        out.seek(0)
        return status, out.read(4 << 20).decode(errors="replace")


class Tally:
    """Counts, and says what differs; `same(native, picorun)` returns None or a line about the difference."""

    def __init__(self, options):
        self.options, self.passed, self.failed, self.skipped = options, 0, 0, 0

    def note(self, name, native, picorun, difference):
        if difference is None:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {name}: {difference}", flush=True)
        if self.options.verbose:
            print("--- native\n" + native[1][-3000:] + "\n--- picorun\n" + picorun[1][-3000:], flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed"
              + (f" ({self.skipped} left out: they do not pass natively)" if self.skipped else ""))
        return 1 if self.failed else 0
