"""Write what `make bench` measured as a page of tables and a picture: `python render.py BENCHMARKS.json FOLDER`."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from comparisons import Comparisons, Counted, Line, comparisons_of
from matplotlib.ticker import FuncFormatter

from seqmodel import write_atomically
from seqtrain.pictures import INK, QUIET, SERIES, Picture, house_style, label, new_figure, painted


def read(path: Path) -> list[Comparisons]:
    """Return what each benchmark of pytest-benchmark's file found."""
    every = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    return [comparisons_of(one["extra_info"]["command"], one["extra_info"]["figures"]) for one in every]


def as_markdown(found: Sequence[Comparisons]) -> str:
    """Return the tables, each under its command, the machine first."""
    parts = ["# Benchmarks", "Times of peers over ours, of medians in one run: above 1 ours is quicker."]
    for one in found:
        machine = ", ".join(f"{name} {value}" for name, value in one.machine.items() if value is not None)
        parts += [f"## `{one.command}`", machine, *_busy(one.machine)]
        if one.lines:
            rows = [
                f"| {line.work} | {line.ours} | {line.peer} | {line.times:,.2f} | {_interval(line)} |"
                for line in one.lines
            ]
            parts.append("\n".join(["| work | ours | peer | times | 90 % interval |", "|---|---|---|--:|---|", *rows]))
        if one.rates:
            rows = [f"| {each.name} | {each.rate:,.0f} | {each.unit} |" for each in one.rates]
            parts.append("\n".join(["| | a second | |", "|---|--:|---|", *rows]))
        if one.counted:
            rows = [
                f"| {each.name} | {each.work} | {each.compared:,} {each.unit} | {each.mismatches:,} | {_ties(each)} |"
                for each in one.counted
            ]
            head = ["| of | | compared | mismatches | near-ties |", "|---|---|--:|--:|--:|"]
            parts.append("\n".join([*head, *rows]))
        parts += [f"{peer}: skipped, {reason}." for peer, reason in one.skipped.items()]
    return "\n\n".join(parts) + "\n"


def picture(found: Sequence[Comparisons]) -> Picture:
    """Draw every comparison as a point on one logarithmic axis, those of one command together."""
    commands = list(dict.fromkeys(one.command for one in found))
    lines = [(one.command, line) for one in found for line in one.lines]
    figure = new_figure(9, 1 + 0.2 * len(lines))
    axes = figure.subplots()
    for place, (command, line) in enumerate(lines):
        colour = SERIES[commands.index(command) % len(SERIES)]
        axes.plot(line.times, place, marker="o", color=colour)
        if line.low is not None and line.high is not None:
            axes.plot([line.low, line.high], [place, place], color=colour)
        if place and command != lines[place - 1][0]:
            axes.axhline(place - 0.5, color=QUIET, linewidth=0.5)
    axes.axvline(1, color=INK, linewidth=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylim(len(lines) - 0.3, -0.7)
    axes.set_yticks(range(len(lines)), [f"{line.ours} · {line.peer} · {line.work}" for _, line in lines])
    axes.tick_params(axis="y", labelsize=7, labelcolor=QUIET)
    label(axes, x="time over ours (times; above 1 ours is quicker)", y="ours, peer and work")
    return painted("benchmarks", figure, "Every peer's time over ours.", wide=True)


def _busy(machine: Mapping[str, Any]) -> list[str]:
    """Return a warning where more wanted to run than there are cores."""
    load, cores = machine.get("load"), machine.get("cores")
    if load is None or cores is None or load <= cores + 1:
        return []
    return [f"**The machine was busy: a load of {load} on {cores} cores. Do not trust these times; measure again.**"]


def _ties(counted: Counted) -> str:
    return "" if counted.near_ties is None else f"{counted.near_ties:,}"


def _interval(line: Line) -> str:
    return "" if line.low is None or line.high is None else f"{line.low:.2f}-{line.high:.2f}"


def main(arguments: Sequence[str]) -> int:
    """Write `benchmarks.md` and `benchmarks.png`; print the tables."""
    found, folder = read(Path(arguments[0])), Path(arguments[1])
    text = as_markdown(found)
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        write_atomically(folder / "benchmarks.png", picture(found).png)
    write_atomically(folder / "benchmarks.md", (text + "\n![Every peer's time over ours](benchmarks.png)\n").encode())
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
