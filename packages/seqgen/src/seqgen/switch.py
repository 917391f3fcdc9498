"""Conditional rules: which law makes the next term depends on the terms before it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer, integers
from seqgen.family import Columns, Values
from seqgen.law import Law, before
from seqgen.unrolled import Unrolled


class Predicate(ABC):
    """A condition on the last terms. A subclass of a few lines is a user's own."""

    order: int = 1
    """How many terms it looks at."""

    def axes(self) -> Mapping[str, Values]:
        """Return its parameters; none by default."""
        return {}

    @abstractmethod
    def holds(self, p: Columns, history: NDArray[Any], k: int) -> Any:
        """Return where it holds before term k, from the rows of ``history`` (n, rows) before k."""

    @abstractmethod
    def text(self, p: Mapping[str, int], name: str) -> str:
        """Return it as text for the sequence called ``name``."""


@dataclass(frozen=True, kw_only=True)
class Parity(Predicate):
    """The last term leaves ``remainder`` when divided by ``modulus``."""

    remainder: Values = (0, 1)
    modulus: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "modulus", integer("modulus", self.modulus, 1, 2**62))
        object.__setattr__(self, "remainder", integers("remainder", self.remainder))

    def axes(self) -> Mapping[str, Values]:
        """Return the remainder's values."""
        return {"remainder": self.remainder}

    def holds(self, p: Columns, history: NDArray[Any], k: int) -> Any:
        """Return where the last term leaves the remainder."""
        return history[k - 1] % self.modulus == p["remainder"]

    def text(self, p: Mapping[str, int], name: str) -> str:
        """Return it as text."""
        return f"{name}(n-1) mod {self.modulus} = {p['remainder']}"


@dataclass(frozen=True, kw_only=True)
class Below(Predicate):
    """The last term is below a threshold."""

    threshold: Values

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", integers("threshold", self.threshold))

    def axes(self) -> Mapping[str, Values]:
        """Return the threshold's values."""
        return {"threshold": self.threshold}

    def holds(self, p: Columns, history: NDArray[Any], k: int) -> Any:
        """Return where the last term is below the threshold."""
        return history[k - 1] < p["threshold"]

    def text(self, p: Mapping[str, int], name: str) -> str:
        """Return it as text."""
        return f"{name}(n-1) < {p['threshold']}"


@dataclass(frozen=True, kw_only=True)
class Rising(Predicate):
    """The last term is greater than the one before it."""

    order: int = 2

    def holds(self, p: Columns, history: NDArray[Any], k: int) -> Any:
        """Return where the last two terms rose."""
        del p
        return history[k - 1] > history[k - 2]

    def text(self, p: Mapping[str, int], name: str) -> str:
        """Return it as text."""
        del p
        return f"{name}(n-1) > {name}(n-2)"


@dataclass(frozen=True, kw_only=True)
class Switch(Unrolled):
    """Terms that follow by one law where a predicate holds, by another where it does not.

    >>> family = Switch(name="collatz-like", predicate=Parity(remainder=(0,)), starts=((7,),),
    ...     then=Law(coefficients=((1,),), constant=(3,)), otherwise=Law(coefficients=((2,),)))
    >>> family[0].terms(5), family[0].formula
    ([7, 14, 17, 34, 37], 'a(0) = 7; a(n) = a(n-1) + 3 if a(n-1) mod 2 = 0 else 2*a(n-1)')
    """

    predicate: Predicate
    then: Law
    otherwise: Law

    def __post_init__(self) -> None:
        for name, kind in (("predicate", Predicate), ("then", Law), ("otherwise", Law)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name}={getattr(self, name)!r}: give a {kind.__name__}")
        super().__post_init__()

    def axes(self) -> Mapping[str, Values]:
        """Return the predicate's parameters, both laws', then the starts."""
        laws = self.then.axes("then.") | self.otherwise.axes("else.")
        return {**self.predicate.axes(), **laws, **self.start_axes()}

    def admits(self, p: Columns) -> Any:
        """Return where both laws are in lowest terms."""
        return self.then.admits(p, "then.") & self.otherwise.admits(p, "else.")

    @property
    def order(self) -> int:
        """How many terms the predicate and the laws look back."""
        return max(self.predicate.order, self.then.order, self.otherwise.order)

    @property
    def growth(self) -> list[Callable[[int], int]]:
        """Both laws' growth."""
        return [self.then.growth, self.otherwise.growth]

    def next_term(self, p: Columns, history: Any, k: int) -> tuple[Any, Any | None]:
        """Return term k by the law that the predicate chooses."""
        holds = self.predicate.holds(p, history, k)
        earlier = [history[k - i] for i in range(1, self.order + 1)]
        then, then_defined = self.then.step(p, earlier, "then.")
        otherwise, otherwise_defined = self.otherwise.step(p, earlier, "else.")
        values = np.where(holds, then, otherwise)
        if then_defined is None and otherwise_defined is None:
            return values, None
        everywhere = (True if defined is None else defined for defined in (then_defined, otherwise_defined))
        return values, np.where(holds, *everywhere)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the starts and the two laws with their condition."""
        del fresh
        then = self.then.text(p, before(name, self.then.order), "then.")
        otherwise = self.otherwise.text(p, before(name, self.otherwise.order), "else.")
        condition = self.predicate.text(p, name)
        return [*self.start_clauses(p, name), f"{name}(n) = {then} if {condition} else {otherwise}"]
