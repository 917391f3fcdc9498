"""The figures of a model as plain tables."""

from collections.abc import Iterator, Mapping

from seqtrain.metrics import OVERALL, Metrics
from seqtrain.questions_report import questions_report
from seqtrain.scores import Scores
from seqtrain.shown import interval, number, percent, percent_with_error, with_error
from seqtrain.standings import Standing, Standings
from seqtrain.table import plain_table

_EVERYBODY = ("", "accuracy", "interval", "distance", "log-loss", "training loss", "rows right", "on its own")

_NOTE = """\
rows right: all terms from the fifth on, each after the true terms before it, and END; on its own: all these terms,
each after the predictor's own, without END. Intervals hold at 95 %, each row being one observation."""

_EXPECTED = """\
Share and regret are what the exact posterior expects of the model's answers to the prefixes of these rows."""


def scores_report(scores: Scores, *, families: bool = False) -> str:
    """Return the model's figures beside what is possible and what needs no training; then by phase and position.

    With `families` also by family, and by family and position at once. Of questions, by operation, class and place.
    """
    model, standings = scores.model, scores.standings
    if scores.random is None:
        return questions_report(scores)
    parts = [
        f"{model.rows:,} rows, {model.overall.targets:,} terms to predict",
        f"{plain_table(_EVERYBODY, list(_everybody(scores)))}\n{_NOTE}",
    ]
    if standings.overall.expected_share is not None:
        parts.append(f"{_measured_and_expected(standings.overall)}\n{_EXPECTED}")
    parts.append(_table("phase", {OVERALL: standings.overall, **standings.phases}))
    if standings.held_out:
        parts.append(_table("rows", standings.held_out))
    parts.append(_table("terms seen", standings.positions))
    if families and standings.families:
        parts += [_table("family", standings.families), _cells(standings)]
    return "\n\n".join(parts)


def _everybody(scores: Scores) -> Iterator[list[str]]:
    """Yield a line of figures over all rows for the model and for everything it stands beside."""
    yield ["model", *_figures(scores.model.overall)]
    if scores.model.possible is not None:
        yield ["possible on these rows", *_figures(scores.model.possible.overall)]
    ceiling = None if scores.ceilings is None else scores.ceilings.overall
    if ceiling is not None and ceiling.accuracy is not None:
        distance = None if ceiling.distance is None else float(ceiling.distance)
        shown = [percent(float(ceiling.accuracy)), number(None), number(distance, 2), number(ceiling.loss)]
        yield ["possible over all rows", *shown, *[number(None)] * 3]
    for name, rule in reversed(list(scores.rules.items())):
        yield [name, *_figures(rule.overall)]
    if scores.random is not None:
        yield ["random guessing", *_figures(scores.random)]


def _figures(metrics: Metrics) -> list[str]:
    return [
        percent(metrics.accuracy),
        interval(metrics.accuracy_interval),
        with_error(metrics.distance, metrics.distance_error, 2),
        with_error(metrics.log_loss, metrics.log_loss_error),
        number(metrics.training_loss),
        percent(metrics.teacher_forced),
        percent(metrics.free_running),
    ]


def _measured_and_expected(overall: Standing) -> str:
    rows = [
        [
            "share of what is possible",
            percent(overall.share_of_possible),
            percent_with_error(overall.expected_share, overall.expected_share_error),
        ],
        [
            "regret (nats a term)",
            with_error(overall.regret, overall.regret_error),
            with_error(overall.expected_regret, overall.expected_regret_error),
        ],
    ]
    return plain_table(("", "measured", "expected"), rows)


def _table(what: str, standings: Mapping[str, Standing] | Mapping[int, Standing]) -> str:
    """Return how the model stands in each group, with the exact ceilings, or where they are unknown the posterior's."""
    known = any(each.possible_accuracy is not None for each in standings.values())
    header: tuple[str, ...] = (what, "terms", "accuracy", "log-loss")
    if known:
        header = (what, "terms", "accuracy", "possible", "share", "log-loss", "possible", "regret")
    rows = []
    for name, each in standings.items():
        accuracy, loss = each.ceiling_accuracy, each.ceiling_log_loss
        if accuracy is None:
            accuracy, loss = each.possible_accuracy, each.possible_log_loss
        beside = [percent(accuracy), percent_with_error(each.expected_share, each.expected_share_error)]
        regret = [number(loss), with_error(each.expected_regret, each.expected_regret_error)]
        rows.append(
            [
                str(name),
                f"{each.targets:,}",
                percent(each.accuracy),
                *(beside if known else []),
                number(each.log_loss),
                *(regret if known else []),
            ]
        )
    return plain_table(header, rows)


def _cells(standings: Standings) -> str:
    """Return the share of what is possible, or where it is unknown the accuracy, by family and position."""
    known = standings.overall.expected_share is not None

    def cell(standing: Standing | None) -> str:
        return percent(None if standing is None else standing.expected_share if known else standing.accuracy, 1)

    header = [f"{'share' if known else 'accuracy'} after", *map(str, standings.positions)]
    rows = [[name, *(cell(row.get(depth)) for depth in standings.positions)] for name, row in standings.cells.items()]
    return plain_table(header, rows)
