"""The engine that runs seqmodel's transformer with torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from seqmodel import SequenceModel, decode, integers_of, load_checkpoint
from seqserve.continuation import Continuation
from seqserve.protocols import Strategy


class TorchEngine:
    """Decode with any `seqmodel.SequenceModel` in evaluation mode."""

    def __init__(self, model: SequenceModel) -> None:
        self._model = model
        self._vocabulary = integers_of(model.vocabulary)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a checkpoint; raises `seqmodel.CheckpointError` when it is none."""
        return cls(load_checkpoint(path).model)

    @property
    def low(self) -> int:
        """The smallest term of the model's vocabulary."""
        return self._vocabulary.low

    @property
    def high(self) -> int:
        """The largest term of the model's vocabulary."""
        return self._vocabulary.high

    def decode(self, sequences: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> list[Continuation]:
        """Continue each sequence greedily by up to `steps` terms, in order."""
        vocabulary = self._vocabulary
        prompts = [vocabulary.encode(sequence).tolist() for sequence in sequences]
        return [
            Continuation(
                terms=tuple(vocabulary.decode(decoded.tokens)),
                probabilities=decoded.probabilities,
                ended=decoded.ended,
            )
            for decoded in decode(self._model, prompts, steps, strategy=strategy)
        ]
