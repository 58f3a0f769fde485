"""What every subject is."""


class Subject:
    """A way to run programs: the words before the program's own, and whose programs it gets."""

    def __init__(self, name, words, system="linux"):
        self.name, self.words, self.system = name, words, system

    def command(self, words, scratch, environment):
        """What to start so that the program `words` runs under this subject."""
        return [*self.words, *words]
