"""The figures of a model that answers questions, as plain tables."""

from collections.abc import Iterator, Mapping

from seqtrain.metrics import OVERALL, Metrics
from seqtrain.scores import Scores
from seqtrain.shown import interval, number, percent
from seqtrain.table import plain_table

_NOTE = """\
answers right: every symbol of the answer is, its sign among them, which is the same by greedy decoding as after the
true symbols. Intervals hold at 95 %. Places count from the answer's lowest digit, A0; the highest is the sign's."""


def questions_report(scores: Scores) -> str:
    """Return the model's figures by operation, class of difficulty and place in the answer."""
    model = scores.model
    answer = len(model.positions)
    header = ("", "questions", "answers right", "interval", "symbols right", "log-loss", "training loss")
    by_operation = {OVERALL: model.overall, **model.phases}
    return "\n\n".join(
        [
            f"{model.rows:,} questions, {model.overall.targets:,} symbols of answers",
            f"{plain_table(header, list(_operations(by_operation, answer)))}\n{_NOTE}",
            plain_table(("class", *header[1:6]), [row[:6] for row in _operations(model.families, answer)]),
            plain_table(
                ("place", "symbols right", "log-loss"),
                [
                    [f"A{answer - 1 - place}", percent(each.accuracy, 4), number(each.log_loss, 6)]
                    for place, each in enumerate(model.positions.values())
                ],
            ),
        ]
    )


def _operations(groups: Mapping[str, Metrics], answer: int) -> Iterator[list[str]]:
    for name, each in groups.items():
        yield [
            name,
            f"{each.targets // answer:,}",
            percent(each.teacher_forced, 4),
            interval(each.teacher_forced_interval),
            percent(each.accuracy, 4),
            number(each.log_loss, 6),
            number(each.training_loss, 6),
        ]
