"""The tables of a run's page."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqmodel import MemoryAccount
from seqtrain.metrics import OVERALL
from seqtrain.page import Cell, table
from seqtrain.shown import interval, number, percent, percent_with_error, points, size, with_error
from seqtrain.standings import Standing, Standings
from seqtrain.wrong_answers import WrongAnswer

_MEMORY_PARTS = {
    "weights": "weights",
    "tables": "fixed tables",
    "gradients": "gradients, as they add to the peak",
    "moments": "the optimiser's moments",
    "rows": "tokens and targets",
    "activations": "saved for the backward pass",
    "logits": "logits and loss",
    "temporaries": "temporaries",
    "total": "total, at the fullest moment",
}


def scores_table(scores: Mapping[str, Any]) -> str:
    """Return the figures of an evaluation (JSON values) beside the exact ceilings."""
    ceilings = scores["ceilings"] or {"overall": {}, "phases": {}}
    groups = [(OVERALL, scores["model"]["overall"], ceilings["overall"])]
    groups += [(name, each, ceilings["phases"].get(name, {})) for name, each in scores["model"]["phases"].items()]
    groups += [(name, each, {}) for name, each in scores["model"]["held_out"].items()]
    return table(
        ("", "accuracy", "95 % interval", "ceiling", "distance", "ceiling", "log-loss", "ceiling", "regret"),
        [_score_row(*group) for group in groups],
        name="scores",
        caption="Beside the exact ceilings over all rows there are; log-loss and regret in nats per term. Chance in "
        "the rows is in the model's figures alone; both on the same rows stand further below.",
        bold_first=True,
    )


def _score_row(name: str, figures: Mapping[str, Any], ceiling: Mapping[str, Any]) -> list[str]:
    loss, least = figures["log_loss"], ceiling.get("loss")
    return [
        name,
        percent(figures["accuracy"]),
        _interval(figures),
        percent(ceiling.get("accuracy")),
        number(figures["distance"], 2),
        number(ceiling.get("distance"), 2),
        number(loss),
        number(least),
        number(None if loss is None or least is None else loss - least),
    ]


def baselines_table(scores: Mapping[str, Any]) -> str:
    """Return the model between what is possible and what is reached without training, on the rows of an evaluation."""
    figures = {"the model": scores["model"]["overall"]}
    if scores["model"]["possible"] is not None:
        figures = {"what is possible": scores["model"]["possible"]["overall"]} | figures
    figures |= {name: rule["overall"] for name, rule in reversed(list(scores["rules"].items()))}
    if scores["random"] is not None:
        figures["random guessing"] = scores["random"]
    return table(
        ("on the same rows", "accuracy", "95 % interval", "distance", "log-loss", "rows right", "on its own"),
        [
            [
                name,
                percent(each["accuracy"]),
                _interval(each),
                number(each["distance"], 2),
                number(each["log_loss"]),
                percent(each["teacher_forced"]),
                percent(each["free_running"]),
            ]
            for name, each in figures.items()
        ],
        name="baselines",
        caption="Rows right: everything from the fifth term on, each after the true terms before it. On its own: all "
        "terms from the fifth on, each after the predictor's own.",
    )


def _interval(figures: Mapping[str, Any]) -> str:
    low, high = figures["accuracy_interval"]
    return interval((math.nan if low is None else low, math.nan if high is None else high))


def standings_tables(standings: Standings) -> str:
    """Return the tables by phase, position and family."""
    header = (
        "",
        "terms",
        "accuracy",
        "possible",
        "missing (points)",
        "expected share",
        "log-loss",
        "possible",
        "regret (nats)",
        "expected regret",
    )
    groups: dict[str, Mapping[str, Standing]] = {
        "phases": {OVERALL: standings.overall, **standings.phases},
        "positions": {f"after {depth}": each for depth, each in standings.positions.items()},
        "families": standings.families,
        "held-out": standings.held_out,
    }
    captions = {
        "phases": "By phase.",
        "positions": "By terms seen.",
        "families": "By family.",
        "held-out": "By whether training could see the row.",
    }
    return "\n".join(
        table(header, [_standing_row(*item) for item in group.items()], name=name, caption=captions[name])
        for name, group in groups.items()
        if group
    )


def _standing_row(name: str, standing: Standing) -> list[str]:
    return [
        name,
        f"{standing.targets:,}",
        percent(standing.accuracy),
        percent(standing.possible_accuracy),
        points(standing.gap, standing.gap_error),
        percent_with_error(standing.expected_share, standing.expected_share_error),
        number(standing.log_loss),
        number(standing.possible_log_loss),
        with_error(standing.regret, standing.regret_error),
        with_error(standing.expected_regret, standing.expected_regret_error),
    ]


def wrong_table(wrong: Sequence[WrongAnswer]) -> str:
    """Return the answers that went wrong."""
    header = ("terms seen", "next", "model", "gave it", "gave next", "posterior", "gave it", "the rule behind")
    return table(header, [list(_wrong_row(each)) for each in wrong], name="wrong")


def _wrong_row(each: WrongAnswer) -> Iterator[str | Cell]:
    yield Cell(text=", ".join(map(str, each.seen)), kind="text")
    yield _term(each.term)
    yield _term(each.answer)
    yield percent(each.probability, 1)
    yield percent(each.term_probability, 1)
    yield "–" if each.ideal_probability is None else _term(each.ideal)
    yield percent(each.ideal_probability, 1)
    yield Cell(text=f"{each.family}: {each.formula}", kind="formula")


def _term(term: int | None) -> str:
    return "END" if term is None else str(term)


def memory_table(account: MemoryAccount) -> str:
    """Return the parts of an account of memory that are not empty, and their total."""
    parts = {said: getattr(account, name) for name, said in _MEMORY_PARTS.items()}
    rows = [[said, size(count), percent(count / account.total, 1)] for said, count in parts.items() if count]
    return table(("part", "memory", "share"), rows, name="memory")
