"""The test of the whole algorithm as text and as JSON."""

from collections.abc import Sequence
from typing import Any

from seqtrain.analysis.algorithm import FOUND, Verdict, counts
from seqtrain.analysis.folder import Known
from seqtrain.table import plain_table

KIND_NAMES = {
    "S": "additions",
    "M": "subtractions, answer of at least 0",
    "N": "subtractions, negative answer",
    "sign": "the sign of subtractions",
    "mix": "additions and subtractions",
}


def algorithm_rows(tested: Sequence[Verdict], digits: int) -> list[list[str]]:
    """Return a row for each requirement: of what, for which digit, what must be known, status, and where it is."""
    return [
        [
            KIND_NAMES[verdict.requirement.kind],
            target_name(verdict.requirement.target, digits),
            verdict.requirement.meaning,
            " or ".join("+".join(map(_task_name, way)) for way in verdict.requirement.ways),
            verdict.status,
            " ".join(map(str, verdict.nodes)) or "–",
        ]
        for verdict in tested
    ]


ROW_NAMES = ("questions", "digit", "must be known", "sub-task", "status", "nodes")


def algorithm_text(known: Known, tested: Sequence[Verdict]) -> str:
    """Return the verdicts as a plain table, with a line that sums them up."""
    found = counts(tested)
    said = ", ".join(f"{count} {status}" for status, count in found.items() if count)
    of = "trials for each digit of the answer" if known.of_trials else "the tags and impacts of the node files"
    table = plain_table(ROW_NAMES, algorithm_rows(tested, known.digits))
    return f"{table}\n\n{found[FOUND]} of {len(tested)} requirements met ({said}), by {of}"


def algorithm_json(known: Known, tested: Sequence[Verdict]) -> dict[str, Any]:
    """Return the verdicts as JSON values."""
    return {
        "digits": known.digits,
        "kinds": known.kinds,
        "evidence": "trials" if known.of_trials else "tags",
        "counts": dict(counts(tested)),
        "requirements": [verdict.to_dict() for verdict in tested],
    }


def target_name(target: int, digits: int) -> str:
    """Return how a digit of the answer is called.

    >>> target_name(3, digits=6), target_name(7, digits=6)
    ('A3', 'sign')
    """
    return "sign" if target == digits + 1 else f"A{target}"


def _task_name(task: tuple[str, int | None]) -> str:
    name, digit = task
    return name if digit is None else f"A{digit}.{name}"
