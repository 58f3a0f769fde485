"""A suite of Go packages' tests: built for Linux and run natively, built for FreeBSD and run under picorun."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Conformance"))

import gotests  # noqa: E402
import guests  # noqa: E402


def arguments(parser):
    """What all such suites can be told."""
    parser.add_argument("--platform", choices=["trap", "ptrace"], default="trap")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="of the Go compiler at once (default: 1)")
    parser.add_argument("--limit", type=int, default=240, metavar="SECONDS", help="for one package's tests")
    parser.add_argument("--retries", type=int, default=2, metavar="N", help="more runs of a test that failed")
    parser.add_argument("--build-only", action="store_true", help="builds the test programs and runs nothing")
    parser.add_argument("--resume", action="store_true", help="leave out what ran since picorun was built")
    parser.add_argument("--fresh", action="store_true", help="run natively again as well")
    parser.add_argument("--picorun", type=pathlib.Path, default=guests.ROOT / ".build" / "release" / "picorun")


def read_lines(path):
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


class Expected:
    """Lines `platforms package test # reason`; `unsteady` after the test for one that passes now and then."""

    def __init__(self, path):
        self.reasons, self.unsteady = {}, set()
        for line in read_lines(path):
            head, _, reason = line.partition("#")
            platforms, package, test, *marks = head.split()
            for platform in platforms.split(","):
                key = (platform, package, test)
                self.reasons[key] = reason.strip()
                if "unsteady" in marks:
                    self.unsteady.add(key)


class Suite:
    def __init__(self, options, go, expected):
        self.options, self.root = options, guests.ROOT
        self.go, self.store = go, go.store
        self.expected = Expected(expected)
        self.picorun = options.picorun.resolve()
        prefix = [str(self.picorun), "--platform", options.platform, "--"]
        self.native = self.runner("linux", [], "native")
        self.guest = self.runner("freebsd", prefix, options.platform)
        self.passed = self.failed = 0

    def runner(self, system, prefix, name):
        return gotests.Runner(self.go, system, prefix, self.options.limit, self.options.retries,
                              self.store / "logs" / name)

    def kept(self, name, package):
        return self.store / "results" / name / f"{package}.json"

    def outcome(self, runner, system, name, package, since):
        """Runs a package's tests, or takes the result that is younger than `since`."""
        program = self.go.build(package, system)
        path = self.kept(name, package)
        if path.exists() and since and path.stat().st_mtime > since:
            return gotests.load(path)
        result = runner.run(program, package) if program else None
        gotests.save(path, result)
        return result

    def package(self, package):
        program = self.go.build(package, "linux")
        since = None if self.options.fresh else program.stat().st_mtime if program else 1
        native = self.outcome(self.native, "linux", "native", package, since)
        since = max(p.stat().st_mtime for p in (self.picorun, self.picorun.parent / "picostub"))
        guest = self.outcome(self.guest, "freebsd", self.options.platform, package,
                             since if self.options.resume else None)
        self.judge(package, native, guest)

    def judge(self, package, native, guest):
        platform = self.options.platform
        found = gotests.differences(package, native, guest)
        tests = guest.top() if guest else {}
        wrong = []
        for difference in found:
            if (platform, package, difference.test) not in self.expected.reasons:
                wrong.append(f"{difference.test}: {difference.native} on Linux, {difference.guest} on FreeBSD "
                             + " ".join(difference.details[:6]))
        for key in self.expected.reasons:
            if key[:2] == (platform, package) and tests.get(key[2]) == "PASS" and key not in self.expected.unsteady:
                wrong.append(f"{key[2]}: passes, and is listed as a known difference")
        wrong += guest.notes if guest else []
        passes = sum(result == "PASS" for result in tests.values())
        self.passed += passes
        self.failed += len(wrong)
        known = len(found) - sum("known" not in text for text in wrong) if wrong else len(found)
        print(f"{package:40} {sum(r == 'PASS' for r in native.top().values()) if native else '-':>5} {passes:>5}"
              f" {guest.seconds if guest else 0:7.1f} s" + (f"  known: {known}" if known > 0 else ""), flush=True)
        for text in wrong:
            print(f"  FAILED {package} {text}", flush=True)

    def run(self, packages):
        print(f"{'package':40} Linux FreeBSD under {self.options.platform}")
        for package in packages:
            try:
                if self.options.build_only:
                    for system in ("linux", "freebsd"):
                        self.go.build(package, system)
                    continue
                self.package(package)
            except RuntimeError as error:
                self.failed += 1
                print(f"FAILED {error}", flush=True)
