"""The rows that predictors are scored on: frozen sets, addressed by name, version and seed.

A set's rows are the first ones of a stream of seqgen for the purpose `benchmark`, so that they can be drawn again for
ever, and no training draws them. Only `oeis-9` and `oeis-17` need a package besides; see `seqtrain.benchmark_oeis`.
"""

# R rows, L terms, T = L - 1 positions

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import seqgen
from seqgen import ControlStream, Span, Stream
from seqmodel import IntegerVocabulary
from seqtrain._checks import fail
from seqtrain.benchmark_oeis import oeis_rows
from seqtrain.mixture import teach
from seqtrain.protocols import Batches

VERSION = 1
"""Of all sets; another one when a row of any of them changes."""

TERMS = IntegerVocabulary(low=0, high=255, end=True)
"""What every set is about: integers 0 to 255, and END where a sequence leaves them."""

HELD_OUT = 0.05
"""Share of the rows that `held-out` knows as held out: that of `data.held_out = 0.05`."""

PURPOSE = "benchmark"

_LENGTH = 9
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class BenchmarkSet:
    """Hold R rows, and be a source of them.

    Attributes:
        name: Which set it is.
        seed: Which rows of it.
        about: What it holds, in words.
        values: Terms, int64 (R, L).
        lengths: How many of them exist, int64 (R,); where a row is shorter than L, END follows.
        universe: Whose posterior knows what is possible; empty where nobody does.
        made_by: The package that computed it and its version; empty for seqgen's own.
        version: See `VERSION`.
    """

    name: str
    seed: int
    about: str
    values: NDArray[np.int64]
    lengths: NDArray[np.int64]
    universe: str = ""
    made_by: str = ""
    version: int = VERSION

    @property
    def digest(self) -> str:
        """The SHA-256 of all rows: equal where the rows are."""
        known = np.arange(self.values.shape[1]) < self.lengths[:, None]
        rows = np.column_stack([self.lengths, np.where(known, self.values, 0)])
        return hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """What the rows are a function of."""
        return f"{self.name} version {self.version} seed {self.seed}"

    @property
    def phases(self) -> tuple[str, ...]:
        """The set's name: figures are not split."""
        return (self.name,)

    @property
    def distinct_rows(self) -> int:
        """R."""
        return len(self.values)

    @cached_property
    def _taught(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return teach(self.values, self.lengths, TERMS)

    def batches(self, first: int, count: int) -> Batches:
        """Return rows in steps of some hundred; behind the last one they begin again."""
        size = min(_AT_ONCE, len(self.values))
        rows = np.arange(first * size, (first + count) * size).reshape(count, size) % len(self.values)
        inputs, targets = self._taught
        return Batches(inputs=inputs[rows], targets=targets[rows], phases=np.zeros_like(rows))


def benchmark_set(name: str, *, rows: int, seed: int = 0) -> BenchmarkSet:
    """Return the first rows of a set; of `oeis-9` and `oeis-17` as many as there are, if that is fewer.

    Raises:
        ValueError: There is no such set, or it needs a package that is not installed.

    >>> two = benchmark_set("phase1", rows=2)
    >>> two.values[1].tolist(), two.lengths.tolist()  # 27, 55, 111, 223, and then END
    ([27, 55, 111, 223, 0, 0, 0, 0, 0], [9, 4])
    """
    if name not in SETS:
        fail("sets", name, f"of {', '.join(SETS)}")
    return SETS[name](name, rows, seed)


def _drawn(universe: str, explains: str, about: str) -> Callable[[str, int, int], BenchmarkSet]:
    def draw(name: str, rows: int, seed: int) -> BenchmarkSet:
        batch = Stream(seqgen.universe(universe), PURPOSE, seed)[:rows]
        return BenchmarkSet(
            name=name, seed=seed, about=about, values=batch.values, lengths=batch.lengths, universe=explains
        )

    return draw


def _held_out(name: str, rows: int, seed: int) -> BenchmarkSet:
    stream, first = Stream(seqgen.universe("default"), PURPOSE, seed), 0
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    chunk = max(1000, int(1.2 * rows / HELD_OUT))
    while sum(len(lengths) for _, lengths in found) < rows:
        batch = stream[first : first + chunk]
        held = seqgen.held_out(batch.values, batch.lengths, HELD_OUT)
        found.append((batch.values[held], batch.lengths[held]))
        first += chunk
    values, lengths = (np.concatenate(parts)[:rows] for parts in zip(*found, strict=True))
    about = "rows of all three phases that data.held_out = 0.05 keeps from training"
    return BenchmarkSet(name=name, seed=seed, about=about, values=values, lengths=lengths, universe="default")


def _control(name: str, rows: int, seed: int) -> BenchmarkSet:
    batch = ControlStream(Span(length=_LENGTH), PURPOSE, seed)[:rows]
    about = "independent uniform terms: no rule, nothing beats 1 in 256"
    return BenchmarkSet(name=name, seed=seed, about=about, values=batch.values, lengths=batch.lengths)


def _oeis(length: int) -> Callable[[str, int, int], BenchmarkSet]:
    def compute(name: str, rows: int, seed: int) -> BenchmarkSet:
        values, made_by = oeis_rows(length, rows=rows, seed=seed, low=TERMS.low, high=TERMS.high)
        return BenchmarkSet(
            name=name,
            seed=seed,
            about=f"first {length} terms of sequences of the OEIS, all in 0 to 255",
            values=values,
            lengths=np.full(len(values), length, np.int64),
            made_by=made_by,
        )

    return compute


SETS: dict[str, Callable[[str, int, int], BenchmarkSet]] = {
    "phase1": _drawn("phase1", "default", "simple rules"),
    "phase2": _drawn("phase2", "default", "changing rules"),
    "phase3": _drawn("phase3", "default", "composed rules"),
    "held-out": _held_out,
    "control": _control,
    "oeis-9": _oeis(9),
    "oeis-17": _oeis(17),
    "broad": _drawn("broad", "broad", "all families there are, most of them unknown to the model `default`"),
}
"""By name, in the order in which one universe serves several."""
