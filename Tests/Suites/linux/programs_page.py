"""Writes docs/compat/linux-programs.md out of the results that the suites keep."""

import json

import comparing

TITLES = {
    "cpython": "CPython's own tests (Debian's 3.11)", "git": "git", "redis": "Redis", "sqlite": "SQLite", "postgres": "PostgreSQL 15",
    "build": "C builds with make -j2", "compilers": "GCC, Clang, Rust", "node": "Node 20", "java": "Java 17", "scripting": "Perl, Tcl, bash",
    "luajit": "LuaJIT", "tools": "tar, find, rsync, openssl, gpg, ssh, nginx, curl",
}
HEAD = """# Real Linux programs

Written by `Tests/Suites/linux/run --report`; not by hand. The same work is done natively and under picorun on one machine,
and compared: exit status and both outputs of a case, or the result of each test of CPython's modules. A case that cannot
run natively is not in the table. Results are kept from run to run, so they may be of several builds.

| suite | platform | cases | results compared | differ | of them unexplained |
|---|---|--:|--:|--:|--:|
"""


def results():
    for suite in TITLES:
        for platform in ("trap", "ptrace"):
            path = comparing.STORE / f"{suite}.{platform}.json"
            if path.exists():
                yield suite, platform, json.loads(path.read_text())


def slow(kept):
    return {case: kept[case]["guest"] / kept[case]["native"] for case in kept
            if kept[case]["native"] >= comparing.LONG and kept[case]["guest"] > comparing.SLOW * kept[case]["native"]}


def write(path):
    expected = comparing.Expected()
    table, differing, slower = [], [], []
    for suite, platform, kept in results():
        parts = [(case, name, kept[case]["parts"][name]) for case in sorted(kept) for name in sorted(kept[case]["parts"])]
        causes = [expected.causes.get((platform, suite, name)) for _, name, _ in parts]
        compared = sum(case["counted"] for case in kept.values())
        table.append(f"| {TITLES[suite]} | {platform} | {len(kept)} | {compared} | {len(parts)} | {causes.count(None)} |")
        for (case, name, text), cause in zip(parts, causes):
            first = text.splitlines()[0] if text else ""
            differing.append(f"| {suite} | {platform} | {name} | {first.replace('|', '/')[:100]} | {cause or '**not explained**'} |")
        for case, ratio in sorted(slow(kept).items(), key=lambda item: -item[1])[:12]:
            slower.append(f"| {suite} | {platform} | {case} | {kept[case]['native']:.1f} | {kept[case]['guest']:.1f} | {ratio:.2f} |")
    text = HEAD + "\n".join(table) + "\n"
    text += "\n## Differences\n\n"
    text += "| suite | platform | case | what differs | cause |\n|---|---|---|---|---|\n" + "\n".join(differing) + "\n" if differing else "None.\n"
    text += f"\n## Slower than {comparing.SLOW} times native\n\nElapsed seconds of single runs of at least {comparing.LONG} s on a machine with other work; "
    text += "the twelve slowest of a suite.\n"
    text += "Measurements are bench/'s. Code made at run time is not rewritten, so a call from it traps each time (`--stats`).\n\n"
    text += "| suite | platform | case | native | picorun | ratio |\n|---|---|---|--:|--:|--:|\n" + "\n".join(slower) + "\n" if slower else "None.\n"
    path.write_text(text)
