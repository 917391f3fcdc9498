"""An engine whose answers follow from the whole sequence by arithmetic alone, and that watches how it is used."""

from collections.abc import Sequence

from seqserve import Continuation
from seqserve.protocols import Prediction

OUTCOMES = 12


def outcome_of(sequence: Sequence[int], top: int = 0) -> Prediction:
    """Return what follows a sequence: one of the terms 0..10, or END."""
    mixed = 0
    for term in sequence:
        mixed = (mixed * 31 + term + 7) % 1_000_003
    ranked = [(mixed + 5 * place) % OUTCOMES for place in range(top or 1)]
    outcomes = tuple((None if one == OUTCOMES - 1 else one, 1 / (2 + place)) for place, one in enumerate(ranked))
    return Prediction(*outcomes[0], outcomes if top else ())


def predictions_of(sequence: Sequence[int], steps: int, top: int = 0) -> list[Prediction]:
    """Return what a library without a scheduler would answer."""
    history, found = list(sequence), []
    for _ in range(steps):
        found.append(outcome_of(history, top))
        if found[-1].term is None:
            break
        history.append(found[-1].term)
    return found


class StandInBatch:
    """A running batch that refuses every misuse."""

    def __init__(self, slots: int, engine: "StandInEngine") -> None:
        self.slots = slots
        self.histories: dict[int, list[int]] = {}
        self.engine = engine

    def join(self, sequence):
        slot = next(slot for slot in range(self.slots) if slot not in self.histories)
        self.histories[slot] = list(sequence)
        return slot

    def step(self, slots, top=0):
        assert slots
        assert len(set(slots)) == len(slots)
        self.engine.step_sizes.append(len(slots))
        if self.engine.fails:
            raise MemoryError("no memory left")
        if self.engine.gate is not None:
            self.engine.gate.wait()
        return [self._advance(self.histories[slot], top) for slot in slots]

    def leave(self, slot):
        del self.histories[slot]

    @staticmethod
    def _advance(history, top):
        prediction = outcome_of(history, top)
        if prediction.term is not None:
            history.append(prediction.term)
        return prediction


class StandInEngine:
    """An engine of the terms 0..10. Set `fails` to let its steps raise, `gate` to let them wait for an event."""

    low, high = 0, 10

    def __init__(self):
        self.step_sizes = []
        self.batches = []
        self.fails = False
        self.gate = None

    def open(self, slots):
        self.batches.append(StandInBatch(slots, self))
        return self.batches[-1]

    def decode(self, sequences, steps, strategy):
        return [self._continue(sequence, steps) for sequence in sequences]

    @staticmethod
    def _continue(sequence, steps):
        found = predictions_of(sequence, steps)
        terms = tuple(one.term for one in found if one.term is not None)
        return Continuation(
            terms=terms, probabilities=tuple(one.probability for one in found), ended=len(terms) < len(found)
        )
