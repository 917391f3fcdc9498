"""The pictures that lay runs side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from seqtrain.answers_picture import answers_wrong
from seqtrain.measured_run import MeasuredRun
from seqtrain.pictures import QUIET, SERIES, Picture, label, logarithmic, new_figure, painted
from seqtrain.shown import thousands
from seqtrain.standings import Standing, Standings

_MARKERS = "osD^vP"
_FEW = 4
"""Runs that have room for their names among the curves."""

_SPREAD = 0.5
"""How much of a row's height, or a position's width, the runs share."""


def compare_pictures(runs: Sequence[MeasuredRun], names: Sequence[str]) -> list[Picture]:
    """Return the pictures of several runs, each under its name; one that would be empty is left out."""
    drawn = [
        _curves(runs, names, "step"),
        _curves(runs, names, "minutes"),
        _accuracies(runs, names),
        answers_wrong({name: run.history for name, run in zip(names, runs, strict=True)}),
        _positions(runs, names),
        _families(runs, names),
    ]
    return [picture for picture in drawn if picture is not None]


def _name_runs(figure: Figure, axes: Axes) -> None:
    """Say which run is which: a few inside the axes, many beside them, where they hide nothing."""
    if len(axes.get_legend_handles_labels()[0]) > _FEW:
        figure.legend(loc="outside right upper")
    else:
        axes.legend()


def _curves(runs: Sequence[MeasuredRun], names: Sequence[str], over: str) -> Picture | None:
    """Return regret, or where that is not known log-loss, over steps or minutes."""
    logged = [_validation(run, "log_loss") for run in runs]
    if all(each is None for each in logged):
        return None
    regret = all(run.validation_possible is not None for run in runs)
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    least = np.inf
    for k, (run, each) in enumerate(zip(runs, logged, strict=True)):
        if each is None:
            continue
        steps, losses = each
        values = losses - run.validation_possible.log_loss if regret and run.validation_possible is not None else losses
        place = steps if over == "step" else run.history.minutes(steps)
        axes.plot(place, values, **_line(k), label=names[k])
        least = min(least, values.min())
    if least > 0:
        logarithmic(axes)
    what = "regret" if regret else "log-loss"
    if over == "step":
        axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    label(axes, x="training step" if over == "step" else "time of training (minutes)", y=f"{what} (nats per term)")
    _name_runs(figure, axes)
    caption = "Validation log-loss minus that of the exact posterior on the same rows; 0 is perfect."
    if not regret:
        caption = "Validation log-loss; lower is better."
    if over == "minutes":
        caption = f"The same over the time that the steps took on the machine they ran on. {caption}"
    return painted(f"{what}-by-{over}", figure, caption)


def _accuracies(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Picture | None:
    logged = [_validation(run, "accuracy") for run in runs]
    if all(each is None for each in logged):
        return None
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    for k, (run, each) in enumerate(zip(runs, logged, strict=True)):
        if each is not None:
            axes.plot(each[0], 100 * each[1], **_line(k), label=names[k])
        if run.validation_possible is not None:
            axes.axhline(100 * run.validation_possible.accuracy, color=QUIET, linestyle="--", linewidth=1)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    label(axes, x="training step", y="accuracy (% of terms)")
    _name_runs(figure, axes)
    caption = "Accuracy on the validation rows."
    if any(run.validation_possible is not None for run in runs):
        caption += " Dashed: what is possible on them."
    return painted("accuracy", figure, caption)


def _positions(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Picture | None:
    measured = _measured(runs)
    if not measured:
        return None
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    missing = _in_gaps(measured)
    for k, standings in measured.items():
        depths = np.array(list(standings.positions))
        values, errors = _values(list(standings.positions.values()), missing=missing)
        axes.errorbar(
            depths + _shift(k, len(runs)), values, errors, **_dots(k), linestyle="none", capsize=2, label=names[k]
        )
    _finish(axes, missing=missing)
    axes.set_xticks(sorted({depth for standings in measured.values() for depth in standings.positions}))
    label(axes, x="position (terms seen)", y=_quantity(missing=missing))
    _name_runs(figure, axes)
    return painted("positions", figure, f"{_caption(missing=missing)}, by how many terms were seen.")


def _families(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Picture | None:
    measured = _measured(runs)
    if not measured:
        return None
    families = list(dict.fromkeys(name for standings in measured.values() for name in standings.families))
    figure = new_figure(12.6, 0.9 + (0.18 + 0.09 * len(runs)) * len(families))
    axes = figure.subplots()
    missing = _in_gaps(measured)
    for k, standings in measured.items():
        rows = np.array([families.index(name) for name in standings.families])
        values, errors = _values(list(standings.families.values()), missing=missing)
        axes.errorbar(
            values, rows + _shift(k, len(runs)), xerr=errors, **_dots(k), linestyle="none", capsize=2, label=names[k]
        )
    if missing:
        axes.axvline(0, color=QUIET, linewidth=1)
    axes.set_yticks(range(len(families)), families)
    axes.set_ylim(len(families) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    label(axes, x=_quantity(missing=missing), y="family of rules")
    figure.legend(loc="outside upper center", ncols=min(len(names), 4))
    return painted("families", figure, f"{_caption(missing=missing)}, by the family of the rule.", wide=True)


def _validation(run: MeasuredRun, figure: str) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    series = run.history.series.get(f"validation_{figure}/all")
    if series is None or np.isnan(series.values).any():
        return None
    return series.steps, series.values


def _measured(runs: Sequence[MeasuredRun]) -> dict[int, Standings]:
    """Return the standings of runs on sequences: answers to questions are certain, their classes no families."""
    return {
        k: run.standings
        for k, run in enumerate(runs)
        if run.standings is not None and not run.history.recipe.questions.digits
    }


def _in_gaps(measured: dict[int, Standings]) -> bool:
    """Say whether all can be measured from what is possible; else plain accuracies are shown."""
    return all(standings.overall.expected_gap is not None for standings in measured.values())


def _values(standings: Sequence[Standing], *, missing: bool) -> tuple[list[float], list[float] | None]:
    if not missing:
        return [100 * each.accuracy for each in standings], None
    gaps = [100 * each.expected_gap for each in standings if each.expected_gap is not None]
    return gaps, [100 * each.expected_gap_error for each in standings if each.expected_gap_error is not None]


def _finish(axes: Axes, *, missing: bool) -> None:
    if missing:
        axes.axhline(0, color=QUIET, linewidth=1)


def _quantity(*, missing: bool) -> str:
    return "accuracy missing (percentage points)" if missing else "accuracy (% of terms)"


def _caption(*, missing: bool) -> str:
    if missing:
        return "How much accuracy the exact posterior expects to be missing on the same rows, with 95 % intervals"
    return "Accuracy on fresh rows"


def _shift(k: int, count: int) -> float:
    return _SPREAD * ((k + 0.5) / count - 0.5)


def _dots(k: int) -> dict[str, Any]:
    # Colours come again after six runs, with hollow marks.
    look = {"color": SERIES[k % len(SERIES)], "marker": _MARKERS[k % len(_MARKERS)], "markersize": 4}
    return look | ({"fillstyle": "none"} if k // len(SERIES) % 2 else {})


def _line(k: int) -> dict[str, Any]:
    # Colours come again after six runs, with another stroke.
    return {**_dots(k), "markersize": 3, "linestyle": ("-", "--", ":")[k // len(SERIES) % 3]}
