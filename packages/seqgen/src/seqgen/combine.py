"""What families made of other families share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.family import Columns, Family, Values

INNER = "inner."

LARGEST_PLACE = 255
"""No family reads a later term than this of another out of turn."""


@dataclass(frozen=True, kw_only=True)
class Combined(Family):
    """What the combinators share: the parameters of the inner family beside their own.

    Args:
        inner: the family it is made of. Its own filter and span play no part: the result's decide.
    """

    inner: Family

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Family):
            raise TypeError(f"inner={self.inner!r}: give a Family")
        super().__post_init__()

    def choices(self) -> tuple[str, ...]:
        """Return those of the inner family."""
        return tuple(INNER + name for name in self.inner.choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the parameters that the inner family does not have."""
        return {}

    def axes(self) -> Mapping[str, Values]:
        """Return its own parameters, then the inner family's, their names after ``inner.``."""
        inner = {INNER + name: values for name, values in self.inner.axes().items()}
        return {**self.own_axes(), **inner}

    def admits(self, p: Columns) -> Any:
        """Return where the inner family admits its part."""
        return self.inner.admits(inner_part(p))

    def inner_clauses(self, p: Mapping[str, int], fresh: Iterator[str]) -> tuple[str, list[str]]:
        """Return the inner sequence's name and its clauses."""
        name = next(fresh)
        return name, self.inner.clauses(inner_part(p), name, fresh)


def part(p: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the parameters whose names start with ``prefix``, without it."""
    return {name.removeprefix(prefix): v for name, v in p.items() if name.startswith(prefix)}


def inner_part(p: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inner family's parameters under their own names."""
    return part(p, INNER)


def read_at(terms: Any, places: Any) -> Any:
    """Return the terms (m, rows) at ``places`` (n, rows), where either may have one column for all rows."""
    rows = max(terms.shape[1], places.shape[1])
    wide = np.broadcast_to(terms, (len(terms), rows))
    return np.take_along_axis(wide, np.broadcast_to(places, (len(places), rows)), axis=0)
