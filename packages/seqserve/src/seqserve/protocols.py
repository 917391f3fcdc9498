"""The seams of seqserve: what may stand behind a predictor, and what a predictor is to its users.

Both are met by anything with the right methods; nothing needs to inherit from them.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from seqserve.continuation import Continuation

Strategy = Literal["cached", "naive", "parallel"]
"""How an engine decodes: with a cache of keys and values, from the whole window at each step, or by
guessing many terms and keeping those that prove right. The answers are the same."""


class Engine(Protocol):
    """Decode one batch. An engine is chosen when a model loads and never varies with the batch."""

    @property
    def low(self) -> int:
        """The smallest term it knows."""
        ...

    @property
    def high(self) -> int:
        """The largest term it knows."""
        ...

    def decode(self, sequences: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> list[Continuation]:
        """Continue each sequence greedily by up to `steps` terms, in order.

        The caller has checked that there is at least one sequence, that none is empty, that every
        term is in low..high and that `steps` is at least 1.
        """
        ...


class PredictorLike(Protocol):
    """Answer sequences with continuations, in order."""

    def predict(
        self, sequences: Iterable[Sequence[int]], steps: int = 1, *, strategy: Strategy = "cached"
    ) -> list[Continuation]:
        """Continue each sequence by up to `steps` terms."""
        ...
