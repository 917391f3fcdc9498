"""The engine that runs seqmodel's transformer with torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from seqmodel import IntegerVocabulary, Promise, SequenceModel, decode, find_model, integers_of, self_check
from seqserve.continuation import Continuation
from seqserve.protocols import Strategy
from seqserve.running import Running
from seqserve.torch_slots import TorchSlots


class TorchEngine:
    """Decode with any `seqmodel.SequenceModel` in evaluation mode.

    Args:
        model: The model.
        promise: How far its answers depend on who shares the batch; None where that is not known.
    """

    name = "torch"

    def __init__(self, model: SequenceModel, *, promise: Promise | None = None) -> None:
        self._model = model
        self.promise = promise
        self._vocabulary = integers_of(model.vocabulary)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a model and try what can be promised of it with torch's present threads.

        Args:
            path: A checkpoint, a folder with one, or the name of a model packaged in seqmodel.

        Raises `seqmodel.CheckpointError` when it is none of these.
        """
        model = find_model(path).model
        return cls(model, promise=self_check(model))

    @property
    def low(self) -> int:
        """The smallest term of the model's vocabulary."""
        return self._vocabulary.low

    @property
    def high(self) -> int:
        """The largest term of the model's vocabulary."""
        return self._vocabulary.high

    def decode(self, sequences: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> list[Continuation]:
        """Continue each sequence greedily by up to `steps` terms, in order.

        "cached" is "naive" for a model whose attention is full: it has nothing to cache.
        """
        possible = None if strategy == "cached" else strategy
        vocabulary = self._vocabulary
        prompts = [vocabulary.encode(sequence).tolist() for sequence in sequences]
        return [
            Continuation(
                terms=tuple(vocabulary.decode(decoded.tokens)),
                probabilities=decoded.probabilities,
                ended=decoded.ended,
            )
            for decoded in decode(self._model, prompts, steps, strategy=possible)
        ]

    @property
    def vocabulary(self) -> IntegerVocabulary:
        """What its tokens mean."""
        return self._vocabulary

    def new_slots(self, count: int) -> TorchSlots:
        """Return so many empty slots, for whoever decides how sequences go on."""
        return TorchSlots(self._model, count)

    def open(self, slots: int) -> Running:
        """Return an empty running batch with so many slots."""
        return Running(self.new_slots(slots), slots, self._vocabulary)
