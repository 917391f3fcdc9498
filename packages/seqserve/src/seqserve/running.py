"""The running batch over any engine's slots: who has which, and what the next terms are."""

# B sequences asked about, V outcomes

import heapq
from collections.abc import Sequence

from seqmodel import IntegerVocabulary
from seqserve.protocols import Prediction
from seqserve.slots import Slots
from seqserve.stepping import predicted


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
        low = self._vocabulary.low
        self._reader.take(slot, [term - low for term in sequence])
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
        low, end = self._vocabulary.low, self._vocabulary.end_token
        found = []
        for row, (slot, token, sure) in enumerate(zip(slots, best_B.tolist(), sureness_B.tolist(), strict=True)):
            if token == end:
                self._ended.add(slot)
            else:
                self._reader.append(slot, token)
            if top:
                found.append(predicted(self._vocabulary, token, logits_BV[row], sure, top))
            else:
                found.append(Prediction(None if token == end else token + low, sure))
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

    def _require(self, slots: Sequence[int]) -> None:
        if len(set(slots)) < len(slots):
            raise ValueError(f"slots: expected different ones, got {list(slots)}")
        for slot in slots:
            if slot not in self._taken:
                raise ValueError(f"slot {slot!r} is not taken")
            if slot in self._ended:
                raise ValueError(f"slot {slot}: its sequence has ended; it can only leave")
