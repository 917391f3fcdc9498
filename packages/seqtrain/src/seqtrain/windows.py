"""Sequences of any length as windows of a model's context, such that each term is asked for exactly once."""

# W windows, L terms of a full window: context + 1

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqgen import Overflow
from seqmodel import IntegerVocabulary
from seqtrain.sequence_reading import ReadSequence

Part = Literal["train", "validation", "evaluation"]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Say how the sequences of a file become windows, and for what each is used.

    Attributes:
        vocabulary: Terms the model knows, and whether END is one of its classes.
        context: Terms the model sees; a window has one more.
        overflow: What happens to a sequence that leaves the vocabulary, as in `seqgen.Span`: it ends there
            (`truncate`), is left out (`reject`), or the term is brought back (`wrap`, `saturate`).
        held_out: Share of the sequences that is not trained on, 0 to 1: half of it for validation, half for
            evaluation. The hash of a sequence decides, so that equal ones are on the same side.
    """

    vocabulary: IntegerVocabulary
    context: int
    overflow: Overflow = "truncate"
    held_out: float = 0.0

    def fitted(self, sequence: ReadSequence) -> ReadSequence | None:
        """Return a sequence of terms that the vocabulary has; None where nothing is left.

        >>> cut = Cut(vocabulary=IntegerVocabulary(high=9), context=8)
        >>> cut.fitted(ReadSequence([4, 8, 16, 2], ended=False))
        ReadSequence(terms=[4, 8], ended=True)
        """
        low, high, size = self.vocabulary.low, self.vocabulary.high, self.vocabulary.size
        terms, ended = sequence
        if not terms:
            return None
        if low <= min(terms) and max(terms) <= high:
            return sequence
        if self.overflow == "wrap":
            return ReadSequence([(term - low) % size + low for term in terms], ended)
        if self.overflow == "saturate":
            return ReadSequence([min(max(term, low), high) for term in terms], ended)
        first = next(i for i, term in enumerate(terms) if not low <= term <= high)
        return None if self.overflow == "reject" or not first else ReadSequence(terms[:first], ended=True)

    def limits(self) -> dict[Part, tuple[int, int]]:
        """Return the range of hashes, from the first up to below the second, of each part.

        >>> Cut(vocabulary=IntegerVocabulary(), context=8, held_out=0.5).limits()["evaluation"] == (2**62, 2**63)
        True
        """
        held = int(2**64 * Fraction(str(self.held_out)))
        return {"validation": (0, held // 2), "evaluation": (held // 2, held), "train": (held, 2**64)}


class Windows(NamedTuple):
    """Hold W windows.

    Attributes:
        sequences: Index of each one's sequence, int64 (W,).
        starts: Index of its first term there, int64 (W,).
        lengths: Terms in it, 1 to L, int64 (W,).
        skipped: How many targets at its beginning were asked for in the window before, int64 (W,).
    """

    sequences: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    skipped: NDArray[np.int64]


def windows_of(lengths: NDArray[np.int64], ended: NDArray[np.bool_], context: int) -> Windows:
    """Cut sequences of `lengths` terms, at least 1, into windows; END is asked for behind those that have `ended`.

    The last window of a long sequence reaches back, so that its terms too are asked for after many others.

    >>> windows_of(np.array([12]), np.array([False]), context=8)
    Windows(sequences=array([0, 0]), starts=array([0, 3]), lengths=array([9, 9]), skipped=array([0, 5]))
    """
    targets = lengths - 1 + ended
    counts = -(-targets // context)
    sequences = np.repeat(np.arange(len(lengths)), counts)
    places = (np.arange(len(sequences)) - np.repeat(np.cumsum(counts) - counts, counts)) * context
    starts = np.minimum(places, np.maximum(targets[sequences] - context, 0))
    return Windows(
        sequences=sequences,
        starts=starts,
        lengths=np.minimum(lengths[sequences] - starts, context + 1),
        skipped=places - starts,
    )
