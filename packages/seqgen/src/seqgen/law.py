"""A law: how the next term follows from the last ones. Recurrences and conditional rules are made of laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from seqgen.arguments import frozen, integers, largest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from seqgen.family import Columns, Values

Rounding = Literal["exact", "floor", "ceil"]


@dataclass(frozen=True, kw_only=True)
class Law:
    """The next term as (c1*a(n-1) + c2*a(n-2) + ... + constant) / divisor.

    Args:
        coefficients: values of c1, c2, ...: the most recent term first.
        constant: values of the constant.
        divisor: values of the divisor, all positive.
        rounding: ``exact`` ends the sequence where the division leaves a remainder; ``floor`` and ``ceil`` round.
    """

    coefficients: tuple[Values, ...] = ()
    constant: Values = (0,)
    divisor: Values = (1,)
    rounding: Rounding = "exact"

    def __post_init__(self) -> None:
        given = frozen(self.coefficients)
        if not isinstance(given, tuple):
            raise TypeError(f"coefficients={given!r}: give a tuple of values for each, such as (range(-2, 3), (1,))")
        checked = tuple(integers(f"coefficients[{i}]", values) for i, values in enumerate(given))
        object.__setattr__(self, "coefficients", checked)
        for name in ("constant", "divisor"):
            object.__setattr__(self, name, integers(name, getattr(self, name)))
        if min(self.divisor) < 1:
            raise ValueError(f"divisor={self.divisor!r}: give positive integers")
        if self.rounding not in get_args(Rounding):
            raise ValueError(f"rounding={self.rounding!r}: give one of {', '.join(get_args(Rounding))}")

    @property
    def order(self) -> int:
        """How many earlier terms it looks at."""
        return len(self.coefficients)

    def axes(self, prefix: str = "") -> dict[str, Values]:
        """Return its parameters, each name with ``prefix`` before it."""
        axes: dict[str, Values] = {f"{prefix}c{i}": values for i, values in enumerate(self.coefficients, start=1)}
        axes[f"{prefix}constant"] = self.constant
        if self._divides:
            axes[f"{prefix}divisor"] = self.divisor
        return axes

    def admits(self, p: Columns, prefix: str = "") -> Any:
        """Return where the fraction is in lowest terms, so that no law is listed twice."""
        if not self._divides:
            return True
        common = p[f"{prefix}divisor"]
        for name in self.axes(prefix):
            common = np.gcd(common, p[name])
        return common == 1

    def step(self, p: Columns, earlier: Sequence[Any], prefix: str = "") -> tuple[Any, Any | None]:
        """Return the next term, and where it is defined (None: everywhere).

        Args:
            p: parameters of many rules.
            earlier: columns of the terms it looks at, the most recent first.
            prefix: stands before its parameters' names.
        """
        total = p[f"{prefix}constant"]
        for i, terms in zip(range(1, self.order + 1), earlier, strict=False):
            total = _plus(_times(p[f"{prefix}c{i}"], terms), total)
        if not self._divides:
            return total, None
        divisor = p[f"{prefix}divisor"]
        if self.rounding == "ceil":
            return -(-total // divisor), None
        quotient = total // divisor
        return quotient, (quotient * divisor == total) if self.rounding == "exact" else None

    def growth(self, magnitude: int) -> int:
        """Return a bound on all that :meth:`step` computes from terms of at most ``magnitude``."""
        weight = sum(largest(values) for values in self.coefficients)
        return weight * magnitude + largest(self.constant) + largest(self.divisor)

    def text(self, p: Mapping[str, int], earlier: Sequence[str], prefix: str = "") -> str:
        """Return it as text, from the texts of the ``earlier`` terms, the most recent first."""
        parts = []
        for i, term in zip(range(1, self.order + 1), earlier, strict=False):
            coefficient = p[f"{prefix}c{i}"]
            if coefficient:
                factor = "" if abs(coefficient) == 1 else f"{abs(coefficient)}*"
                parts.append((coefficient < 0, f"{factor}{term}"))
        constant = p[f"{prefix}constant"]
        if constant or not parts:
            parts.append((constant < 0, str(abs(constant))))
        text = signed_sum(parts)
        divisor = p.get(f"{prefix}divisor", 1)
        if divisor == 1:
            return text
        text = f"({text})/{divisor}" if len(parts) > 1 or parts[0][0] else f"{text}/{divisor}"
        return text if self.rounding == "exact" else f"{self.rounding}({text})"

    @property
    def _divides(self) -> bool:
        return tuple(self.divisor) != (1,)


def before(name: str, order: int) -> list[str]:
    """Return the texts of the terms that a law of this order looks at.

    >>> before("a", 2)
    ['a(n-1)', 'a(n-2)']
    """
    return [f"{name}(n-{i})" for i in range(1, order + 1)]


def signed_sum(parts: list[tuple[bool, str]]) -> str:
    """Return ``-x + y - z`` from (is negative, text) pairs.

    >>> signed_sum([(True, "x"), (False, "y"), (True, "z")])
    '-x + y - z'
    """
    (negative, text), *rest = parts
    start = f"-{text}" if negative else text
    return start + "".join(f" {'-' if minus else '+'} {part}" for minus, part in rest)


def _times(coefficient: Any, terms: NDArray[Any]) -> Any:
    if isinstance(coefficient, int):
        if coefficient == 0:
            return 0
        if coefficient == 1:
            return terms
    return coefficient * terms


def _plus(a: Any, b: Any) -> Any:
    if isinstance(b, int) and b == 0:
        return a
    return a + b
