"""The page of results: tables in Markdown, the values beside it, and a plot of ratios for each section."""

import datetime
import html
import math
import os
import pathlib
import platform

from . import report

COLOURS = ["#1b6ca8", "#d1495b", "#66a182", "#edae49", "#8d6a9f", "#5c6b73", "#2e4057", "#a63d40", "#7fb069"]
LEFT, WIDTH, BAR, GAP = 190, 560, 9, 12


def plot(title, results, subjects, names):
    """Bars of ratios to native on a logarithmic axis, as SVG. None when there is nothing to compare."""
    others = [subject for subject in subjects if subject.name != "native"]
    names = [name for name in names if not name.startswith("bytes")
             and any(results.ratio(subject.name, name) for subject in others)]
    ratios = [results.ratio(subject.name, name) for name in names for subject in others]
    ratios = [ratio for ratio in ratios if ratio]
    if not ratios:
        return None
    low, high = min(0.5, *ratios), max(2.0, *ratios)

    def x(ratio):
        return LEFT + WIDTH * math.log(ratio / low) / math.log(high / low)

    parts, y = [], 54 + 14 * len(others)
    for index, subject in enumerate(others):
        at = 40 + 14 * index
        parts.append(f'<rect x="{LEFT}" y="{at - 8}" width="9" height="9" fill="{COLOURS[index % len(COLOURS)]}"/>'
                     f'<text x="{LEFT + 14}" y="{at}">{html.escape(subject.name)}</text>')
    top = y - 6
    for name in names:
        parts.append(f'<text x="{LEFT - 8}" y="{y + BAR * len(others) / 2 + 4:.0f}" text-anchor="end">{name}</text>')
        for index, subject in enumerate(others):
            if ratio := results.ratio(subject.name, name):
                left, right = sorted((x(1), x(ratio)))
                parts.append(f'<rect x="{left:.1f}" y="{y}" width="{max(1, right - left):.1f}" height="{BAR - 1}" '
                             f'fill="{COLOURS[index % len(COLOURS)]}"/>'
                             f'<text x="{right + 3:.1f}" y="{y + 8}" font-size="8">{ratio:.2f}</text>')
            y += BAR
        y += GAP
    for mark in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500):
        if low <= mark <= high:
            parts.append(f'<line x1="{x(mark):.1f}" x2="{x(mark):.1f}" y1="{top}" y2="{y}" stroke="#0003"/>'
                         f'<text x="{x(mark):.1f}" y="{y + 12}" text-anchor="middle">{mark:g}</text>')
    height = y + 20
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{height}" '
            f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
            f'<text x="10" y="20" font-size="14">{html.escape(title)}: time against native (logarithmic)</text>'
            + "".join(parts) + "</svg>\n")


def write(folder, results, subjects, sections, settings):
    """Writes README.md, results.tsv and a plot for each section into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    every = [name for _, names in sections for name in names]
    back = os.path.relpath(pathlib.Path(__file__).resolve().parent.parent / "README.md", folder)
    (folder / "results.tsv").write_text(report.tsv(results, subjects, every))
    lines = ["# Speed", "", f"Made by `bench/run {settings}` on {datetime.date.today()}; "
             f"{os.cpu_count()} CPUs, Linux {platform.release()}. Native as measured, all else as ratio to native in the "
             f"same run (medians of interleaved rounds; see [bench]({back})). Memory is in KiB.", ""]
    for title, names in sections:
        rows = report.cells(results, subjects, names)
        if len(rows) == 1:
            continue
        lines += [f"## {title}", "", "| " + " | ".join(rows[0]) + " |", "|---" + "|---:" * (len(rows[0]) - 1) + "|"]
        lines += ["| " + " | ".join(row) + " |" for row in rows[1:]] + [""]
        if drawing := plot(title, results, subjects, names):
            name = title.lower().replace(" ", "-") + ".svg"
            (folder / name).write_text(drawing)
            lines += [f"![{title}]({name})", ""]
    (folder / "README.md").write_text("\n".join(lines))
