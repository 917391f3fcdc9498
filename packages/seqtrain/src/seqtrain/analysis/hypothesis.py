"""The whole algorithm as a hypothesis: which sub-task must be done for which digit of the answer."""

from collections.abc import Iterator
from dataclasses import dataclass

Task = tuple[str, int | None]
"""A sub-task and whose digit it is of; None where it is of the whole question."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """Say what must be known before a digit of the answer is written.

    Attributes:
        kind: Of questions: "S" additions, "M" and "N" subtractions with an answer of at least 0 and a negative one,
            "sign" subtractions whose sign is asked for, "mix" questions of either operation.
        target: The digit of the answer; `digits + 1` is the sign.
        meaning: What must be known, in words.
        ways: Sets of sub-tasks, any one of which is enough when all of it are done.
    """

    kind: str
    target: int
    meaning: str
    ways: tuple[tuple[Task, ...], ...]


def requirements(digits: int, kinds: str) -> Iterator[Requirement]:
    """Yield what the published algorithm needs, for a model of these kinds of questions.

    Every digit is the sum (difference) of its own column, changed by what is carried (borrowed) into it. That is
    decided before the digit is written, by the three cases of the column below it, of the one below that where the
    first is uncertain, and so on: each lower column has a say. A subtraction's sign is decided by the first unequal
    pair, and chooses between D - D' and D' - D; the operation chooses between both and the sum.

    Args:
        digits: Of each number.
        kinds: Of "S", "M", "N".
    """
    for kind in kinds:
        yield from _own_digits(digits, kind)
        yield from _carries(digits, kind)
    if "M" in kinds and "N" in kinds:
        yield from _signs(digits)
    if set(kinds) == set("SMN"):
        for target in range(digits + 2):
            yield Requirement(kind="mix", target=target, meaning="the operation", ways=((("OPR", None),),))


def _own_digits(digits: int, kind: str) -> Iterator[Requirement]:
    task, symbol = {"S": ("SA", "D + D'"), "M": ("MD", "D - D'"), "N": ("ND", "D' - D")}[kind]
    for digit in range(digits):
        meaning = f"{symbol} of its own column"
        yield Requirement(kind=kind, target=digit, meaning=meaning, ways=(((task, digit),),))


def _carries(digits: int, kind: str) -> Iterator[Requirement]:
    noun = "carry" if kind == "S" else "borrow"
    for target in range(1, digits + (kind == "S")):
        for digit in reversed(range(target)):
            ways: tuple[tuple[Task, ...], ...]
            if kind == "N":
                ways = ((("NB", digit),),)
            elif kind == "M":
                # Nothing comes into the lowest column: whether it borrows is all there is to know.
                ways = ((("MT", digit),), *((((("MB", digit),),)) if not digit else ()))
            else:
                ways = ((("ST", digit),), (("SC", digit), *((("SS", digit),) if digit else ())))
            yield Requirement(kind=kind, target=target, meaning=f"the {noun} out of column {digit}", ways=ways)


def _signs(digits: int) -> Iterator[Requirement]:
    sign = digits + 1
    for digit in reversed(range(digits)):
        ways = ((("GT", digit),), (("SGN", None),))
        yield Requirement(kind="sign", target=sign, meaning=f"which is more in column {digit}", ways=ways)
    for target in range(digits):
        yield Requirement(kind="sign", target=target, meaning="the sign", ways=((("SGN", None),),))
