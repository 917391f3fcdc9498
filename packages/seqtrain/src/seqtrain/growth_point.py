"""What one recipe takes, measured: `python -m seqtrain.growth_point` reads it as JSON and says so as JSON.

In a process of its own, since a process does not give all of its memory back, and knows its peak since it began.
"""

import json
import math
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from seqgen.universe import TABLE_FROM
from seqmodel import ModelConfig
from seqtrain.growth_universes import universe_name
from seqtrain.protocols import BatchSource
from seqtrain.recipe import CurriculumRecipe, DataRecipe, Recipe, StageRecipe
from seqtrain.recipe_file import recipe_from_dict

WARM_UP = 4
"""Steps before those that are timed: the first draws the rows of many, the second may be of another shape."""

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Hold what was measured of a recipe: seconds, of processor time but for the first, and bytes.

    Processor time leaves out what neighbours take; it is that of all threads.

    Attributes:
        clock: Of a training step, by the clock: the median of pairs of steps, since every second one may be a short
            one. Exact labels are in it where they are learned.
        processor: The same in processor time.
        rows: What drawing a step's rows takes besides; they are drawn for many steps at once.
        training: By how much the process had grown at most when training ended.
        listing: What listing all rules took, for the exact figures; None where these are not wanted.
        figures: What adding up the exact figures took then.
        whole: By how much the process had grown at most at its end, then.
    """

    clock: float
    processor: float
    rows: float
    training: int
    listing: float | None
    figures: float | None
    whole: int | None


def measure(recipe: Recipe, steps: int) -> Measured:
    """Train so many steps of a recipe after `WARM_UP`, then compute the exact figures if it asks for them.

    Training is that of a run, without validating and saving.

    Raises:
        ValueError: The recipe's rules cannot be listed where they must be, or the system is no Linux.
    """
    from seqtrain.drawing import STEPS_PER_DRAW
    from seqtrain.possible import Possible

    _train(_little(recipe), 2)  # what torch loads when it is first used is not the recipe's
    before = _bytes("VmRSS")
    source, ticks = _train(recipe, WARM_UP + steps)
    clock, processor = ticks.medians()
    # A run soon asks for so many rows that all are listed, where that pays.
    draws = math.ceil(2 * len(source.phases) * TABLE_FROM / (STEPS_PER_DRAW * recipe.data.batch))
    for draw in range(draws):
        source.batches(draw, STEPS_PER_DRAW)
    began = time.process_time()
    source.batches(draws, STEPS_PER_DRAW)
    rows = (time.process_time() - began) / STEPS_PER_DRAW
    training = _bytes("VmHWM") - before
    listing = figures = whole = None
    if recipe.validation.ceiling:
        began = time.process_time()
        possible = Possible.of(recipe)
        listing = time.process_time() - began
        possible.ceilings  # noqa: B018 (computed now)
        figures = time.process_time() - began - listing
        whole = _bytes("VmHWM") - before
    return Measured(
        clock=clock,
        processor=processor,
        rows=rows,
        training=training,
        listing=listing,
        figures=figures,
        whole=whole,
    )


def _little(recipe: Recipe) -> Recipe:
    """Return the least recipe that does what this one does in a step."""
    stage = StageRecipe(shares={universe_name(0): 1.0})
    return Recipe(
        model=ModelConfig(d_model=8, layers=1, heads=1),
        data=DataRecipe(batch=2),
        optimiser=recipe.optimiser,
        schedule=recipe.schedule,
        curriculum=CurriculumRecipe(stages=(stage,)),
        run=recipe.run,
    )


def _train(recipe: Recipe, steps: int) -> "tuple[BatchSource, Ticks]":
    """Train; return the source of the rows, and when each step began."""
    from seqtrain.callbacks import Callbacks
    from seqtrain.freed_memory import keeping_freed_memory
    from seqtrain.loop import TrainingLoop
    from seqtrain.sources import Sources
    from seqtrain.threads import threads_for, using_threads

    recipe = replace(
        recipe,
        validation=replace(recipe.validation, rows=1, cadence="steps", every=steps + 1),
        budget=replace(recipe.budget, steps=steps, epochs=0, max_minutes=0.0),
        run=replace(recipe.run, log_every=steps + 1),
    )
    sources, ticks = Sources(recipe), Ticks()
    loop = TrainingLoop(recipe, sources.training, sources.validation, Callbacks([]))
    with using_threads(threads_for(recipe, loop.parameters)), keeping_freed_memory():
        loop.train(save=lambda: None, interrupted=ticks)
    return sources.training, ticks


@dataclass
class Ticks:
    """Take the time before every step and after the last one; never ask to stop.

    >>> ticks = Ticks(clock=[0.0, 5, 6, 7, 8, 9, 11, 12, 16], processor=[0.0] * 9)
    >>> ticks.medians()  # of the pairs that took 1 + 2 and 1 + 4
    (2.0, 0.0)
    """

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def __call__(self) -> bool:
        """Take it."""
        self.clock.append(time.perf_counter())
        self.processor.append(time.process_time())
        return False

    def medians(self) -> tuple[float, float]:
        """Return a step's seconds after the warm-up by the clock and in processor time."""
        pairs = [
            [(last - first) / 2 for first, last in zip(taken[:-2:2], taken[2::2], strict=True)]
            for taken in (self.clock[WARM_UP:], self.processor[WARM_UP:])
        ]
        return statistics.median(pairs[0]), statistics.median(pairs[1])


def say_what_is_lacking() -> None:
    """Refuse a system that does not say what a process takes.

    Raises:
        ValueError: It is no Linux.
    """
    if not _STATUS.exists():
        raise ValueError(f"memory is measured on Linux alone, whose {_STATUS} says what a process takes")


def _bytes(name: str) -> int:
    """Return an amount of memory that the system says of this process."""
    for line in _STATUS.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return 1024 * int(value.split()[0])
    raise ValueError(f"{_STATUS} does not say {name}")


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(asdict(measure(recipe_from_dict(asked["recipe"]), asked["steps"]))))
