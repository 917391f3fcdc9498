"""The remainders of any family's terms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqgen.arguments import largest
from seqgen.combine import INNER, Combined, inner_part
from seqgen.family import Columns, Terms, Values


@dataclass(frozen=True, kw_only=True)
class Modulo(Combined):
    """The remainders of a family's terms.

    Args:
        modulus: values of the modulus, all positive.
        reduced: inner parameters that must lie below the modulus, so that no sequence is listed twice.
    """

    modulus: Values
    reduced: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.modulus) < 1:
            raise ValueError(f"modulus={self.modulus!r}: give positive integers")
        for name in self.reduced:
            if name not in self.inner.ranges:
                raise ValueError(f"reduced={self.reduced!r}: {self.inner.name} has no parameter {name!r}")

    def own_axes(self) -> Mapping[str, Values]:
        """Return the modulus."""
        return {"modulus": self.modulus}

    def admits(self, p: Columns) -> Any:
        """Return where the inner family admits its part and what must be reduced is."""
        admitted = super().admits(p)
        for name in self.reduced:
            admitted = admitted & (p[INNER + name] < p["modulus"])
        return admitted

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return each inner term modulo the modulus, from 0 to modulus - 1."""
        terms, counts = self.inner.evaluate(inner_part(p), n)
        return Terms(terms % p["modulus"], counts)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the inner terms, all of which must be right."""
        del reach
        inner = self.inner.bound(n, None)
        return None if inner is None else max(inner, largest(self.modulus))

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the remainder and the inner rule."""
        inner, clauses = self.inner_clauses(p, fresh)
        return [f"{name}(n) = {inner}(n) mod {p['modulus']}", *clauses]
