"""Whole programs of the distribution, and a Go HTTP server and client. Time is taken inside the subject, so its own
start is not in it."""

import pathlib
import shutil
import subprocess

from .subjects import BUILT

# Name: the tools it needs, and what bash runs. $BENCH_DIR/tree is a folder of files, made once.
WORK = {
    "find": (["find"], 'find tree -type f -size +1 >/dev/null'),
    "tar_create": (["tar"], 'tar cf made.tar tree'),
    "tar_extract": (["tar"], 'rm -rf out; mkdir out; tar xf in.tar -C out'),
    "gzip": (["gzip"], 'gzip -c text >text.gz'),
    "sqlite_inserts": (["sqlite3"], 'rm -f a.db*; sqlite3 a.db <inserts.sql'),
    "sqlite_bulk": (["sqlite3"], 'rm -f b.db*; sqlite3 b.db <bulk.sql >/dev/null'),
    "python_start": (["/usr/bin/python3"], 'for i in 1 2 3 4 5; do /usr/bin/python3 -c "import json, re, socket"; done'),
    "compile": (["gcc", "make"], 'make -s -C project clean; make -s -C project -j2'),
    "shell_loop": ([], 'for i in {1..100}; do /bin/true; done'),
    "git_status": (["git"], 'cd tree && git status --porcelain >/dev/null'),
}
GO = "go_http"
REDIS = {"redis_set": "set", "redis_get": "get"}
NAMES = [*WORK, *REDIS, GO]

REDIS_WORK = """
redis-server --port 6399 --save '' --appendonly no >/dev/null &
server=$!
until redis-cli -p 6399 ping 2>/dev/null | grep -q PONG; do sleep 0.1; done
redis-benchmark -p 6399 -q --csv -n 20000 -c 8 -t set,get
redis-cli -p 6399 shutdown nosave
wait $server
"""


def prepare(scratch):
    """What the work is done on: a tree of 1,500 files, 8 MB of text, SQL, a project of 60 C files."""
    base = pathlib.Path(scratch)
    words = "the quick brown fox jumps over the lazy dog while seven wizards box quietly".split()
    for folder in range(30):
        at = base / "tree" / f"part{folder}" / "inner"
        at.mkdir(parents=True)
        for number in range(50):
            line = " ".join(words[(folder * 7 + number * k) % len(words)] for k in range(1, 12))
            (at / f"file{number}.txt").write_text((line + f" {folder} {number}\n") * (10 + (folder * number) % 90))
    (base / "text").write_text("".join(
        " ".join(words[(i * k * k) % len(words)] for k in range(1, 12)) + f" {i * i % 9973}\n" for i in range(100_000)))
    rows = "\n".join(f"INSERT INTO t VALUES({i},'row {i}');" for i in range(500))
    (base / "inserts.sql").write_text(f"PRAGMA synchronous=OFF;CREATE TABLE t(a INTEGER PRIMARY KEY,b TEXT);\n{rows}\n")
    (base / "bulk.sql").write_text(
        "PRAGMA synchronous=OFF;CREATE TABLE t(a INTEGER PRIMARY KEY,b TEXT);"
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<100000) "
        "INSERT INTO t SELECT x,hex(x*7919) FROM c;CREATE INDEX i ON t(b);SELECT count(*) FROM t WHERE b>'3';\n")
    project = base / "project"
    project.mkdir()
    for number in range(60):
        (project / f"f{number}.c").write_text(
            "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
            f"int f{number}(int a, char *b) {{ int s = 0; for (int i = 0; i < a; i++) s += b[i] * {number};"
            f" printf(\"%d\", s); return s + (int)strlen(b); }}\n")
    (project / "Makefile").write_text(
        "objects := $(patsubst %.c,%.o,$(wildcard *.c))\nall: $(objects)\n%.o: %.c\n\tgcc -O1 -c $< -o $@\n"
        "clean:\n\trm -f *.o\n")
    subprocess.run(["tar", "cf", "in.tar", "tree"], cwd=base, check=True)
    if shutil.which("git"):
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        # The last one refreshes the index, which the first status would do otherwise.
        for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "files"], ["status", "-s"]):
            subprocess.run(["git", *words], cwd=base / "tree", check=True)


def samples(runner, subject, wanted, with_go):
    """One round: yields (name, nanoseconds), or (name, problem) as a string for what failed."""
    if with_go and wanted(GO) and (BUILT / subject.system / "load").exists():
        out, problem = runner.run(subject, [str(BUILT / subject.system / "load"), "-requests", "5000"])
        yield GO, problem or float(out.split()[-1])
    if subject.system != "linux":
        return
    for name, (tools, script) in WORK.items():
        if wanted(name) and all(shutil.which(tool) for tool in tools):
            timed = f"begin=${{EPOCHREALTIME/./}}; {{ {script}; }} && echo TIME $((${{EPOCHREALTIME/./}} - begin))"
            out, problem = runner.run(subject, ["/bin/bash", "-c", timed])
            yield name, problem or float(out.split("TIME ")[-1]) * 1e3
    if any(wanted(name) for name in REDIS) and shutil.which("redis-benchmark"):
        out, problem = runner.run(subject, ["/bin/bash", "-c", REDIS_WORK])
        if problem:
            yield "redis", problem
            return
        rates = {}
        for line in out.replace('"', "").lower().splitlines():
            cells = line.split(",")
            if cells[0] in REDIS.values():
                rates[cells[0]] = float(cells[1])
        for name, kind in REDIS.items():
            if wanted(name) and kind in rates:
                yield name, 1e9 / rates[kind]
