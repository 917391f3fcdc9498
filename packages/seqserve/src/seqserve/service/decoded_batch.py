"""A running batch for the strategies that keep no cache: each step asks the engine's `decode` for the next terms."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from seqserve.protocols import Engine, Prediction, RunningBatch, Strategy

_AHEAD = 8
"""Terms that parallel decoding guesses at a time; naive decoding has no use for more than one."""


def open_batch(engine: Engine, strategy: Strategy, slots: int) -> RunningBatch:
    """Return an empty running batch that decodes by `strategy`."""
    return engine.open(slots) if strategy == "cached" else DecodedBatch(engine, strategy, slots)


@dataclass
class _Place:
    history: list[int]
    ahead: deque[Prediction] = field(default_factory=deque)


class DecodedBatch:
    """Continue sequences by `engine.decode`. Of each prediction only its own probability is known, not the top.

    Args:
        engine: What decodes.
        strategy: "naive" or "parallel".
        slots: How many sequences fit at a time.
    """

    def __init__(self, engine: Engine, strategy: Strategy, slots: int) -> None:
        self._engine = engine
        self._strategy = strategy
        self._places: dict[int, _Place] = {}
        self._free = list(range(slots))
        self.slots = slots

    def join(self, sequence: Sequence[int]) -> int:
        """Take a free slot for a sequence and return it."""
        slot = self._free.pop()
        self._places[slot] = _Place(list(sequence))
        return slot

    def step(self, slots: Sequence[int], top: int = 0) -> list[Prediction]:
        """Predict the next term of each of these sequences, and append it. Raises ValueError where `top` is not 0."""
        if top:
            raise ValueError(f"top: expected 0, got {top!r}: strategy {self._strategy!r} keeps one outcome a step")
        places = [self._places[slot] for slot in slots]
        if behind := [place for place in places if not place.ahead]:
            self._decode(behind)
        return [self._advance(place) for place in places]

    def leave(self, slot: int) -> None:
        """Free a slot."""
        del self._places[slot]
        self._free.append(slot)

    def _decode(self, places: Sequence[_Place]) -> None:
        steps = _AHEAD if self._strategy == "parallel" else 1
        found = self._engine.decode([place.history for place in places], steps, self._strategy)
        for place, continuation in zip(places, found, strict=True):
            outcomes = [*continuation.terms, *([None] if continuation.ended else [])]
            probabilities = continuation.probabilities or (float("nan"),) * len(outcomes)
            place.ahead.extend(map(Prediction, outcomes, probabilities))

    @staticmethod
    def _advance(place: _Place) -> Prediction:
        prediction = place.ahead.popleft()
        if prediction.term is not None:
            place.history.append(prediction.term)
        return prediction
