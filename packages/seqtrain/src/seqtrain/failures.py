"""Which questions of arithmetic a model answers wrongly, counted in every way that matters."""

# N questions, A tokens of an answer

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import CLASS_NAMES, KINDS, Questions, texts_of
from seqtrain.clopper_pearson import clopper_pearson

SHOWN = 20
"""Wrong answers of which the text is kept."""


@dataclass(frozen=True)
class Count:
    """Hold how many questions there were, and how many of them were answered wrongly.

    >>> Count(questions=2_000_000, failures=26).per_million
    13.0
    """

    questions: int
    failures: int

    @property
    def per_million(self) -> float:
        """Failures per million questions."""
        return 1e6 * self.failures / self.questions

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's 95 % interval, per million questions."""
        low, high = clopper_pearson(self.failures, self.questions)
        return 1e6 * low, 1e6 * high


@dataclass(frozen=True)
class WrongAnswer:
    """Hold a question with its right answer, such as "5+7=+12", and what was answered."""

    text: str
    answer: str


class Failures:
    """Count the failures of a set of questions as their answers come in.

    Args:
        name: Of the set.
        digits: Of each number in its questions.

    Attributes:
        wrong: The first of the wrong answers.
        places: int64 (digits + 2,), how many answers were wrong at each place: at the sign, then the highest digit...

    >>> asked = Questions.parse(["5+7=", "5-7="])
    >>> failures = Failures("both", digits=1)
    >>> failures.add(asked, np.array([[10, 1, 3], [11, 0, 2]], np.uint8))
    >>> failures.overall, failures.classes()["S1"].failures, failures.wrong
    (Count(questions=2, failures=1), 1, [WrongAnswer(text='5+7=+12', answer='+13')])
    """

    def __init__(self, name: str, digits: int) -> None:
        self.name = name
        self.digits = digits
        self.wrong: list[WrongAnswer] = []
        self.places = np.zeros(digits + 2, np.int64)
        self._asked, self._failed = _Tally(), _Tally()

    def add(self, questions: Questions, answers_NA: NDArray[np.uint8]) -> None:
        """Take in what was answered to some questions: tokens, as `answers_of` returns them."""
        places_NA = answers_NA != questions.answers()
        self.places += places_NA.sum(axis=0)
        wrong_N = places_NA.any(axis=1)
        shown = np.flatnonzero(wrong_N)[: SHOWN - len(self.wrong)]
        texts = zip(questions[shown].texts(), texts_of(answers_NA[shown]), strict=True)
        self.wrong += [WrongAnswer(text, answer) for text, answer in texts]
        self._asked.add(questions)
        self._failed.add(questions[wrong_N])

    @classmethod
    def together(cls, name: str, sets: Sequence["Failures"]) -> "Failures":
        """Return the failures of several sets, one at least, as those of one set."""
        whole = cls(name, sets[0].digits)
        for each in sets:
            whole.wrong += each.wrong[: SHOWN - len(whole.wrong)]
            whole.places += each.places
            whole._asked.update(each._asked)  # noqa: SLF001 (of its own kind)
            whole._failed.update(each._failed)  # noqa: SLF001
        return whole

    @property
    def overall(self) -> Count:
        """All questions."""
        return Count(int(self._asked.classes.sum()), int(self._failed.classes.sum()))

    def classes(self) -> dict[str, Count]:
        """Each class of difficulty that was asked about."""
        counts = zip(CLASS_NAMES, self._asked.classes.tolist(), self._failed.classes.tolist(), strict=True)
        return {name: Count(questions, failures) for name, questions, failures in counts if questions}

    def operations(self) -> dict[str, Count]:
        """Additions, "add", and subtractions, "sub", if there were any."""
        return self._groups(lambda kind: "add" if kind == "S" else "sub")

    def kinds(self) -> dict[str, Count]:
        """Additions, "S", and subtractions with an answer of at least 0, "M", and with a negative one, "N"."""
        return self._groups(lambda kind: kind)

    def patterns(self, kind: str) -> dict[int, Count]:
        """Each pattern of carries or borrows that was asked about in questions of a kind, ascending."""
        asked, failed = self._asked.patterns[kind], self._failed.patterns[kind]
        return {pattern: Count(asked[pattern], failed[pattern]) for pattern in sorted(asked)}

    def _groups(self, group_of: Callable[[str], str]) -> dict[str, Count]:
        groups: dict[str, Count] = {}
        for name, count in self.classes().items():
            group = group_of(name[0])
            before = groups.get(group, Count(0, 0))
            groups[group] = Count(before.questions + count.questions, before.failures + count.failures)
        return groups


class _Tally:
    """How many questions there were: int64 by place in CLASS_NAMES, and by kind and pattern."""

    def __init__(self) -> None:
        self.classes = np.zeros(len(CLASS_NAMES), np.int64)
        self.patterns = {kind: Counter[int]() for kind in KINDS}

    def add(self, questions: Questions) -> None:
        kinds_N, patterns_N = questions.kinds(), questions.patterns()
        self.classes += np.bincount(_FIRST_OF_KIND[kinds_N] + questions.levels(), minlength=len(CLASS_NAMES))
        for number, kind in enumerate(KINDS):
            patterns, counts = np.unique(patterns_N[kinds_N == number], return_counts=True)
            self.patterns[kind].update(dict(zip(patterns.tolist(), counts.tolist(), strict=True)))

    def update(self, other: "_Tally") -> None:
        self.classes += other.classes
        for kind, patterns in other.patterns.items():
            self.patterns[kind].update(patterns)


_FIRST_OF_KIND = np.array([CLASS_NAMES.index(f"{kind}0") for kind in KINDS])
