"""The engine that runs seqmodel's transformer with torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from seqmodel import Promise, SequenceModel, decode, find_model, self_check
from seqserve.continuation import Continuation
from seqserve.protocols import Strategy
from seqserve.slotted_engine import SlottedEngine
from seqserve.torch_slots import TorchSlots


class TorchEngine(SlottedEngine):
    """Decode with any `seqmodel.SequenceModel` in evaluation mode.

    Args:
        model: The model.
        promise: How far its answers depend on who shares the batch; None where that is not known.
    """

    name = "torch"

    def __init__(self, model: SequenceModel, *, promise: Promise | None = None) -> None:
        super().__init__(model.config, model.vocabulary)
        self._model = model
        self.promise = promise

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a model and try what can be promised of it with torch's present threads.

        Args:
            path: A checkpoint, a folder with one, or the name of a model packaged in seqmodel.

        Raises `seqmodel.CheckpointError` when it is none of these.
        """
        model = find_model(path).model
        return cls(model, promise=self_check(model))

    def decode(self, sequences: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> list[Continuation]:
        """Continue each sequence greedily by up to `steps` terms, in order.

        "cached" is "naive" for a model whose attention is full: it has nothing to cache.
        """
        possible = None if strategy == "cached" else strategy
        vocabulary = self.vocabulary
        prompts = [vocabulary.encode(sequence).tolist() for sequence in sequences]
        return [
            Continuation(
                terms=tuple(vocabulary.decode(decoded.tokens)),
                probabilities=decoded.probabilities,
                ended=decoded.ended,
            )
            for decoded in decode(self._model, prompts, steps, strategy=possible)
        ]

    def new_slots(self, count: int) -> TorchSlots:
        """Return so many empty slots, for whoever decides how sequences go on."""
        return TorchSlots(self._model, count)
