"""The page that lays runs side by side."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from seqtrain.measured_run import MeasuredRun, what_is_asked
from seqtrain.page import Cell, heading, page, paragraph, pictures, table
from seqtrain.pictures import Picture
from seqtrain.recipe_file import recipe_to_dict
from seqtrain.shown import duration, number, percent, points, with_error
from seqtrain.standings import Standing

_ABSENT = "–"


def compare_page(runs: Sequence[MeasuredRun], names: Sequence[str], shown: Sequence[Picture]) -> str:
    """Return the page: figures, pictures, what differs between the recipes."""
    differences = list(recipe_differences(runs))
    body = [
        heading(f"{len(runs)} training runs side by side", 1),
        *map(paragraph, _warnings(runs, names)),
        table(_HEADER, _figure_rows(runs, names), name="runs", caption=_caption(runs)),
        heading("How they went"),
        pictures(picture for picture in shown if not picture.wide),
        pictures(picture for picture in shown if picture.wide),
        *_phases(runs, names),
        heading("What differs in the recipes"),
    ]
    if differences:
        body.append(table(("field", *names), differences, name="differences"))
    else:
        body.append(paragraph("Nothing: the recipes are equal."))
    return page(f"seqtrain: {', '.join(names)}", body)


def run_names(runs: Sequence[MeasuredRun]) -> list[str]:
    """Return a name for each run: its folder's, with as many folders above it as tell the runs apart."""
    paths = [run.history.folder.path.resolve() for run in runs]
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        names = ["/".join(path.parts[-depth:]) for path in paths]
        if len(set(names)) == len(names):
            break
    return names


def recipe_differences(runs: Sequence[MeasuredRun]) -> Iterator[list[str]]:
    """Yield each field that not all recipes agree on, with its value in each."""
    flat = [dict(_flat(recipe_to_dict(run.history.recipe))) for run in runs]
    for field in dict.fromkeys(field for each in flat for field in each):
        values = [each.get(field) for each in flat]
        if any(value != values[0] for value in values):
            yield [field, *(_ABSENT if value is None else str(value) for value in values)]


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the single values of nested tables, each with its place: `curriculum.stages[1].start`."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{place}[{index}]")
    else:
        yield place, value


def _warnings(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Iterator[str]:
    first, *keys = (what_is_asked(run.history) for run in runs)
    others = [name for key, name in zip(keys, names[1:], strict=True) if key != first]
    if others:
        yield (
            f"Not all of them are asked the same: {', '.join(others)} and {names[0]} differ in their final mixture, "
            "their terms or whether END counts, so that only what is said beside the ceiling can be compared."
        )
    for run, name in zip(runs, names, strict=True):
        if not run.history.ended or run.scored_now:
            total = run.history.recipe.budget.total_steps
            yield f"{name}: {run.history.status} (step {run.history.step:,} of {total:,})."


def _caption(runs: Sequence[MeasuredRun]) -> str:
    rows = next((run.standings.rows for run in runs if run.standings is not None), None)
    if rows is None:
        return "Figures of the final evaluations."
    return (
        f"On {rows:,} rows of each run's evaluation, with 95 % confidence intervals. What is possible, missing (in "
        "percentage points) and regret (like log-loss in nats per term) are what the exact posterior expects of the "
        "model's answers there. The best of a column is green."
    )


_HEADER = (
    "run",
    "weights",
    "steps",
    "training time",
    "accuracy",
    "of what is possible",
    "missing",
    "log-loss",
    "regret",
)

_BEST: dict[str, Callable[[Sequence[float]], float]] = {
    "accuracy": max,
    "expected_share": max,
    "expected_gap": min,
    "log_loss": min,
    "expected_regret": min,
}


def _figure_rows(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Iterator[list[str | Cell]]:
    every = [_overall(run) for run in runs]
    best = {}
    for figure, choose in _BEST.items():
        values = [value for each in every if (value := getattr(each, figure)) is not None and not math.isnan(value)]
        best[figure] = choose(values) if values else None

    def cell(standing: Standing, figure: str, text: str) -> Cell:
        value = getattr(standing, figure)
        return Cell(text=text, kind="best" if value is not None and value == best[figure] else "")

    for run, name, each in zip(runs, names, every, strict=True):
        yield [
            name,
            f"{run.parameters:,}",
            f"{run.history.step:,}",
            duration(run.history.seconds),
            cell(each, "accuracy", percent(each.accuracy)),
            cell(each, "expected_share", percent(each.expected_share)),
            cell(each, "expected_gap", points(each.expected_gap, each.expected_gap_error)),
            cell(each, "log_loss", number(each.log_loss)),
            cell(each, "expected_regret", with_error(each.expected_regret, each.expected_regret_error)),
        ]


def _overall(run: MeasuredRun) -> Standing:
    """Return a run's figures, those of its final evaluation where its rows are not known here."""
    if run.standings is not None:
        return run.standings.overall
    if run.scores is None:
        return Standing(targets=0, accuracy=math.nan, log_loss=None)
    figures = run.scores["model"]["overall"]
    return Standing(targets=figures["targets"], accuracy=figures["accuracy"], log_loss=figures["log_loss"])


def _phases(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Iterator[str]:
    phases = list(dict.fromkeys(phase for run in runs if run.standings for phase in run.standings.phases))
    if not phases:
        return
    rows = []
    for run, name in zip(runs, names, strict=True):
        if run.standings is None:
            continue
        of_run = [run.standings.phases.get(phase) for phase in phases]
        cells = []
        for each in of_run:
            cells += (
                ["–", "–"]
                if each is None
                else [percent(each.expected_share), with_error(each.expected_regret, each.expected_regret_error)]
            )
        rows.append([name, *cells])
    header = [part for phase in phases for part in (phase, "regret")]
    yield heading("By phase")
    yield table(
        ("run", *header),
        rows,
        name="phases",
        caption="Of the accuracy that is possible, and regret in nats per term, both as expected.",
    )
