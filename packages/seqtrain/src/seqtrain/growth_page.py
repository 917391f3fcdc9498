"""The page about a growth, as Markdown; its pictures lie beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seqmodel.memory_budget import byte_count
from seqtrain.growth_axes import UNITS, AxisName
from seqtrain.growth_figures import QUANTITIES, Point
from seqtrain.growth_result import Growth
from seqtrain.growth_slope import Slope
from seqtrain.growth_verdicts import Reach, Verdict
from seqtrain.pictures import Picture
from seqtrain.shown import size

PAGE = "growth.md"

_TITLES: dict[AxisName, str] = {
    "parameters": "Weights",
    "context": "Context",
    "batch": "Batch",
    "universe": "Universe",
}

_ABOUT = (
    "One thing doubles at a time, all else stays as the recipe says, once its curriculum has settled. Each size is "
    "measured in a process of its own: the median of {steps} training steps in processor time, which leaves out what "
    "neighbours take, and by how much the process grew at most beyond Python and torch. The slope is the exponent p of "
    "size**p, by least squares on the logarithms, with its standard error; behind the semicolon that of the last "
    "doubling alone. Estimates are those of `seqtrain estimate`."
)


def growth_page(growth: Growth, pictures: Sequence[Picture]) -> str:
    """Return the page."""
    drawn = {picture.name: picture for picture in pictures}
    machine = ", ".join(f"{name} {value}" for name, value in growth.machine.items() if value is not None)
    parts = [
        "# Time and memory against growth",
        f"    {growth.command}",
        _ABOUT.format(steps=growth.steps),
        f"Measured on: {machine}.",
        *_busy(growth.machine),
        *_shown(drawn.get("growth")),
        "## Slopes",
        _slopes(growth),
        f"## What {growth.budget} have room for, by the estimate",
        _verdicts(growth.verdicts, byte_count(growth.budget)),
        *(f"{_TITLES[axis]}: left out, {why}." for axis, why in growth.skipped.items()),
    ]
    for axis, points in growth.points.items():
        parts += [f"## {_TITLES[axis]}", *_shown(drawn.get(axis)), _sizes(axis, points)]
        parts += [f"{_named(point)}: not measured, {point.why}." for point in points if point.why]
    return "\n\n".join(parts) + "\n"


def _busy(machine: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning where more wanted to run than there are cores."""
    load, cores = machine.get("load"), machine.get("cores")
    if load is not None and cores is not None and load > cores + 1:
        yield f"The machine was busy, a load of {load} on {cores} cores: the clock counts the neighbours."


def _shown(picture: Picture | None) -> Iterator[str]:
    if picture is not None:
        yield f"![{picture.caption}]({picture.name}.png)"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _slopes(growth: Growth) -> str:
    # By the clock a neighbour grows, too.
    shown = [name for name in QUANTITIES if name != "clock" and any(name in found for found in growth.slopes.values())]
    rows = [[QUANTITIES[name], *(_slope(growth.slopes[axis].get(name)) for axis in growth.slopes)] for name in shown]
    return _table(("by", *(UNITS[axis] for axis in growth.slopes)), rows)


def _slope(found: Slope | None) -> str:
    return "" if found is None else f"{found}; {found.last:.2f}"


def _verdicts(verdicts: Sequence[Verdict], budget: int) -> str:
    header = (
        "",
        "largest here",
        "its run takes",
        "of that the model's part",
        "largest doubling that fits",
        "of the model's part alone",
    )
    rows = []
    for verdict in verdicts:
        largest = verdict.largest
        takes = [f"{size(each)}{'' if each <= budget else ', **over**'}" for each in (largest.whole, largest.card)]
        reaches = [_reach(verdict.whole, verdict.axis), _reach(verdict.card, verdict.axis)]
        rows.append([UNITS[verdict.axis], f"{largest.count:,}", *takes, *reaches])
    return _table(header, rows)


def _reach(reach: Reach | None, axis: AxisName) -> str:
    if reach is None:
        return "any: it does not grow"
    if reach.fits is None or reach.takes is None:
        return "not even the recipe itself"
    said = f"{reach.fits:,} ({size(reach.takes)})"
    if reach.over is None or reach.over_takes is None:
        return f"{said}; there is no larger one"
    return said if axis == "universe" else f"{said}; {reach.over:,} would take {size(reach.over_takes)}"


def _sizes(axis: AxisName, points: Sequence[Point]) -> str:
    header = [UNITS[axis], "a step", "by the clock", "its rows", "GFLOP a step", "memory", "estimate", "ratio"]
    header += ["listing", "exact figures", "memory then", "estimate", "ratio"] if axis == "universe" else []
    return _table(header, [_size(axis, point) for point in points])


def _size(axis: AxisName, point: Point) -> list[str]:
    said = point.estimate
    cells = [
        _named(point),
        *(_milliseconds(point.value(name)) for name in ("processor", "clock", "rows")),
        f"{said.flops / 1e9:,.1f}",
        *_beside(point.value("training"), said.training),
    ]
    if axis == "universe":
        seconds = [point.value(name) for name in ("listing", "figures")]
        cells += ["–" if each is None else f"{each:.1f} s" for each in seconds]
        cells += _beside(point.value("whole"), said.whole)
    return cells


def _named(point: Point) -> str:
    return f"{point.estimate.count:,}"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:,.2f} ms"


def _beside(took: float | None, said: int) -> list[str]:
    return ["–", size(said), "–"] if took is None else [size(took), size(said), f"{took / said:.2f}"]
