"""The page about a benchmark of predictors, made of its figures as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from seqtrain.benchmark_models import POSTERIOR
from seqtrain.page import Cell, heading, page, paragraph, pictures, preformatted, table
from seqtrain.pictures import QUIET, SERIES, Picture, label, new_figure, painted
from seqtrain.shown import interval, number, percent, with_error

_MARKERS = "osD^vPX"
_COLOURS = (*SERIES, QUIET)


def benchmark_page(figures: Mapping[str, Any], shown: Sequence[Picture], *, command: str) -> str:
    """Return the page: an overview, a picture, a table for each set, and the command that made it."""
    names = ", ".join(figures["contestants"])
    body = [
        heading(f"Benchmark of {names}", 1),
        paragraph(
            "How often the next term is right, at every position of the rows of frozen sets. The exact posterior knows "
            "all rules of its universe, but not which one it is: nobody can expect more on rows of that universe. On "
            "other rows it answers by the rules that fit the last terms, and where none does by a straight line."
        ),
        *[paragraph(f"{who} is left out: {why}.", "quiet") for who, why in figures["skipped"].items()],
        overview(figures),
        pictures(shown),
        *(part for name, one in figures["sets"].items() for part in _set(name, one, figures["contestants"])),
        heading("Again"),
        preformatted(command, "command"),
    ]
    return page(f"seqtrain benchmark: {names}", body)


def overview(figures: Mapping[str, Any]) -> str:
    """Return the table of accuracies, a set a row and a predictor a column."""
    sets = figures["sets"]
    who = list(dict.fromkeys(name for one in sets.values() for name in one["predictors"]))
    rows = []
    for name, one in sets.items():
        ceiling = one["ceiling"]
        accuracies = [one["predictors"].get(each, {}).get("accuracy") for each in who]
        cells = [
            Cell(text=percent(value), kind="best" if each in figures["contestants"] else "")
            for each, value in zip(who, accuracies, strict=True)
        ]
        rows.append([name, f"{one['rows']:,}", percent(None if ceiling is None else ceiling["accuracy"]), *cells])
    asked = [(who, each["rows"], one["rows"]) for one in sets.values() for who, each in one["predictors"].items()]
    fewer = {who: few for who, few, rows in asked if few < rows}
    caption = "Accuracy. The ceiling is exact, over all rows that there are; all else is of the same drawn rows"
    caption += "".join(f", {who} of the first {rows:,} of them" for who, rows in fewer.items()) + "."
    return table(("set", "rows", "ceiling", *who), rows, name="overview", caption=caption)


def _set(name: str, one: Mapping[str, Any], contestants: Sequence[str]) -> Iterator[str]:
    made = f" Computed by {one['made_by']}." if one["made_by"] else ""
    yield heading(name)
    yield paragraph(f"{one['about'].capitalize()}.{made}", "quiet")
    best = one["predictors"].get(POSTERIOR, {})
    rows = []
    for who, each in one["predictors"].items():
        regret = None
        if one["universe"] and each["log_loss"] is not None and best.get("log_loss") is not None and who != POSTERIOR:
            regret = each["log_loss"] - best["log_loss"]
        share = each["accuracy"] / best["accuracy"] if one["universe"] and best.get("accuracy") else None
        rows.append(
            [
                who,
                f"{each['rows']:,}",
                Cell(text=percent(each["accuracy"]), kind="best" if who in contestants else ""),
                interval(tuple(each["accuracy_interval"])),
                percent(share if each["rows"] == best.get("rows") else None),
                number(each["distance"], 2),
                with_error(each["log_loss"], each["log_loss_error"]),
                number(regret),
                percent(each["teacher_forced"]),
                percent(each["free_running"]),
            ]
        )
    header = ("", "rows", "accuracy", "95 % interval", "of the posterior's", "distance", "log-loss", "regret")
    yield table((*header, "rows right", "on its own"), rows, name=f"set-{name}")
    text = f"version {one['version']}, seed {one['seed']}, {one['rows']:,} rows, SHA-256 {one['sha256']}"
    yield paragraph(text, "quiet")


def benchmark_picture(figures: Mapping[str, Any]) -> Picture:
    """Return all accuracies with their intervals, by set."""
    sets = figures["sets"]
    who = list(dict.fromkeys(name for one in sets.values() for name in one["predictors"]))
    figure = new_figure(12.6, 1.0 + (0.15 + 0.1 * len(who)) * len(sets))
    axes = figure.subplots()
    for k, name in enumerate(who):
        found = [(row, one["predictors"][name]) for row, one in enumerate(sets.values()) if name in one["predictors"]]
        values = np.array([100 * each["accuracy"] for _, each in found])
        ends = 100 * np.array([each["accuracy_interval"] for _, each in found]).T
        rows = np.array([row for row, _ in found]) + 0.7 * ((k + 0.5) / len(who) - 0.5)
        axes.errorbar(
            values,
            rows,
            xerr=np.abs(ends - values),
            color=_COLOURS[k % len(_COLOURS)],
            marker=_MARKERS[k % len(_MARKERS)],
            fillstyle="full" if k < len(_COLOURS) else "none",
            markersize=4,
            linestyle="none",
            capsize=2,
            label=name,
        )
    axes.set_yticks(range(len(sets)), list(sets))
    axes.set_ylim(len(sets) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    label(axes, x="accuracy (% of terms)", y="set")
    figure.legend(loc="outside upper center", ncols=min(len(who), 7))
    return painted("accuracy", figure, "Accuracy by set, with 95 % intervals.", wide=True)
