"""Any family's terms with alternating signs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seqgen.arguments import largest
from seqgen.combine import Combined, inner_part
from seqgen.family import Columns, Terms, Values


@dataclass(frozen=True, kw_only=True)
class AlternatingSigns(Combined):
    """An offset, plus and minus a family's terms in turn.

    Args:
        offset: values of the offset.
        first: values of the first sign, 1 and -1.
    """

    offset: Values = (0,)
    first: Values = (1, -1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not set(self.first) <= {1, -1}:
            raise ValueError(f"first={self.first!r}: give signs, 1 and -1")

    def choices(self) -> tuple[str, ...]:
        """Return the first sign, and those of the inner family."""
        return ("first", *super().choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the offset and the first sign."""
        return {"offset": self.offset, "first": self.first}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return offset + first * (-1)**n * b(n)."""
        terms, counts = self.inner.evaluate(inner_part(p), n)
        signed = terms * p["first"]
        signed[1::2] *= -1
        return Terms(signed + p["offset"], counts)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the terms, whose inner part lies within the reach and the offset."""
        offset = largest(self.offset)
        inner = self.inner.bound(n, None if reach is None else reach + offset)
        return None if inner is None else inner + offset

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the sign, the offset and the inner rule."""
        inner, clauses = self.inner_clauses(p, fresh)
        exponent = "n" if p["first"] == 1 else "(n+1)"
        offset = f" {'-' if p['offset'] < 0 else '+'} {abs(p['offset'])}" if p["offset"] else ""
        return [f"{name}(n) = (-1)^{exponent}*{inner}(n){offset}", *clauses]
