"""Questions read from texts: what is wrong with a text is said."""

import re
from collections.abc import Iterable

import numpy as np

from seqgen.arguments import integer
from seqgen.arithmetic.columns import Digits, Flags
from seqgen.arithmetic.symbols import MAX_DIGITS

_EXPRESSION = re.compile(r"([0-9]+)([+-])([0-9]+)(?:=([+-][0-9]+)?)?", re.ASCII)


def read(texts: Iterable[str], digits: int | None = None) -> tuple[Digits, Digits, Flags]:
    """Return the first numbers (N, digits), the second ones, and where they are subtracted (N,).

    >>> [array.tolist() for array in read(["12-07="])]
    [[[1, 2]], [[0, 7]], [True]]
    """
    if isinstance(texts, str):
        raise TypeError(f"texts={texts!r}: give several, such as [{texts!r}]")
    if digits is not None:
        digits = integer("digits", digits, 1, MAX_DIGITS)
    firsts, seconds, subtract = [], [], []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{place}]={text!r}: give a text such as '0123450-0345670='")
        digits, first, sign, second = _parts(f"texts[{place}]={text!r}", text, digits)
        firsts.append(first)
        seconds.append(second)
        subtract.append(sign == "-")
    if digits is None:
        raise ValueError("texts=[]: give at least one question, or say how many digits there are")
    first_ND, second_ND = (
        (np.frombuffer("".join(numbers).encode(), np.uint8) - np.uint8(ord("0"))).reshape(len(numbers), digits)
        for numbers in (firsts, seconds)
    )
    return first_ND, second_ND, np.array(subtract, np.bool_)


def _parts(shown: str, text: str, digits: int | None) -> tuple[int, str, str, str]:
    matched = _EXPRESSION.fullmatch(text)
    if not matched:
        raise ValueError(f"{shown}: write two numbers of as many digits, such as '0123450-0345670='")
    first, sign, second, answer = matched.groups()
    digits = len(first) if digits is None else digits
    if not 1 <= digits <= MAX_DIGITS:
        raise ValueError(f"{shown}: numbers have 1 to {MAX_DIGITS} digits")
    if not len(first) == len(second) == digits:
        raise ValueError(
            f"{shown}: both numbers must have {digits} digits, not {len(first)} and {len(second)}; "
            "write zeros in front of a smaller one"
        )
    value = int(first) + int(second) if sign == "+" else int(first) - int(second)
    right = f"{'-' if value < 0 else '+'}{abs(value):0{digits + 1}}"
    if answer is not None and answer != right:
        raise ValueError(f"{shown}: the answer is {right!r}")
    return digits, first, sign, second
