"""A model asked all questions of some sets, and what it got wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import KINDS, Questions
from seqtrain.failure_sets import CLASSES, PATTERNS, UNIFORM, Asked
from seqtrain.failures import Count, Failures

Answering = Callable[[Questions], NDArray[np.uint8]]
"""Answers to N questions as tokens (N, digits + 2)."""


@dataclass(frozen=True, kw_only=True)
class FailuresFound:
    """Hold the failures of each set.

    Attributes:
        digits: Of each number.
        sets: By set, in the order they were asked.
        sorts: The sort of each set.
    """

    digits: int
    sets: Sequence[Failures]
    sorts: Sequence[str]

    @property
    def questions(self) -> int:
        """How many questions there were in all."""
        return sum(each.overall.questions for each in self.sets)

    def of_sorts(self, *sorts: str) -> Failures | None:
        """Return the failures of all sets of some sorts together; None where there are none."""
        chosen = [each for each, sort in zip(self.sets, self.sorts, strict=True) if sort in sorts]
        return Failures.together(" and ".join(sorts), chosen) if chosen else None

    def classes(self) -> dict[str, Count]:
        """Each class's failures, of its uniform questions and of those asked of it alone, which are as uniform."""
        found = self.of_sorts(UNIFORM, CLASSES)
        return found.classes() if found else {}

    def patterns(self) -> dict[str, dict[int, Count]]:
        """By kind, each pattern's failures, of its uniform questions and of those asked of it alone."""
        found = self.of_sorts(UNIFORM, PATTERNS)
        kinds = found.kinds() if found else {}
        return {kind: found.patterns(kind) for kind in KINDS if found and kind in kinds}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values; patterns as a 0 or 1 for each digit, the highest first."""
        return {
            "digits": self.digits,
            "questions": self.questions,
            "sets": [
                {"name": each.name, "sort": sort, **_set_json(each)}
                for each, sort in zip(self.sets, self.sorts, strict=True)
            ],
            "classes": _counts_json(self.classes()),
            "patterns": {
                kind: _counts_json({f"{pattern:0{self.digits}b}": count for pattern, count in counts.items()})
                for kind, counts in self.patterns().items()
            },
        }


def find_failures(answer: Answering, asked: Asked, watch: Callable[[int], object] = lambda _: None) -> FailuresFound:
    """Ask all questions and count what is answered wrongly.

    Args:
        answer: Such as `answers_of` with a model.
        asked: Which questions.
        watch: Is told how many more have been answered, again and again.
    """
    chosen = asked.sets()
    found = []
    for each in chosen:
        failures = Failures(each.name, asked.digits)
        for questions in each.parts():
            failures.add(questions, answer(questions))
            watch(len(questions))
        found.append(failures)
    return FailuresFound(digits=asked.digits, sets=found, sorts=[each.sort for each in chosen])


def _set_json(failures: Failures) -> dict[str, Any]:
    return {
        **_count_json(failures.overall),
        "operations": _counts_json(failures.operations()),
        "classes": _counts_json(failures.classes()),
        "places": failures.places.tolist(),
        "wrong": [{"question": each.text, "answer": each.answer} for each in failures.wrong],
    }


def _counts_json(counts: dict[str, Count]) -> dict[str, Any]:
    return {name: _count_json(count) for name, count in counts.items()}


def _count_json(count: Count) -> dict[str, Any]:
    return {
        "questions": count.questions,
        "failures": count.failures,
        "per_million": count.per_million,
        "interval": list(count.interval),
    }
