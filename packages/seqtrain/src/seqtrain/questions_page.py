"""What a page says of a run on questions: text and tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqtrain.measured_run import MeasuredRun
from seqtrain.metrics import OVERALL
from seqtrain.page import Cell, heading, paragraph, table
from seqtrain.recipe import QuestionsRecipe
from seqtrain.shown import duration, interval, number, percent
from seqtrain.wrong_questions import WrongQuestion

_OPERATIONS = {"add": "additions", "sub": "subtractions", "mix": "additions and subtractions"}

COUNTING = (
    "Answers right: the share of questions of whose answer every symbol is right, the sign among them. Each symbol is "
    "asked for after the true ones before it; the first wrong one comes at the same place when the model goes on from "
    "its own, so that greedy decoding has the same answers right. Log-loss: plain cross-entropy in nats a symbol."
)


def learned_text(recipe: QuestionsRecipe) -> str:
    """Return what the questions of a recipe are, in words that go on from "a transformer that"."""
    enriched = {
        "runs of pairs that sum to nine in {} of the additions": recipe.nines,
        "runs of equal pairs under a borrow in {} of the subtractions": recipe.borrows,
        "equal numbers in {} of the subtractions": recipe.equal,
        "short numbers in {} of the rows": recipe.short,
    }
    shown = [words.format(percent(share, 0)) for words, share in enriched.items() if share]
    shown += ["the published enrichment"] if recipe.published else []
    made = f", with {', '.join(shown)}" if shown else ""
    share = f", {percent(recipe.subtraction, 0)} of them subtractions" if recipe.operation == "mix" else ""
    return f"answers {_OPERATIONS[recipe.operation]} of {recipe.digits} digits{share}{made}"


def questions_tables(scores: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of an evaluation (JSON values) by operation, class and place."""
    model, header = scores["model"], ("", "questions", "answers right", "95 % interval", "symbols right", "log-loss")
    answer = len(model["positions"])

    def rows(groups: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
        return [
            [
                name,
                f"{each['targets'] // answer:,}",
                percent(each["teacher_forced"], 4),
                interval(each["teacher_forced_interval"]),
                percent(each["accuracy"], 4),
                number(each["log_loss"], 6),
            ]
            for name, each in groups.items()
        ]

    yield table(header, rows(_operations(scores)), name="scores", bold_first=True)
    yield table(header, rows(model["families"]), name="classes", caption="By class of difficulty.")
    places = [
        [f"A{answer - 1 - place}", percent(each["accuracy"], 4), number(each["log_loss"], 6)]
        for place, each in enumerate(model["positions"].values())
    ]
    caption = "By place in the answer, counted from the lowest digit; the highest is the sign's."
    yield table(("", *header[4:]), places, name="places", caption=caption)


def compared_table(runs: Sequence[MeasuredRun], names: Sequence[str]) -> str:
    """Return the figures of runs that were all asked questions, side by side."""
    figures = [{} if run.scores is None else _operations(run.scores) for run in runs]
    operations = list(dict.fromkeys(name for each in figures for name in each))
    rows = []
    for run, name, each in zip(runs, names, figures, strict=True):
        known = each.get(OVERALL, {})
        right = [
            percent(each[operation]["teacher_forced"] if operation in each else None, 4) for operation in operations
        ]
        facts = [name, f"{run.parameters:,}", f"{run.history.step:,}", duration(run.history.seconds)]
        rows.append([*facts, *right, percent(known.get("accuracy"), 4), number(known.get("log_loss"), 6)])
    header = ["run", "weights", "steps", "training time", *(f"answers right, {name}" for name in operations)]
    caption = "Figures of the final evaluations. Answers right: those of which every symbol is right."
    return table([*header, "symbols right", "log-loss"], rows, name="runs", caption=caption)


def _operations(scores: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {OVERALL: scores["model"]["overall"], **scores["model"]["phases"]}


def wrong_part(wrong: Sequence[WrongQuestion]) -> Iterator[str]:
    """Yield the part about questions that were answered wrongly, if there are any."""
    if not wrong:
        return
    yield heading("Answers that went wrong")
    yield paragraph(f"{len(wrong)} questions of those rows that were answered wrongly, drawn by a fixed seed.", "quiet")
    rows: list[list[str | Cell]] = [
        [Cell(text=each.question, kind="formula"), each.answer, each.said, each.difficulty] for each in wrong
    ]
    yield table(("question", "answer", "model", "class"), rows, name="wrong")
