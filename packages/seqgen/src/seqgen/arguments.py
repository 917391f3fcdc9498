"""What callers give, checked: an error names the argument, quotes what was given and says what would be right."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

_LIMIT = 2**62
"""Parameters of this magnitude and more are refused: rules are located with 64-bit integers."""


def integer(name: str, value: Any, least: int | None = None, largest: int | None = None) -> int:
    """Return ``value`` as a Python integer: any integer type will do, but no truth value and no float.

    Raises:
        TypeError: it is no integer.
        ValueError: it is less than ``least`` or more than ``largest``.

    >>> integer("rows", np.uint8(3), 1)
    3
    """
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}={value!r}: give an integer, not a truth value")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r}: give an integer") from None
    if (least is not None and number < least) or (largest is not None and number > largest):
        upwards = f"an integer from {least}" if least is not None else "an integer"
        raise ValueError(f"{name}={number}: give {upwards}{'' if largest is None else f' to {largest}'}")
    return number


def integers(name: str, values: Any) -> Sequence[int]:
    """Return the values of one parameter as a range or a tuple of Python integers.

    Raises:
        TypeError: they are no sequence, or one of them is no integer.
        ValueError: there are none, one appears twice, or one does not fit into 62 bits.

    >>> integers("step", [2, 3]), integers("step", range(3))
    ((2, 3), range(0, 3))
    """
    if isinstance(values, str | bytes) or not isinstance(values, Sequence | np.ndarray):
        raise TypeError(f"{name}={values!r}: give integers, such as range(8) or (2, 3)")
    if not len(values):
        raise ValueError(f"{name}={values!r}: give at least one value")
    if isinstance(values, range):
        checked: Sequence[int] = values
    else:
        checked = tuple(integer(f"{name}[{i}]", value) for i, value in enumerate(values))
        if len(set(checked)) < len(checked):
            raise ValueError(f"{name}={values!r}: give each value once")
    if largest(checked) >= _LIMIT:
        raise ValueError(f"{name}={values!r}: give integers within 62 bits")
    return checked


def largest(values: Sequence[int]) -> int:
    """Return the largest magnitude among a parameter's values, of a range at once.

    >>> largest(range(-31, 10**12)), largest((3, -5))
    (999999999999, 5)
    """
    ends = (values[0], values[-1]) if isinstance(values, range) else values
    return max(map(abs, ends))


def frozen(value: Any) -> Any:
    """Return lists and arrays as tuples, at any depth; everything else as it is.

    >>> frozen([[1, 2], np.arange(2)])
    ((1, 2), (0, 1))
    """
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(frozen(part) for part in (value.tolist() if isinstance(value, np.ndarray) else value))
    return value
