"""Arguments of the library, checked with one clear error each."""

import operator
from collections.abc import Sequence


def checked_count(name: str, value: int, least: int) -> int:
    """Return an integer of at least `least`.

    Raises:
        TypeError: It is no integer.
        ValueError: It is smaller.
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {value!r}") from None
    if count < least:
        raise ValueError(f"{name}: expected at least {least}, got {count!r}")
    return count


def checked_sequence(sequence: Sequence[int], name: str, low: int, high: int) -> list[int]:
    """Return a sequence of at least one term, each in `low`..`high`.

    Raises:
        TypeError: It is no sequence, or a term is no integer.
        ValueError: It is empty, or a term is out of range.
    """
    try:
        terms = list(sequence)
    except TypeError:
        raise TypeError(
            f"{name}: expected a sequence of integers, got {sequence!r}; a single sequence is given as [[2, 4, 6]]"
        ) from None
    if not terms:
        raise ValueError(f"{name}: expected at least one term, got an empty sequence")
    if set(map(type, terms)) == {int} and low <= min(terms) and max(terms) <= high:
        return terms
    return [_checked_term(term, f"{name}[{position}]", low, high) for position, term in enumerate(terms)]


def _checked_term(term: int, name: str, low: int, high: int) -> int:
    try:
        value = operator.index(term)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {term!r}") from None
    if not low <= value <= high:
        raise ValueError(f"{name}: expected a term in {low}..{high}, got {_quoted(value)}")
    return value


def _quoted(term: int) -> str:
    # Python refuses to write an integer of more than 4300 digits.
    bits = term.bit_length()
    return str(term) if bits <= 128 else f"an integer of {bits} bits"
