"""The page that lays runs side by side."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from seqtrain.measured_run import MeasuredRun, what_is_asked
from seqtrain.page import Cell, heading, page, paragraph, pictures, table
from seqtrain.pictures import Picture
from seqtrain.questions_page import compared_table
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
        compared_table(runs, names) if _all_on_questions(runs) else _figures(runs, names),
        heading("How they went"),
        pictures(picture for picture in shown if not picture.wide),
        pictures(picture for picture in shown if picture.wide),
        *([] if _all_on_questions(runs) else _phases(runs, names)),
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
    where = "Figures of the final evaluations" if rows is None else f"On {rows:,} rows of each run's evaluation"
    if all(_overall(run).expected_gap is None for run in runs):
        return f"{where}; log-loss in nats per term. The best of a column is green."
    return (
        f"{where}, with 95 % confidence intervals. What is possible, missing (in percentage points) and regret (like "
        "log-loss in nats per term) are what the exact posterior expects of the model's answers there. The best of a "
        "column is green."
    )


_BEST: dict[str, Callable[[Sequence[float]], float]] = {
    "accuracy": max,
    "expected_share": max,
    "expected_gap": min,
    "log_loss": min,
    "expected_regret": min,
}


def _all_on_questions(runs: Sequence[MeasuredRun]) -> bool:
    return all(run.history.recipe.questions.digits for run in runs)


def _figures(runs: Sequence[MeasuredRun], names: Sequence[str]) -> str:
    """Return the table of the runs; a column that no run has a figure for is left out."""
    every = [_overall(run) for run in runs]
    best = {}
    for figure, choose in _BEST.items():
        values = [value for each in every if (value := getattr(each, figure)) is not None and not math.isnan(value)]
        best[figure] = choose(values) if values else None

    def column(name: str, figure: str, written: Callable[[Standing], str]) -> dict[str, list[str | Cell]]:
        if best[figure] is None:
            return {}
        marked = ["best" if getattr(each, figure) == best[figure] else "" for each in every]
        return {name: [Cell(text=written(each), kind=mark) for each, mark in zip(every, marked, strict=True)]}

    columns: dict[str, list[str | Cell]] = {
        "run": [*names],
        "weights": [f"{run.parameters:,}" for run in runs],
        "steps": [f"{run.history.step:,}" for run in runs],
        "training time": [duration(run.history.seconds) for run in runs],
        **column("accuracy", "accuracy", lambda each: percent(each.accuracy)),
        **column("of what is possible", "expected_share", lambda each: percent(each.expected_share)),
        **column("missing", "expected_gap", lambda each: points(each.expected_gap, each.expected_gap_error)),
        **column("log-loss", "log_loss", lambda each: number(each.log_loss)),
        **column(
            "regret", "expected_regret", lambda each: with_error(each.expected_regret, each.expected_regret_error)
        ),
    }
    return table([*columns], zip(*columns.values(), strict=True), name="runs", caption=_caption(runs))


def _overall(run: MeasuredRun) -> Standing:
    """Return a run's figures, those of its final evaluation where its rows are not known here."""
    if run.standings is not None:
        return run.standings.overall
    if run.scores is None:
        return Standing(targets=0, accuracy=math.nan, log_loss=None)
    figures = run.scores["model"]["overall"]
    return Standing(targets=figures["targets"], accuracy=figures["accuracy"], log_loss=figures["log_loss"])


def _phases(runs: Sequence[MeasuredRun], names: Sequence[str]) -> Iterator[str]:
    measured = {name: run.standings for name, run in zip(names, runs, strict=True) if run.standings is not None}
    phases = list(dict.fromkeys(phase for standings in measured.values() for phase in standings.phases))
    if not phases:
        return
    known = all(standings.overall.expected_share is not None for standings in measured.values())

    def cells(standing: Standing | None) -> list[str]:
        if standing is None:
            return [_ABSENT, _ABSENT]
        if known:
            regret = with_error(standing.expected_regret, standing.expected_regret_error)
            return [percent(standing.expected_share), regret]
        return [percent(standing.accuracy), number(standing.log_loss)]

    rows = [
        [name, *(cell for phase in phases for cell in cells(standings.phases.get(phase)))]
        for name, standings in measured.items()
    ]
    what = "Of the accuracy that is possible, and regret" if known else "Accuracy, and log-loss"
    yield heading("By phase")
    yield table(
        ("run", *(part for phase in phases for part in (phase, "regret" if known else "log-loss"))),
        rows,
        name="phases",
        caption=f"{what} in nats per term{', both as expected' if known else ''}.",
    )
