"""The control: rows without any rule, to see whether a model finds order where there is none."""

from dataclasses import dataclass, field

import numpy as np

from seqgen.arguments import integer
from seqgen.batch import Batch
from seqgen.philox import multiply_high, stream_key, words
from seqgen.span import Span


@dataclass(frozen=True)
class ControlStream:
    """Rows of independent uniform terms: no rule, so nothing beats chance on them.

    Row i is a pure function of (stream version, purpose, seed, i) and the span. Its batches are those of a stream:
    family and rule are -1, all rows are full.

    >>> ControlStream(Span(length=4), seed=7)[2:4].values.shape
    (2, 4)
    """

    span: Span = field(default=Span())
    purpose: str = "control"
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.span, Span):
            raise TypeError(f"span={self.span!r}: give a Span")
        stream_key(self.purpose, self.seed)

    def __getitem__(self, rows: slice) -> Batch:
        """Return the rows of a slice with both ends given and no step."""
        if not isinstance(rows, slice):
            raise TypeError(f"index={rows!r}: give a slice, such as control[0:32]")
        if rows.stop is None or rows.step not in (None, 1):
            raise IndexError(f"control[{rows.start}:{rows.stop}:{rows.step}]: give 0 <= start <= stop and no step")
        start, stop = integer("start", rows.start or 0), integer("stop", rows.stop)
        if not 0 <= start <= stop:
            raise IndexError(f"control[{start}:{stop}]: give 0 <= start <= stop and no step")
        length, count = self.span.length, stop - start
        drawn = words(self.purpose, self.seed, start * length, count * length, part="control")
        terms = multiply_high(drawn, self.span.high - self.span.low + 1).astype(np.int64) + self.span.low
        none = np.full(count, -1, np.int64)
        return Batch(
            values=terms.reshape(count, length),
            lengths=np.full(count, length, np.int64),
            ended=np.zeros(count, bool),
            families=none,
            rules=none,
            indices=np.arange(start, stop),
        )
