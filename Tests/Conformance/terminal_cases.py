"""Cases at a terminal: keys that make signals, job control, the guest's own use of the terminal."""

import os
import pty
import re
import select
import signal
import subprocess
import time

from running import Failure, alive, descendants

PROMPT = b"ready> "


class Terminal:
    """An interactive shell, bash unless another is named, on a terminal of its own."""

    def __init__(self, context, shell=("bash", "--norc", "--noprofile", "-i")):
        self.limit = min(context.limit, 20)
        self.seen = b""
        self.master, slave = pty.openpty()
        environment = os.environ | {"PS1": PROMPT.decode(), "TERM": "dumb", "HISTFILE": ""}
        # A session of its own whose controlling terminal is the slave: setsid -c makes it so.
        self.shell = subprocess.Popen(["setsid", "-c", "env", "--default-signal", *shell],
                                      stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=context.scratch)
        os.close(slave)
        self.expect(PROMPT)
        self.send("stty -echo\n")
        self.expect(PROMPT)

    def send(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern):
        """Waits until the output matches a regular expression, and drops the output up to there."""
        end = time.monotonic() + self.limit
        while not (match := re.search(pattern, self.seen)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise Failure(f"no {pattern!r} within {self.limit:g} s; seen: {self.seen[-1000:]!r}")
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                raise Failure(f"the terminal closed; seen: {self.seen[-1000:]!r}") from None
        self.seen = self.seen[match.end():]
        return match

    def status(self, want):
        self.expect(PROMPT)
        self.send("echo status=$?\n")
        got = int(self.expect(rb"status=(\d+)")[1])
        self.expect(PROMPT)
        if got != want:
            raise Failure(f"status {got}, expected {want}")

    def close(self):
        below = descendants(self.shell.pid)
        self.shell.kill()
        self.shell.wait()
        os.close(self.master)
        for pid in alive(below):
            os.kill(pid, signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def command(context, platform, guest, *arguments):
    return " ".join([*context.picorun(platform, context.guest(guest)), *arguments]) + "\n"


GUESTS = ("go-freebsd/processes", "go-linux/processes")


def interrupt(context, platform):
    for guest in GUESTS:
        with Terminal(context) as terminal:
            terminal.send(command(context, platform, guest, "wait"))
            terminal.expect(rb"ready\r\n")
            terminal.send("\x03")
            terminal.status(130)
            # A guest that handles it goes on.
            numbers = ("30", "2", "15") if "freebsd" in guest else ("10", "2", "15")
            terminal.send(command(context, platform, guest, "handle", *numbers))
            terminal.expect(rb"ready\r\n")
            terminal.send("\x03")
            terminal.expect(rb"got false true false\r\n")
            terminal.send("\x03")
            terminal.expect(rb"got false true false\r\n")
            terminal.send("\x1a")
            terminal.expect(PROMPT)
            terminal.send("kill -TERM %1; fg\n")
            terminal.expect(rb"got false false true\r\n")
            terminal.status(42)


def stop_and_continue(context, platform):
    for guest in GUESTS:
        with Terminal(context) as terminal:
            terminal.send(command(context, platform, guest, "upper"))
            terminal.send("one\n")
            terminal.expect(rb"ONE\r\n")
            for word in ("two", "three"):
                terminal.send("\x1a")
                terminal.expect(rb"Stopped")
                terminal.expect(PROMPT)
                terminal.send("jobs\n")
                terminal.expect(rb"Stopped")
                terminal.expect(PROMPT)
                terminal.send("fg\n")
                terminal.expect(rb"upper\r\n")
                terminal.send(word + "\n")
                terminal.expect(word.upper().encode() + rb"\r\n")
            terminal.send("\x04")
            terminal.status(0)


def quit_key(context, platform):
    for guest in GUESTS:
        with Terminal(context) as terminal:
            terminal.send(command(context, platform, guest, "wait"))
            terminal.expect(rb"ready\r\n")
            terminal.send("\x1c")
            terminal.expect(rb"SIGQUIT: quit")
            terminal.status(2)


def background(context, platform):
    for guest in GUESTS:
        with Terminal(context) as terminal:
            # One that reads from the terminal in the background is stopped.
            terminal.send(command(context, platform, guest, "upper").strip() + " &\n")
            terminal.expect(PROMPT)
            terminal.send("sleep 0.5; jobs\n")
            terminal.expect(rb"Stopped")
            terminal.expect(PROMPT)
            terminal.send("fg\n")
            terminal.send("late\n")
            terminal.expect(rb"LATE\r\n")
            terminal.send("\x04")
            terminal.status(0)


def shell_as_guest(context, platform):
    """A Linux shell as the guest does the job control itself, with a FreeBSD program as its job."""
    with Terminal(context) as terminal:
        terminal.send(command(context, platform, "busybox", "sh"))
        terminal.expect(PROMPT)  # it is in the environment
        terminal.send("PS1=inner'> '\n")
        terminal.expect(rb"inner> ")
        terminal.send(context.guest("go-freebsd/processes") + " wait\n")
        terminal.expect(rb"ready\r\n")
        terminal.send("\x1a")
        terminal.expect(rb"Stopped")
        terminal.expect(rb"inner> ")
        terminal.send("fg\n")
        terminal.expect(rb"processes wait\r\n")
        time.sleep(0.2)  # the shell says so just before it hands the terminal over
        terminal.send("\x03")
        terminal.expect(rb"inner> ")
        terminal.send("exit 9\n")
        terminal.status(9)


def cases():
    for check in (interrupt, stop_and_continue, quit_key, background, shell_as_guest):
        yield "terminal/" + check.__name__.replace("_", "-"), check, True
