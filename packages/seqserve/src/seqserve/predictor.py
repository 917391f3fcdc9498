"""The predictor: any number of sequences of any lengths in, their continuations out."""

import operator
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_args

from seqserve.chunking import chunks
from seqserve.continuation import Continuation
from seqserve.protocols import Engine, Strategy

if TYPE_CHECKING:
    from seqserve.loading import EngineName


class Predictor:
    """Continue integer sequences with a trained model.

    Answers come in the order of the sequences, and none depends on what is asked beside it.

    Args:
        engine: What decodes. `Predictor.load` chooses one for a checkpoint.
        batch_size: How many sequences are decoded, and held in memory, at a time.

    >>> from seqserve import Continuation
    >>> class AddOne:
    ...     low, high = 0, 255
    ...     def decode(self, sequences, steps, strategy):
    ...         return [Continuation(terms=(s[-1] + 1,), probabilities=(1.0,)) for s in sequences]
    >>> Predictor(AddOne()).predict([[1, 2], [7]])[1].terms
    (8,)
    """

    def __init__(self, engine: Engine, *, batch_size: int = 256) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, got {batch_size!r}")
        self.engine = engine
        self.batch_size = batch_size

    @classmethod
    def load(
        cls, path: str | Path, *, engine: "EngineName" = "auto", threads: int | None = None, batch_size: int = 256
    ) -> Self:
        """Load a checkpoint, from a file, a folder or by a packaged model's name, and choose its engine.

        Args:
            path: Where the checkpoint is.
            engine: "compiled", "torch", or "auto": the first of them that can run the model. It stays: no batch
                changes it.
            threads: Processor threads; see `seqserve.load_engine`.
            batch_size: How many sequences are decoded, and held in memory, at a time.

        Raises `seqmodel.CheckpointError` when it is missing, damaged or no checkpoint, and ValueError when the engine
        cannot run the model.
        """
        from seqserve.loading import load_engine

        return cls(load_engine(path, engine, threads=threads), batch_size=batch_size)

    def predict(
        self, sequences: Iterable[Sequence[int]], steps: int = 1, *, strategy: Strategy = "cached"
    ) -> list[Continuation]:
        """Continue each sequence by its most probable terms, `steps` of them or up to END.

        Args:
            sequences: Sequences of integers, each with at least one term, all in the model's range.
                Of a sequence longer than the model's context, the last terms count.
            steps: How many terms to predict, at least 1.
            strategy: "cached", or the slower "naive" or "parallel"; the answers are the same.

        Raises:
            ValueError: A sequence is empty or has a term out of range, or an option is impossible.
            TypeError: A sequence, a term or `steps` is of another type.
        """
        return list(self.predict_iter(sequences, steps, strategy=strategy))

    def predict_iter(
        self, sequences: Iterable[Sequence[int]], steps: int = 1, *, strategy: Strategy = "cached"
    ) -> Iterator[Continuation]:
        """Continue sequences as they come: `predict` in constant memory.

        A sequence is checked when its batch is reached: an error comes after the answers before it.
        """
        try:
            steps = operator.index(steps)
        except TypeError:
            raise TypeError(f"steps: expected an integer, got {steps!r}") from None
        if steps < 1:
            raise ValueError(f"steps: expected at least 1, got {steps!r}")
        if strategy not in get_args(Strategy):
            known = ", ".join(map(repr, get_args(Strategy)))
            raise ValueError(f"strategy: expected one of {known}, got {strategy!r}")
        checked = (self._checked(sequence, f"sequences[{number}]") for number, sequence in enumerate(sequences))
        return (
            continuation
            for batch in chunks(checked, self.batch_size)
            for continuation in self.engine.decode(batch, steps, strategy)
        )

    def _checked(self, sequence: Sequence[int], name: str) -> list[int]:
        try:
            terms = list(sequence)
        except TypeError:
            raise TypeError(
                f"{name}: expected a sequence of integers, got {sequence!r}; a single sequence is given as [[2, 4, 6]]"
            ) from None
        if not terms:
            raise ValueError(f"{name}: expected at least one term, got an empty sequence")
        return [self._checked_term(term, f"{name}[{position}]") for position, term in enumerate(terms)]

    def _checked_term(self, term: int, name: str) -> int:
        try:
            value = operator.index(term)
        except TypeError:
            raise TypeError(f"{name}: expected an integer, got {term!r}") from None
        if not self.engine.low <= value <= self.engine.high:
            raise ValueError(f"{name}: expected a term in {self.engine.low}..{self.engine.high}, got {_quoted(value)}")
        return value


def _quoted(term: int) -> str:
    # Python refuses to write an integer of more than 4300 digits.
    bits = term.bit_length()
    return str(term) if bits <= 128 else f"an integer of {bits} bits"
