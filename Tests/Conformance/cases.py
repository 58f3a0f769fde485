"""The cases: each guest program against its oracle, on each platform."""

import functools

import command_cases
import guests
import running
import terminal_cases
import view_cases


class Case:
    def __init__(self, name, check, alone=False):
        self.name, self.check = name, check
        self.alone = alone  # looks at all processes or at times: nothing else may run meanwhile


class Context:
    """Where everything is, and how a platform is asked for. `options` go to every picorun."""

    def __init__(self, folder, limit, scratch, options=()):
        self.folder, self.limit, self.scratch, self.options = folder, limit, scratch, options

    def guest(self, name):
        return str(self.folder / name)

    def picorun(self, platform, *arguments):
        return [str(self.folder / "picorun"), f"--platform={platform}", *self.options, *arguments]

    @functools.cache
    def oracle(self, name, user=None):
        """What the program's Linux build prints when run natively."""
        return running.run(as_user(user, [self.guest(name)]), self.limit, cwd=self.scratch)


def as_user(user, command):
    if user is None:
        return command
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", *command]


NOBODY = 65534


def against_native(context, platform, name, oracle, user=None):
    want = context.oracle(oracle, user)
    if want.status != 0:
        raise running.Failure(f"the oracle itself failed with {want.status}:\n{running.tail(want.out)}")
    command = [context.guest(name)] if platform == "native" else context.picorun(platform, context.guest(name))
    got = running.run(as_user(user, command), context.limit, cwd=context.scratch)
    running.expect(got, want.status, want.out)


def against_text(context, platform, name, text, user=None):
    got = running.run(as_user(user, context.picorun(platform, context.guest(name))), context.limit, cwd=context.scratch)
    running.expect(got, 0, text)


def program_cases(context, platform, root):
    def users(name, check, *arguments):
        yield Case(f"{name}@{platform}", functools.partial(check, context, platform, *arguments))
        if root:
            yield Case(f"{name}:nobody@{platform}",
                       functools.partial(check, context, platform, *arguments, user=NOBODY))

    linux = guests.sources("linux-c")
    if platform == "native":
        for name in guests.GO:
            yield from users(f"go-linux/{name}", against_native, f"go-linux/{name}", f"go-linux/{name}")
        for program in (f"c-linux/{name}-{library}" for name in linux for library in ("glibc", "musl")):
            yield from users(program, against_native, program, program)
        return
    # Where picorun traces every picoprocess itself, none can trace another.
    untraceable = ["traced"] if platform == "ptrace" else []
    for name in guests.sources("c"):
        if name in untraceable:
            continue
        expected = guests.SOURCES / "c" / f"{name}.expected"
        if expected.exists():
            yield from users(f"c-freebsd/{name}", against_text, f"c-freebsd/{name}", expected.read_bytes())
    for name in guests.GO:
        yield from users(f"go-freebsd/{name}", against_native, f"go-freebsd/{name}", f"go-linux/{name}")
        yield from users(f"go-linux/{name}", against_native, f"go-linux/{name}", f"go-linux/{name}")
    linux = [name for name in linux if name not in untraceable]
    for program in (f"c-linux/{name}-{library}" for name in linux for library in ("glibc", "musl")):
        yield from users(program, against_native, program, program)


def all_cases(context, platforms, root):
    for platform in platforms:
        yield from program_cases(context, platform, root)
        if platform != "native":
            for module in (command_cases, terminal_cases, view_cases):
                for name, check, alone in module.cases():
                    if context.options and name.startswith("command/rewriting"):
                        continue
                    yield Case(f"{name}@{platform}", functools.partial(check, context, platform), alone)
