"""How large a forward pass is: the numbers that `seqmodel.window` and `cached_window` find."""

from dataclasses import dataclass

ROW_MULTIPLE = 16
"""As in `seqmodel.padding`, which imports torch."""

MANY, LARGE = 128, 2**20
"""As in `seqmodel.parts`, which does."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What one pass runs over.

    Attributes:
        batch: Rows.
        steps: New tokens of each.
        slots: Of the cache; 0 where there is none.
        places: Of each slot.
        exact: Whether rows are padded and attention runs over all places.
    """

    batch: int
    steps: int
    places: int
    slots: int = 0
    exact: bool = False

    @property
    def tokens(self) -> int:
        """New tokens of all rows."""
        return self.batch * self.steps

    @property
    def rows(self) -> int:
        """The same, padded in the exact mode."""
        return _padded(self.tokens) if self.exact else self.tokens

    @property
    def queries(self) -> int:
        """New tokens of each row, padded in the exact mode."""
        return _padded(self.steps) if self.exact else self.steps

    @property
    def keys(self) -> int:
        """How many each query is compared with; of a slot, when it was empty before."""
        if self.slots and self.steps > 1 and not self.exact:
            return min(_padded(self.steps), self.places)
        return max(self.steps, self.places) if self.exact or self.slots else self.steps

    def has_large(self, product: int) -> bool:
        """Return whether products of so many multiplications, outside of training, go to oneDNN."""
        return not self.exact and self.tokens >= MANY and not self.tokens % ROW_MULTIPLE and product >= LARGE


def _padded(rows: int) -> int:
    return rows + -rows % ROW_MULTIPLE
