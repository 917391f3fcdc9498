"""The pictures of a growth: what one axis takes, and all axes at a glance."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from seqmodel.memory_budget import byte_count
from seqtrain.growth_axes import UNITS, AxisName
from seqtrain.growth_figures import Point
from seqtrain.growth_result import Growth
from seqtrain.pictures import INK, QUIET, SERIES, Picture, label, logarithmic, new_figure, painted
from seqtrain.shown import size

_MARKERS = "osD^"
_WIDE, _HIGH = 12.6, 4.6

_SHORT = {
    "processor": "a step",
    "rows": "drawing its rows",
    "listing": "listing rules",
    "figures": "exact figures",
    "training": "training",
    "whole": "with exact figures",
}
"""What stands in a legend."""


def growth_pictures(growth: Growth) -> list[Picture]:
    """Return one picture of all axes, and then one of each; an axis of which nothing was measured has none."""
    known = {axis: [p for p in points if p.measured] for axis, points in growth.points.items()}
    drawn = [_axis(growth, axis) for axis, points in known.items() if points]
    return [_overview(known), *drawn] if any(known.values()) else drawn


def counted(count: float, _: int | None = None) -> str:
    """Return a number of things in few signs; the second argument is what axes give.

    >>> counted(512), counted(8192), counted(866_433), counted(13_900_000)
    ('512', '8,192', '866 k', '13.9 M')
    """
    if count < 10_000:
        return f"{count:,.0f}"
    return f"{count / 1e3:.0f} k" if count < 999_500 else f"{count / 1e6:.3g} M"


def _overview(known: dict[AxisName, list[Point]]) -> Picture:
    figure = new_figure(_WIDE, _HIGH)
    panels = {"processor": "time of a step", "training": "memory while it trains"}
    for axes, (name, text) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        most = 1.0
        for k, (axis, points) in enumerate(known.items()):
            if points:
                times = [point.estimate.count / points[0].estimate.count for point in points]
                values = [point.value(name) or 0.0 for point in points]
                multiples = [value / values[0] for value in values]
                axes.plot(times, multiples, color=SERIES[k], marker=_MARKERS[k], label=UNITS[axis])
                most = max(most, *times)
        axes.plot([1, most], [1, most], color=QUIET, linestyle=":", linewidth=1, label="in proportion")
        _logarithms(axes, [2.0**k for k in range(int(most).bit_length() + 1) if 2**k <= 1.3 * most])
        label(axes, x="size (times the least)", y=f"{text} (times)")
    figure.axes[0].legend()
    caption = (
        "What training takes while one thing doubles after the other, as multiples of the least. Dotted: twice as much "
        "for twice the size."
    )
    return painted("growth", figure, caption, wide=True)


def _axis(growth: Growth, axis: AxisName) -> Picture:
    figure = new_figure(_WIDE, _HIGH)
    time, memory = figure.subplots(1, 2)
    points = growth.points[axis]
    _times(time, growth, axis)
    _memory(memory, growth, axis)
    for axes in (time, memory):
        _logarithms(axes, [point.estimate.count for point in points])
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    label(time, x=UNITS[axis], y="processor time (s)")
    label(memory, x=UNITS[axis], y="memory")
    caption = (
        f"Processor time and memory by {UNITS[axis]}. In the legend the slope of the logarithms, with its standard "
        "error; at 224 GB/s a step takes what it would take if nothing but that bandwidth were to limit it."
    )
    return painted(axis, figure, caption, wide=True)


def _times(axes: Axes, growth: Growth, axis: AxisName) -> None:
    points = growth.points[axis]
    for k, name in enumerate(("processor", "rows", "listing", "figures")):
        _dots(axes, growth, axis, name, k)
    counts = [point.estimate.count for point in points]
    least = [point.estimate.seconds for point in points]
    axes.plot(counts, least, color=QUIET, linestyle="--", linewidth=1, label="a step at 224 GB/s")


def _memory(axes: Axes, growth: Growth, axis: AxisName) -> None:
    points = growth.points[axis]
    counts = [point.estimate.count for point in points]
    _dots(axes, growth, axis, "training", 0)
    axes.plot(
        counts, [p.estimate.training for p in points], color=SERIES[0], linestyle="--", label="training, estimated"
    )
    _dots(axes, growth, axis, "whole", 1)
    whole = [point.estimate.whole for point in points]
    axes.plot(counts, whole, color=SERIES[1], linestyle="--", label="the run at its fullest, estimated")
    if axis != "universe":
        card = [point.estimate.card for point in points]
        axes.plot(counts, card, color=SERIES[2], linestyle="--", label="the model alone, estimated")
    budget = byte_count(growth.budget)
    axes.axhline(budget, color=INK, linewidth=1)
    axes.annotate(growth.budget, (1, budget), xycoords=axes.get_yaxis_transform(), ha="right", va="bottom")


def _dots(axes: Axes, growth: Growth, axis: AxisName, name: str, colour: int) -> None:
    known = [(point.estimate.count, value) for point in growth.points[axis] if (value := point.value(name)) is not None]
    if known:
        fitted = growth.slopes[axis].get(name)
        text = _SHORT[name] + (f", slope {fitted}" if fitted else "")
        axes.plot(*zip(*known, strict=True), color=SERIES[colour], marker=_MARKERS[colour], linewidth=1.0, label=text)


def _logarithms(axes: Axes, ticks: Sequence[float]) -> None:
    """Draw both axes by factors, with numbers where the sizes are; memory is written with its unit."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(counted))
    axes.xaxis.set_minor_locator(NullLocator())
    logarithmic(axes)
    if axes.dataLim.intervaly[1] > 1e5:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: size(value).replace(".0 ", " ")))
