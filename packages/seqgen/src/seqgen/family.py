"""A family is a finite, indexable set of rules; a rule is an exact integer sequence.

A family is the product of its parameters' ranges, filtered once by validity (:mod:`seqgen.listing`). Subclasses say
what the parameters are, how terms follow from them, and how to write that down:

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Squares(Family):
    ...     name: str = "squares"
    ...     shift: range = range(4)
    ...     def axes(self):
    ...         return {"shift": self.shift}
    ...     def evaluate(self, p, n):
    ...         k = index_column(n)
    ...         return Terms((k + p["shift"]) ** 2)
    ...     def clauses(self, p, name, fresh):
    ...         return [f"{name}(n) = (n + {p['shift']})**2"]
    >>> squares = Squares()
    >>> len(squares), squares[1].terms(5), squares[1].formula
    (4, [1, 4, 9, 16, 25], 'a(n) = (n + 1)**2')
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from math import prod
from typing import Any, NamedTuple, Self, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import frozen, integer, integers
from seqgen.listing import LISTED_LIMIT, list_valid
from seqgen.rule import Rule
from seqgen.span import Span

_TRIED = 8
"""Terms that a rule is asked for when it is made from parameters: a division by zero shows in the first few."""

Values = Sequence[int]
"""The values of one parameter: a range, or any sequence of distinct integers."""

Columns = Mapping[str, Any]
"""Parameters of many rules by name: an array (rows,), or where a parameter has one value an int or an array (1,)."""


class Terms(NamedTuple):
    """Terms of many rules, term-major: ``values`` (n, rows), and how many of each column are defined."""

    values: NDArray[Any]
    counts: NDArray[np.int64] | None = None


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """A finite, indexable set of rules.

    Args:
        name: its name, unique in a universe.
        phase: the phase of the curriculum it belongs to, 1 to 3 (0: none).
        span: range, length and overflow policy that decide which rules are valid.
    """

    name: str = ""
    phase: int = 0
    span: Span = field(default=Span(), repr=False)

    def __post_init__(self) -> None:
        """Check the ranges. A subclass that has checks of its own calls this after them.

        Raises:
            TypeError: a range is no sequence of integers.
            ValueError: a range is empty or repeats a value.
        """
        if not isinstance(self.name, str):
            raise TypeError(f"name={self.name!r}: give a text")
        object.__setattr__(self, "phase", integer("phase", self.phase, 0))
        if not isinstance(self.span, Span):
            raise TypeError(f"span={self.span!r}: give a Span")
        for each in fields(self):
            object.__setattr__(self, each.name, frozen(getattr(self, each.name)))
        self.ranges  # noqa: B018 (checks them)

    @abstractmethod
    def axes(self) -> Mapping[str, Values]:
        """Return the parameters by name, slowest first, each with its values."""

    @abstractmethod
    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return ``n`` terms of each rule, by operations that serve int64 and Python integers alike.

        Columns hold int64 where :meth:`bound` shows that this is exact and Python integers otherwise.
        """

    @abstractmethod
    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the clauses of a rule's formula for the sequence called ``name``.

        ``fresh`` gives names for sequences it is made of. The notation is that of :attr:`Rule.formula`.
        """

    def admits(self, p: Columns) -> Any:
        """Return which parameter combinations belong to the family (a boolean column; all by default)."""
        del p
        return True

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the magnitude of all that :meth:`evaluate` computes, None for unknown.

        Args:
            n: number of terms.
            reach: terms after one whose magnitude exceeds this need not be right; None: all must be.
        """
        del n, reach
        return None

    def choices(self) -> tuple[str, ...]:
        """Return the parameters that pick one of a few forms: these must stay within their ranges, always."""
        return ()

    def within(self, span: Span) -> Self:
        """Return the family with another range, length or overflow policy."""
        return replace(self, span=span)

    @cached_property
    def ranges(self) -> Mapping[str, Values]:
        """The parameters by name, slowest first, each with its values, checked: ranges or tuples of integers."""
        return {name: integers(f"{self.name}: {name}", values) for name, values in self.axes().items()}

    @property
    def size_of_product(self) -> int:
        """The number of parameter combinations before the filter."""
        return prod(len(values) for values in self.ranges.values())

    @property
    def listed(self) -> bool:
        """Whether the product is small enough to be filtered and listed."""
        return self.size_of_product <= LISTED_LIMIT

    @cached_property
    def combinations(self) -> NDArray[np.int64]:
        """Indices into the product of the valid rules, ascending. Raises ValueError where none is valid."""
        return list_valid(self)

    def __len__(self) -> int:
        """The number of rules. An unlisted family counts its whole product."""
        if self.listed:
            return len(self.combinations)
        if self.size_of_product > sys.maxsize:
            raise ValueError(f"{self.name} has {self.size_of_product} combinations, more than {sys.maxsize}")
        return self.size_of_product

    def __getitem__(self, index: SupportsIndex) -> Rule:
        """Return rule ``index``; negative indices count from the end."""
        number = integer("index", index)
        size = len(self)
        if not -size <= number < size:
            raise IndexError(f"index={number}: {self.name} has {size} rules")
        number %= size
        combination = int(self.combinations[number]) if self.listed else number
        return Rule(family=self, parameters=self.parameters_at(combination))

    def __iter__(self) -> Iterator[Rule]:
        """Iterate over the rules in order."""
        return (self[index] for index in range(len(self)))

    def rule(self, parameters: Mapping[str, int]) -> Rule:
        """Return the rule with these parameters, which may lie outside the ranges.

        Raises:
            TypeError: a parameter is no integer.
            ValueError: a parameter is missing, unknown, or one that the family has no rule for (division by zero).
        """
        if not isinstance(parameters, Mapping):
            raise TypeError(f"parameters={parameters!r}: give integers by name")
        if set(parameters) != set(self.ranges):
            given, wanted = ", ".join(map(str, parameters)) or "none", ", ".join(self.ranges)
            raise ValueError(f"parameters of {self.name}: give {wanted}; got {given}")
        checked = {name: integer(name, parameters[name]) for name in self.ranges}
        for name in self.choices():
            if checked[name] not in self.ranges[name]:
                raise ValueError(f"{name}={checked[name]}: {self.name} takes only {self.ranges[name]!r}")
        rule = Rule(family=self, parameters=checked)
        try:
            rule.terms(_TRIED)
        except ZeroDivisionError as error:
            raise ValueError(f"parameters={checked!r}: {self.name} divides by zero") from error
        return rule

    def index(self, rule: Rule) -> int:
        """Return the position of ``rule`` in the family; ValueError where it is not one of its rules."""
        combination = 0
        if not isinstance(rule, Rule):
            raise TypeError(f"rule={rule!r}: give a Rule")
        for name, values in self.ranges.items():
            value = rule.parameters.get(name)
            if value not in values:
                raise ValueError(f"{name}={value!r} is not in the range of {self.name}")
            combination = combination * len(values) + values.index(value)
        if not self.listed:
            return combination
        position = int(np.searchsorted(self.combinations, combination))
        if position == len(self) or self.combinations[position] != combination:
            raise ValueError(f"{rule.formula!r} is not a valid rule of {self.name} in {self.span}")
        return position

    def columns(self, combinations: NDArray[np.int64], dtype: type = np.int64) -> dict[str, Any]:
        """Return the parameters at these indices of the product."""
        columns: dict[str, Any] = {}
        rest = combinations
        for name, values in reversed(list(self.ranges.items())):
            if len(values) == 1:
                # Where Python integers are asked for, a lone one must not pass for an int64.
                columns[name] = int(values[0]) if dtype is np.int64 else np.array([int(values[0])], dtype)
                continue
            rest, digits = np.divmod(rest, len(values))
            if isinstance(values, range):
                column = digits * values.step + values.start
            else:
                column = np.asarray(values, np.int64)[digits]
            columns[name] = column.astype(dtype, copy=False)
        return columns

    def rows(
        self, combinations: NDArray[np.int64], length: int | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the rows at these indices of the product.

        Returns:
            (length, rows) values, term-major, and (rows,) lengths, as :meth:`Span.emit` gives them.
        """
        n = self.span.length if length is None else length
        if not len(combinations):
            return np.empty((n, 0), self.span.dtype), np.empty(0, np.int64)
        bound = self.bound(n, self.span.reach)
        exact_in_int64 = bound is not None and bound < 2**62
        dtype: type = np.int64 if exact_in_int64 else object
        values, counts = self.evaluate(self.columns(combinations, dtype), n)
        return self.span.emit(np.broadcast_to(values, (n, len(combinations))), counts)

    def parameters_at(self, combination: int) -> dict[str, int]:
        """Return the parameters at one index of the product."""
        columns = self.columns(np.array([combination], np.int64))
        return {name: int(np.ravel(columns[name])[0]) for name in self.ranges}


def index_column(n: int) -> NDArray[Any]:
    """Return 0 to n-1 as a column (n, 1) of Python integers, for formulas in the index.

    Python integers stay exact at any size.
    """
    return np.arange(n).astype(object)[:, None]
