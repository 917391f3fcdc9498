"""How large a forward pass is: the numbers that `seqmodel.window` and `cached_window` find."""

from dataclasses import dataclass

ROW_MULTIPLE = 16
"""As in `seqmodel.padding`, which imports torch."""


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
        """How many of them each query is compared with."""
        every = self.exact or (self.slots > 0 and self.steps == 1)
        return max(self.steps, self.places) if every else self.steps


def _padded(rows: int) -> int:
    return rows + -rows % ROW_MULTIPLE
