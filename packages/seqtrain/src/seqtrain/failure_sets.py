"""Which questions a model is asked to find its failures: uniform and enriched ones, every class, every pattern."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import (
    CLASS_NAMES,
    Enrichment,
    OneOperation,
    Questions,
    QuestionStream,
    class_counts,
    known_hard_questions,
    of_class,
    possible_patterns,
    with_patterns,
)
from seqgen.arithmetic.columns import exchanged
from seqgen.philox import multiply_high, words
from seqtrain._checks import fail

UNIFORM = "uniform"
ENRICHED = "enriched"
CLASSES = "every class"
PATTERNS = "every pattern"
KNOWN = "known hard"

PURPOSE = "evaluation"
"""Of all streams asked here: training's questions have another."""

MOST_PATTERNS = 4096
"""Numbers with more patterns are asked about patterns drawn at random, as many questions as so many patterns have."""

_AT_ONCE = 1 << 14
_NAMES = {"add": "additions", "sub": "subtractions"}
_ENRICHMENTS: dict[str, tuple[OneOperation, Enrichment]] = {
    "additions with runs of nines": ("add", Enrichment(nines=1.0)),
    "subtractions with runs of equal digits": ("sub", Enrichment(borrows=1.0)),
    "subtractions of equal numbers": ("sub", Enrichment(equal=1.0)),
    "additions of short numbers": ("add", Enrichment(short=1.0)),
    "subtractions of short numbers": ("sub", Enrichment(short=1.0)),
}


@dataclass(frozen=True, kw_only=True)
class QuestionSet:
    """Name some questions.

    Attributes:
        sort: One of the sorts above.
        name: Its own.
        size: How many questions.
        part: Makes some of them, given the first one's number and how many.
    """

    sort: str
    name: str
    size: int
    part: Callable[[int, int], Questions]

    def parts(self) -> Iterator[Questions]:
        """Yield all questions, some thousands at once."""
        for first in range(0, self.size, _AT_ONCE):
            yield self.part(first, min(_AT_ONCE, self.size - first))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Say which questions a model is asked.

    Attributes:
        digits: Of each number, 1 to 20.
        operations: "add", "sub" or both.
        uniform: How many uniform questions of each operation.
        enriched: How many of each rare sort: with a run of nines or of equal digits, of equal or of short numbers.
        each_class: How many more of each class of difficulty.
        each_pattern: How many more of each pattern of carries, and of borrows with either sign of the answer.
        seed: Of all that is drawn.
    """

    digits: int
    operations: tuple[OneOperation, ...] = ("add", "sub")
    uniform: int = 100_000
    enriched: int = 10_000
    each_class: int = 2000
    each_pattern: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("uniform", "enriched", "each_class", "each_pattern"):
            if getattr(self, name) < 0:
                fail(name, getattr(self, name), "0 or more")

    def sets(self) -> list[QuestionSet]:
        """Return the sets that hold any questions."""
        every = [*self._streams(), *self._classes(), *self._patterns(), *self._known()]
        return [each for each in every if each.size]

    def _streams(self) -> Iterator[QuestionSet]:
        for operation in self.operations:
            name = f"uniform {_NAMES[operation]}"
            yield self._stream(UNIFORM, name, self.uniform, operation, Enrichment())
        for name, (operation, enrichment) in _ENRICHMENTS.items():
            if operation in self.operations and enrichment.fits(self.digits):
                yield self._stream(ENRICHED, name, self.enriched, operation, enrichment)

    def _stream(self, sort: str, name: str, size: int, operation: OneOperation, enrichment: Enrichment) -> QuestionSet:
        stream = QuestionStream(self.digits, operation, self.seed, PURPOSE, enrichment)
        return QuestionSet(sort=sort, name=name, size=size, part=stream.questions)

    def _classes(self) -> Iterator[QuestionSet]:
        sizes = class_counts(self.digits)
        for name in CLASS_NAMES:
            if sizes[name] and ("add" if name[0] == "S" else "sub") in self.operations:
                yield QuestionSet(sort=CLASSES, name=f"class {name}", size=self.each_class, part=self._of_class(name))

    def _of_class(self, name: str) -> Callable[[int, int], Questions]:
        return lambda first, count: of_class(self.digits, name, count, self.seed, first, PURPOSE)

    def _patterns(self) -> Iterator[QuestionSet]:
        for operation in self.operations:
            possible = 2**self.digits  # carries; and borrows, with either sign
            which = "every pattern" if possible <= MOST_PATTERNS else "random patterns"
            name = f"{which} of {'carries' if operation == 'add' else 'borrows'}"
            count = min(possible, MOST_PATTERNS)
            yield QuestionSet(
                sort=PATTERNS, name=name, size=count * self.each_pattern, part=self._of_patterns(operation)
            )

    def _of_patterns(self, operation: OneOperation) -> Callable[[int, int], Questions]:
        every = possible_patterns(self.digits, operation)
        if operation == "sub":
            every = np.repeat(every, 2)  # once for answers of at least 0, once for negative ones

        def part(first: int, count: int) -> Questions:
            if len(every) > MOST_PATTERNS:
                drawn = words(PURPOSE, self.seed, first, count, "any-pattern")
                numbers = multiply_high(drawn, len(every)).astype(np.int64)
            else:
                numbers = np.arange(first, first + count) // self.each_pattern
            questions = with_patterns(self.digits, operation, every[numbers], self.seed, first, PURPOSE)
            return questions if operation == "add" else _turned(questions, numbers % 2 == 1)

        return part

    def _known(self) -> Iterator[QuestionSet]:
        known = known_hard_questions(self.digits)
        for place, text in enumerate(known.texts()):
            if ("sub" if "-" in text.partition("=")[0] else "add") in self.operations:
                yield QuestionSet(sort=KNOWN, name=text.partition("=")[0], size=1, part=_one(known[place]))


def _turned(questions: Questions, negative_N: NDArray[np.bool_]) -> Questions:
    """Return subtractions the other way round where that gives the answer the sign it should have."""
    wrong = (questions.kinds() == 2) != negative_N
    both = exchanged(questions.first_ND, questions.second_ND, wrong[:, None])
    return Questions(*both, questions.subtract_N)


def _one(question: Questions) -> Callable[[int, int], Questions]:
    return lambda first, count: question[first : first + count]
