"""Medians as tab-separated values and as a table of ratios to native."""

import statistics


class Results:
    """Samples by (subject, name), and what failed how often."""

    def __init__(self):
        self.samples, self.failures = {}, {}

    def add(self, subject, name, value):
        if isinstance(value, str):
            key = subject, name, value
            self.failures[key] = self.failures.get(key, 0) + 1
        else:
            self.samples.setdefault((subject, name), []).append(value)

    def median(self, subject, name):
        values = self.samples.get((subject, name))
        return statistics.median(values) if values else None

    def ratio(self, subject, name):
        value, base = self.median(subject, name), self.median("native", name)
        return value / base if value is not None and base else None


def readable(name, value):
    """A value with its unit: bytes for what is named so, else a time."""
    if name.startswith("bytes"):
        return f"{value / 1024:.0f} KiB"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if value >= 10 * size:
            return f"{value / size:.0f} {unit}"
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} ns"


def tsv(results, subjects, names):
    lines = ["operation\tsubject\tvalue\tratio\tsamples"]
    for name in names:
        for subject in subjects:
            if (value := results.median(subject.name, name)) is not None:
                ratio = results.ratio(subject.name, name)
                count = len(results.samples[subject.name, name])
                lines.append(f"{name}\t{subject.name}\t{value:.1f}\t{'' if ratio is None else f'{ratio:.3f}'}\t{count}")
    return "\n".join(lines) + "\n"


def cells(results, subjects, names):
    """Rows of text: for native the value, for the others the ratio to it."""
    rows = [["operation", *(subject.name for subject in subjects)]]
    for name in names:
        row = [name]
        for subject in subjects:
            value, ratio = results.median(subject.name, name), results.ratio(subject.name, name)
            if value is None:
                row.append("-")
            elif subject.name == "native" or ratio is None or name.startswith("bytes"):
                row.append(readable(name, value))
            else:
                row.append(f"{ratio:.2f}")
        if any(cell != "-" for cell in row[1:]):
            rows.append(row)
    return rows


def table(results, subjects, names):
    rows = cells(results, subjects, names)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(
        cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))) for row in rows)
