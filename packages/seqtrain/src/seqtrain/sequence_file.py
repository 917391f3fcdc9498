"""A user's own sequences as a source of rows."""

import copy
from pathlib import Path
from typing import Self

import numpy as np

from seqgen import Overflow
from seqmodel import IntegerVocabulary
from seqtrain.mixture import teach
from seqtrain.protocols import IGNORE, Batches
from seqtrain.shuffling import shuffled
from seqtrain.window_store import WindowStore
from seqtrain.windows import Cut, Part


class SequenceFile:
    r"""A `BatchSource` over the sequences of a JSON Lines or Parquet file; see `read_sequences` for what it may hold.

    Sequences of any length are cut into windows of context + 1 terms, such that each term but a sequence's first is
    asked for exactly once; see `windows_of`. The steps take the windows in passes: each once, in an order of
    its own (`shuffled`). END is asked for where a sequence leaves the vocabulary, or is said to have ended.

    The windows are written once as integer arrays beside the file, in `.seqtrain`, and mapped into memory: that of
    the process does not grow with the file.

    Args:
        path: The file.
        vocabulary: Terms the model knows, and whether END is one of its classes.
        context: Terms the model sees; a row has one more.
        rows: Rows in a step's batch.
        overflow: What happens to a term outside the vocabulary; see `Cut`.
        held_out: Share of the sequences that is kept from training; see `Cut`.
        part: Which rows: those to train on, or half of those held out.
        seed: Names the order of the windows, together with `part`.

    Raises:
        OSError: The file cannot be read, or what is cut not be written.
        ValueError: It holds something else than sequences, or no window for the part.

    >>> import json, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.jsonl"
    >>> _ = path.write_text("[5, 6, 7]\n" + json.dumps({"terms": [9, 9], "ended": True}))
    >>> mine = SequenceFile(path, vocabulary=IntegerVocabulary(high=9), context=3, rows=2)
    >>> batches = mine.batches(0, 1)
    >>> batches.inputs.tolist(), batches.targets.tolist()
    ([[[5, 6, 7], [9, 9, 0]]], [[[6, 7, -100], [9, 10, -100]]])
    """

    phases = ("sequences",)

    def __init__(
        self,
        path: Path | str,
        *,
        vocabulary: IntegerVocabulary,
        context: int,
        rows: int,
        overflow: Overflow = "truncate",
        held_out: float = 0.0,
        part: Part = "train",
        seed: int = 0,
    ) -> None:
        if not 0 <= held_out <= 1:
            raise ValueError(f"held_out is {held_out!r}; it must be a share from 0 to 1")
        self.path = Path(path)
        self.rows = rows
        self._vocabulary = vocabulary
        self._seed = seed
        self._held_out = held_out
        cut = Cut(vocabulary=vocabulary, context=context, overflow=overflow, held_out=held_out)
        self._store = WindowStore(self.path, cut)
        self._turn_to(part)

    @property
    def distinct_rows(self) -> int:
        """How many rows there are; then the next pass begins."""
        return self._store.size(self._part)

    @property
    def fingerprint(self) -> str:
        """What all rows are a function of, as text: it changes with the file and with every argument."""
        return f"{self._store.key}/{self._part}/{self._seed}/{self.rows}"

    def part(self, part: Part) -> Self:
        """Return the rows of another part of the same file.

        Raises:
            ValueError: It has none.
        """
        other = copy.copy(self)
        other._turn_to(part)  # noqa: SLF001 (a copy of this)
        return other

    def batches(self, first: int, count: int) -> Batches:
        """Return the rows of the steps first, ..., first + count - 1."""
        numbers = np.arange(first * self.rows, (first + count) * self.rows)
        places = shuffled(numbers, self.distinct_rows, purpose=self._part, seed=self._seed)
        tokens, shapes = self._store.take(self._part, places)
        lengths, skipped = shapes["length"].astype(np.int64)[:, None], shapes["skipped"][:, None]
        inputs, targets = teach(tokens.astype(np.int64) + self._vocabulary.low, lengths[:, 0], self._vocabulary)
        seen = np.arange(1, inputs.shape[1] + 1)
        targets[(seen <= skipped) | ((seen == lengths) & ~shapes["ended"][:, None])] = IGNORE
        shape = (count, self.rows, -1)
        return Batches(
            inputs=inputs.reshape(shape), targets=targets.reshape(shape), phases=np.zeros(shape[:2], np.int64)
        )

    def _turn_to(self, part: Part) -> None:
        self._part: Part = part
        if not self.distinct_rows:
            right = "give more sequences, longer ones, or another share"
            raise ValueError(f"{self.path}: no row for {part} where {self._held_out} is held out; {right}")
