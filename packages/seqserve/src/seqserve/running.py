"""The running batch over any engine's slots: who has which, and what the next terms are."""

# B sequences asked about, V outcomes

import heapq
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary
from seqserve.protocols import Prediction
from seqserve.slots import Slots


class Running:
    """Continue sequences that join and leave between steps; a `seqserve.RunningBatch`.

    Args:
        reader: The engine's side of the slots.
        slots: How many it has.
        vocabulary: What its tokens mean.
    """

    def __init__(self, reader: Slots, slots: int, vocabulary: IntegerVocabulary) -> None:
        if slots < 1:
            raise ValueError(f"slots: expected at least 1, got {slots!r}")
        self.slots = slots
        self._reader = reader
        self._vocabulary = vocabulary
        self._free = list(range(slots))
        self._taken: set[int] = set()
        self._ended: set[int] = set()

    def join(self, sequence: Sequence[int]) -> int:
        """Take the lowest free slot for a sequence and return it.

        Raises:
            ValueError: No slot is free.
        """
        if not self._free:
            raise ValueError(f"all {self.slots} slots are taken: a sequence must leave first")
        slot = heapq.heappop(self._free)
        self._reader.take(slot, self._vocabulary.encode(sequence).tolist())
        self._taken.add(slot)
        return slot

    def step(self, slots: Sequence[int], top: int = 0) -> list[Prediction]:
        """Predict the next term of each of these sequences, and append it unless it is END.

        Raises:
            ValueError: A slot is given twice, is not taken, or its sequence has ended.
        """
        self._require(slots)
        if not slots:
            return []
        logits_BV, best_B, sureness_B = self._reader.read(slots)
        found = []
        for row, (slot, token, sure) in enumerate(zip(slots, best_B.tolist(), sureness_B.tolist(), strict=True)):
            best = () if math.isnan(sure) else top_outcomes(logits_BV[row], top, sure)
            if token == self._vocabulary.end_token:
                self._ended.add(slot)
            else:
                self._reader.append(slot, token)
            found.append(Prediction(self._term(token), sure, tuple((self._term(one), share) for one, share in best)))
        return found

    def leave(self, slot: int) -> None:
        """Free a slot.

        Raises:
            ValueError: It is not taken.
        """
        if slot not in self._taken:
            raise ValueError(f"slot {slot!r} is not taken")
        self._taken.remove(slot)
        self._ended.discard(slot)
        self._reader.clear(slot)
        heapq.heappush(self._free, slot)

    def _term(self, token: int) -> int | None:
        return None if token == self._vocabulary.end_token else token + self._vocabulary.low

    def _require(self, slots: Sequence[int]) -> None:
        if len(set(slots)) < len(slots):
            raise ValueError(f"slots: expected different ones, got {list(slots)}")
        for slot in slots:
            if slot not in self._taken:
                raise ValueError(f"slot {slot!r} is not taken")
            if slot in self._ended:
                raise ValueError(f"slot {slot}: its sequence has ended; it can only leave")


def top_outcomes(logits_V: NDArray[np.float32], count: int, sureness: float) -> list[tuple[int, float]]:
    """Return the most probable outcomes and their probabilities, the best first.

    Args:
        logits_V: float32, one for each outcome.
        count: How many; all, where there are fewer.
        sureness: The probability of the best, from which the others' follow.

    >>> [(one, round(share, 3)) for one, share in top_outcomes(np.log([0.1, 0.6, 0.3]), 2, 0.6)]
    [(1, 0.6), (2, 0.3)]
    """
    order = np.argsort(-logits_V, kind="stable")[:count].tolist()  # of equals the lowest, as in argmax
    logits = logits_V.tolist()
    return [(one, sureness * math.exp(logits[one] - logits[order[0]])) for one in order]
