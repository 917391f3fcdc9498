"""The predictor: any number of sequences of any lengths in, their continuations out."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_args

from seqserve.checking import checked_count, checked_sequence
from seqserve.chunking import chunks
from seqserve.continuation import Beam, Completion, Continuation
from seqserve.predictions import continuation_of
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

    @classmethod
    def pretrained(
        cls, name: str, *, engine: "EngineName" = "auto", threads: int | None = None, batch_size: int = 256
    ) -> Self:
        """Load a packaged model by its name; the other arguments are those of `load`.

        Raises:
            ValueError: There is none of that name; the message lists those that are.

        >>> Predictor.pretrained("default").predict([[1, 2, 3, 4, 5]])[0].terms
        (6,)
        """
        from seqmodel.packaged import packaged_folder

        return cls.load(packaged_folder(name), engine=engine, threads=threads, batch_size=batch_size)

    def predict(
        self,
        sequences: Iterable[Sequence[int]],
        steps: int = 1,
        *,
        strategy: Strategy = "cached",
        top: int = 0,
        sampling: Sampling | None = None,
        first: int = 0,
    ) -> list[Continuation]:
        """Continue each sequence by its most probable terms, `steps` of them or up to END.

        Args:
            sequences: Sequences of integers, each with at least one term, all in the model's range.
                Of a sequence longer than the model's context, the last terms count.
            steps: How many terms to predict, at least 1.
            strategy: "cached", or the slower "naive" or "parallel"; the answers are the same.
            top: How many of the most probable outcomes of each step to return, in `Continuation.top`.
            sampling: Draw the terms instead. Probabilities stay those that the model gives them.
            first: The number of the first sequence, which draws depend on: what goes on behind others says how many.

        Raises:
            ValueError: A sequence is empty or has a term out of range, or an option is impossible.
            TypeError: A sequence, a term or `steps` is of another type.
        """
        return list(self.predict_iter(sequences, steps, strategy=strategy, top=top, sampling=sampling, first=first))

    def predict_iter(
        self,
        sequences: Iterable[Sequence[int]],
        steps: int = 1,
        *,
        strategy: Strategy = "cached",
        top: int = 0,
        sampling: Sampling | None = None,
        first: int = 0,
    ) -> Iterator[Continuation]:
        """Continue sequences as they come: `predict` in constant memory.

        A sequence is checked when its batch is reached: an error comes after the answers before it.
        """
        steps, top = checked_count("steps", steps, 1), checked_count("top", top, 0)
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

            slots, vocabulary = stepped.new_slots(len(batch)), stepped.vocabulary
            found: list[list[Prediction]] = [[] for _ in batch]
            begin = first + number * self.batch_size
            for step in step_by_step(slots, vocabulary, batch, steps, top=top, sampling=sampling, first=begin):
                for row, prediction in step:
                    found[row].append(prediction)
            return [continuation_of(predictions) for predictions in found]

        batches = enumerate(chunks(checked, self.batch_size))
        return (continuation for number, batch in batches for continuation in answers(number, batch))

    def stream(
        self,
        sequence: Sequence[int],
        steps: int = 1,
        *,
        top: int = 0,
        sampling: Sampling | None = None,
        first: int = 0,
    ) -> Iterator[Prediction]:
        """Continue one sequence, and yield each prediction as soon as it is made.

        Args and errors are those of `predict`.
        """
        from seqserve.stepping import step_by_step

        steps, top = checked_count("steps", steps, 1), checked_count("top", top, 0)
        engine, checked = self._slot_engine(), self._checked(sequence, "sequence")
        slots, vocabulary = engine.new_slots(1), engine.vocabulary
        found = step_by_step(slots, vocabulary, [checked], steps, top=top, sampling=sampling, first=first)
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

        steps, width = checked_count("steps", steps, 1), checked_count("width", width, 1)
        engine = self._slot_engine()
        checked = [self._checked(sequence, f"sequences[{number}]") for number, sequence in enumerate(sequences)]
        return [beam_search(engine.new_slots(width), engine.vocabulary, sequence, steps, width) for sequence in checked]

    def complete(
        self,
        questions: Iterable[str],
        steps: int | None = None,
        *,
        strategy: Strategy = "cached",
        top: int = 0,
        sampling: Sampling | None = None,
    ) -> list[Completion]:
        """Complete texts with a model of symbols.

        Args:
            questions: What it is to complete. A model of additions and subtractions takes them as people write them:
                "12-345", or "0000012-0000345=", or with the beginning of an answer.
            steps: How many symbols to predict of each; None: as many as the expression lacks, or one where nothing
                says how many that are.
            strategy: As for `predict`, like the next two.
            top: How many of the most probable symbols of each step to return.
            sampling: Draw the symbols instead.

        Raises:
            ValueError: The model reads integers, or a question is none that it reads, or an option is impossible.
        """
        from seqserve.completing import complete_questions, expressions_of

        read = map(expressions_of(self.engine).read, questions)
        steps = None if steps is None else checked_count("steps", steps, 1)
        return list(complete_questions(self, read, steps, strategy=strategy, top=top, sampling=sampling))

    def _slot_engine(self) -> "SlotEngine":
        from seqserve.slots import SlotEngine

        if not isinstance(self.engine, SlotEngine):
            raise ValueError("this engine decodes greedily only: it has no new_slots (see seqserve.slots.SlotEngine)")
        return self.engine

    def _checked(self, sequence: Sequence[int], name: str) -> list[int]:
        return checked_sequence(sequence, name, self.engine.low, self.engine.high)
