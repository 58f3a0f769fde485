"""Writes what go-std found as a page of documentation."""

import gotests

HEAD = """# Go's standard library tests

Written by `Tests/Suites/go-std --report`; not by hand. Go {version}, amd64, without cgo, in short mode (`-test.short`).
The tests of each package of `go list std`, built for Linux and run natively, and built for FreeBSD and run under
picorun on the same Linux machine. Counted are top-level tests, examples and fuzz seeds. A test that a system does not
have, or that skips itself there, is no difference; one that passes on Linux and fails or hangs on FreeBSD is.
"""


def collect(suite, packages, platform):
    """(package, native outcome, guest outcome) of everything that was run."""
    for package in packages:
        guest = suite.kept(platform, package)
        native = suite.kept("native", package)
        if guest.exists() and native.exists():
            yield package, gotests.load(native), gotests.load(guest)


def count(outcome, result):
    return sum(r == result for r in outcome.top().values()) if outcome else 0


def section(suite, packages, platform, lines):
    rows = list(collect(suite, packages, platform))
    if not rows:
        return
    table, found, repeated = [], [], []
    totals = [0] * 5
    for package, native, guest in rows:
        different = gotests.differences(package, native, guest)
        found += different
        if guest:
            repeated += [f"`{package}` {name}" for name in guest.repeated]
        numbers = [count(native, "PASS"), count(native, "SKIP"), count(guest, "PASS"), count(guest, "SKIP"),
                   len(different)]
        totals = [a + b for a, b in zip(totals, numbers)]
        names = ", ".join(d.test for d in different)
        cells = [package] + [str(n) for n in numbers[:4]] + [names]
        if native is None:
            cells[1] = cells[2] = "-"
        if guest is None:
            cells[3] = cells[4] = "-"
        table.append("| " + " | ".join(cells) + " |")
    lines += [f"\n## Platform {platform}\n",
              f"{len(rows)} packages; passed on Linux {totals[0]} (skipped {totals[1]}), "
              f"passed on FreeBSD under picorun {totals[2]} (skipped {totals[3]}), differences {totals[4]}.\n"]
    if found:
        lines += ["### Differences\n", "| package | test | on FreeBSD | cause |", "|---|---|---|---|"]
        for d in found:
            reason = suite.expected.reasons.get((platform, d.package, d.test), "not known yet")
            lines.append(f"| {d.package} | {d.test} | {'fails' if d.guest == 'FAIL' else 'no result'} | {reason} |")
        lines.append("")
    if repeated:
        lines += ["Passed only when run again by themselves: " + ", ".join(repeated) + ".\n"]
    lines += ["### Packages\n", "| package | Linux passed | skipped | FreeBSD passed | skipped | differences |",
              "|---|--:|--:|--:|--:|---|", *table]


def write(path, suite, packages):
    lines = [HEAD.format(version=suite.go.version.removeprefix("go"))]
    for platform in ("trap", "ptrace"):
        section(suite, packages, platform, lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
