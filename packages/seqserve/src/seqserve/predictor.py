"""The predictor: any number of sequences of any lengths in, their continuations out."""

import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_args

from seqserve.chunking import chunks
from seqserve.continuation import Beam, Continuation
from seqserve.protocols import Engine, Prediction, Strategy
from seqserve.sampling import Sampling

if TYPE_CHECKING:
    from seqserve.loading import EngineName
    from seqserve.slots import SlotEngine


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
        self,
        sequences: Iterable[Sequence[int]],
        steps: int = 1,
        *,
        strategy: Strategy = "cached",
        top: int = 0,
        sampling: Sampling | None = None,
    ) -> list[Continuation]:
        """Continue each sequence by its most probable terms, `steps` of them or up to END.

        Args:
            sequences: Sequences of integers, each with at least one term, all in the model's range.
                Of a sequence longer than the model's context, the last terms count.
            steps: How many terms to predict, at least 1.
            strategy: "cached", or the slower "naive" or "parallel"; the answers are the same.
            top: How many of the most probable outcomes of each step to return, in `Continuation.top`.
            sampling: Draw the terms instead. Probabilities stay those that the model gives them.

        Raises:
            ValueError: A sequence is empty or has a term out of range, or an option is impossible.
            TypeError: A sequence, a term or `steps` is of another type.
        """
        return list(self.predict_iter(sequences, steps, strategy=strategy, top=top, sampling=sampling))

    def predict_iter(
        self,
        sequences: Iterable[Sequence[int]],
        steps: int = 1,
        *,
        strategy: Strategy = "cached",
        top: int = 0,
        sampling: Sampling | None = None,
    ) -> Iterator[Continuation]:
        """Continue sequences as they come: `predict` in constant memory.

        A sequence is checked when its batch is reached: an error comes after the answers before it.
        """
        steps, top = _count("steps", steps, 1), _count("top", top, 0)
        if strategy not in get_args(Strategy):
            known = ", ".join(map(repr, get_args(Strategy)))
            raise ValueError(f"strategy: expected one of {known}, got {strategy!r}")
        if (top or sampling) and strategy != "cached":
            raise ValueError(f"strategy: top and sampling go step by step, expected 'cached', got {strategy!r}")
        stepped = self._slot_engine() if top or sampling else None
        checked = (self._checked(sequence, f"sequences[{number}]") for number, sequence in enumerate(sequences))

        def answers(number: int, batch: list[list[int]]) -> list[Continuation]:
            if stepped is None:
                return self.engine.decode(batch, steps, strategy)
            from seqserve.stepping import step_by_step

            slots, vocabulary, first = stepped.new_slots(len(batch)), stepped.vocabulary, number * self.batch_size
            found: list[list[Prediction]] = [[] for _ in batch]
            for step in step_by_step(slots, vocabulary, batch, steps, top=top, sampling=sampling, first=first):
                for row, prediction in step:
                    found[row].append(prediction)
            return [_continuation(predictions) for predictions in found]

        batches = enumerate(chunks(checked, self.batch_size))
        return (continuation for number, batch in batches for continuation in answers(number, batch))

    def stream(
        self, sequence: Sequence[int], steps: int = 1, *, top: int = 0, sampling: Sampling | None = None
    ) -> Iterator[Prediction]:
        """Continue one sequence, and yield each prediction as soon as it is made.

        Args and errors are those of `predict`.
        """
        from seqserve.stepping import step_by_step

        steps, top = _count("steps", steps, 1), _count("top", top, 0)
        engine, checked = self._slot_engine(), self._checked(sequence, "sequence")
        found = step_by_step(engine.new_slots(1), engine.vocabulary, [checked], steps, top=top, sampling=sampling)
        return (prediction for ((_, prediction),) in found)

    def search(self, sequences: Iterable[Sequence[int]], steps: int = 1, *, width: int) -> list[list[Beam]]:
        """Return, of each sequence, the continuations that beam search finds, the most probable first.

        Args:
            sequences: As for `predict`.
            steps: How many terms to predict, at least 1.
            width: How many continuations are kept at a time, at least 1; 1 is greedy decoding.

        Raises:
            ValueError: As for `predict`, or the model predicts numbers and no probabilities.
        """
        from seqserve.beam import beam_search

        steps, width = _count("steps", steps, 1), _count("width", width, 1)
        engine = self._slot_engine()
        checked = [self._checked(sequence, f"sequences[{number}]") for number, sequence in enumerate(sequences)]
        return [beam_search(engine.new_slots(width), engine.vocabulary, sequence, steps, width) for sequence in checked]

    def _slot_engine(self) -> "SlotEngine":
        from seqserve.slots import SlotEngine

        if not isinstance(self.engine, SlotEngine):
            raise ValueError("this engine decodes greedily only: it has no new_slots (see seqserve.slots.SlotEngine)")
        return self.engine

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


def _count(name: str, value: int, least: int) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {value!r}") from None
    if count < least:
        raise ValueError(f"{name}: expected at least {least}, got {count!r}")
    return count


def _continuation(predictions: list[Prediction]) -> Continuation:
    sure = [prediction.probability for prediction in predictions]
    return Continuation(
        terms=tuple(prediction.term for prediction in predictions if prediction.term is not None),
        probabilities=() if any(map(math.isnan, sure)) else tuple(sure),
        ended=predictions[-1].term is None,
        top=tuple(prediction.top for prediction in predictions) if predictions[-1].top else (),
    )


def _quoted(term: int) -> str:
    # Python refuses to write an integer of more than 4300 digits.
    bits = term.bit_length()
    return str(term) if bits <= 128 else f"an integer of {bits} bits"
