"""How fast rows and posteriors are made on this machine, beside the limits and beside a peer, in one run."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from seqgen.ceilings import Ceilings
from seqgen.philox import words
from seqgen.posterior import Posterior
from seqgen.stream import Stream
from seqgen.universe import Universe

Stage = Callable[[str], object]

_PEER_SECONDS = 20.0
"""The peer's items are measured for no longer: the median needs a few hundred, and single ones take seconds."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What was measured.

    Args:
        name: what was done.
        amount: how much of it was done in a run.
        unit: what is counted.
        seconds: the time of each run; runs of different measures take turns where they are compared.
    """

    name: str
    amount: int
    unit: str
    seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """The median number of units a second."""
        return self.amount / statistics.median(self.seconds)

    @property
    def slowest(self) -> float:
        """Units a second in the slowest run."""
        return self.amount / max(self.seconds)

    @property
    def fastest(self) -> float:
        """Units a second in the quickest run."""
        return self.amount / min(self.seconds)


def measure_rows(universe: Universe, rows: int, runs: int, stage: Stage) -> list[Measure]:
    """Measure rows from a contiguous slice and from arbitrary indices, beside the words and memory they need."""
    stage("listing all rows")
    stream = Stream(universe, "benchmark")
    universe.expect(rows)
    places = np.random.Generator(np.random.Philox(1)).integers(0, 2**62, rows)
    width = universe.length + 4
    work: dict[str, tuple[str, Callable[[], Any]]] = {
        "rows from a contiguous slice": ("rows", lambda: stream[0:rows]),
        "rows from arbitrary indices": ("rows", lambda: stream.take(places)),
        "limit: the words of a slice": ("rows", lambda: words("benchmark", 0, 0, rows)),
        "limit: writing that much memory": ("rows", lambda: np.empty((rows, width), np.int64).fill(1)),
        "limit: reading the table at random": ("rows", lambda: _read_at_random(universe, places)),
    }
    return list(_in_turn(work, rows, runs, stage))


def measure_posterior(universe: Universe, queries: int, stage: Stage) -> list[Measure]:
    """Measure building the posterior once, answering prefixes, and summing the ceilings."""
    stage("building the posterior")
    begun = time.perf_counter()
    posterior = Posterior.of(universe)
    built = time.perf_counter() - begun
    batch = Stream(universe, "benchmark")[0:queries]
    depths = 1 + np.arange(queries) % (universe.length - 1)
    prefixes = [
        values[: min(depth, length)]
        for values, depth, length in zip(batch.values, depths.tolist(), batch.lengths.tolist(), strict=True)
    ]
    posterior.batch(prefixes[:1000])
    stage("answering prefixes")
    begun = time.perf_counter()
    posterior.batch(prefixes)
    answered = time.perf_counter() - begun
    stage("summing the ceilings")
    begun = time.perf_counter()
    Ceilings.of(posterior)
    summed = time.perf_counter() - begun
    return [
        Measure(name="posterior: built", amount=len(universe), unit="rules", seconds=(built,)),
        Measure(name="posterior: prefixes answered", amount=queries, unit="prefixes", seconds=(answered,)),
        Measure(name="ceilings: summed", amount=len(universe), unit="rules", seconds=(summed,)),
    ]


def measure_peer(items: int, stage: Stage) -> Measure | None:
    """Measure reasoning-gym's ``number_sequence``, item by item, at most ``items``; None where it is not installed.

    The seconds are those of single items: the median item is what is compared, since single items can take seconds.
    """
    try:
        import reasoning_gym
    except ImportError:
        return None
    stage("reasoning-gym")
    dataset = reasoning_gym.create_dataset("number_sequence", size=items, seed=42)
    seconds = []
    for i in range(items):
        begun = time.perf_counter()
        dataset[i]
        seconds.append(time.perf_counter() - begun)
        if sum(seconds) > _PEER_SECONDS:
            break
    return Measure(name="reasoning-gym number_sequence", amount=1, unit="rows", seconds=tuple(seconds))


def _in_turn(work: dict[str, tuple[str, Callable[[], Any]]], amount: int, runs: int, stage: Stage) -> Iterator[Measure]:
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(runs + 1):
        stage(f"rows, run {turn} of {runs}")
        for name, (_, action) in work.items():
            begun = time.perf_counter()
            action()
            seconds[name].append(time.perf_counter() - begun)
    for name, (unit, _) in work.items():
        counted = tuple(islice(seconds[name], 1, None))  # the first run warms up
        yield Measure(name=name, amount=amount, unit=unit, seconds=counted)


def _read_at_random(universe: Universe, places: Any) -> Any:
    values, _ = universe.table
    return np.take(values, places % len(values), axis=0)
