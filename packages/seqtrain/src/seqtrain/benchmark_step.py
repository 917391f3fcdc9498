"""How long a training step takes on this machine, in our loop and in others', in one run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch

from seqmodel.benchmark import Ratio, Stage
from seqtrain.benchmark_step_works import Weights, Work
from seqtrain.benchmark_times import Times, Turn

Tick = Callable[[], None]
"""To be called after every step."""

SEQTRAIN = "seqtrain"


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A training loop.

    Attributes:
        name: What it is; of contestants of one name, the fastest stands for all.
        setting: What tells it from those.
        train: Does all steps of a work, ticks after each, and returns the weights it ends with.
    """

    name: str
    setting: str = ""
    train: Callable[[Work, Tick], Weights]


@dataclass(frozen=True, kw_only=True)
class StepRace:
    """What came of one work.

    Attributes:
        work: What was done.
        times: Of one step, for each contestant in the order given.
        losses: The loss of each with the weights that it ended with, on the same rows.
        first_loss: The loss before.
        besides: Times of what else took turns with the contestants.
    """

    work: Work
    times: tuple[Times, ...]
    losses: tuple[float, ...]
    first_loss: float
    besides: tuple[Times, ...] = ()

    def named(self, name: str) -> Times:
        """Return the times of that name; of several settings, those of the fastest by processor time."""
        found = [one for one in (*self.times, *self.besides) if one.name == name]
        return min(found, key=lambda one: one.processor.median)

    def seqtrain_over(self, times: Times, by: Literal["clock", "processor"]) -> Ratio:
        """Return how many times as long as a loop ours takes."""
        return Ratio.of(getattr(self.named(SEQTRAIN), by), getattr(times, by))

    def best(self) -> tuple[Times, ...]:
        """Return one contestant for each name."""
        return tuple(self.named(name) for name in dict.fromkeys(one.name for one in self.times))


def race(
    work: Work,
    contestants: Sequence[Contestant],
    rounds: int,
    stage: Stage,
    besides: Mapping[str, Callable[[], Turn]] | None = None,
) -> StepRace:
    """Let all contestants do the work once in each of so many rounds, in another order every time.

    In rounds, a busy neighbour slows all of them, not one.

    Args:
        work: What to do.
        contestants: Who does it.
        rounds: How often.
        stage: Told what is being done.
        besides: More that takes its turn in every round, by name.
    """
    ends: dict[int, Weights] = {}

    def does(place: int) -> Turn:
        turn, ends[place] = step_time(work, contestants[place])
        return turn

    actions = [partial(does, place) for place in range(len(contestants))] + list((besides or {}).values())
    names = [one.name for one in contestants] + list(besides or {})
    turns: list[list[Turn]] = [[] for _ in actions]
    order = np.random.default_rng(0)
    for number in range(rounds):
        for place in order.permutation(len(actions)).tolist():
            stage(f"{work.name}: round {number + 1} of {rounds}, {names[place]}")
            turns[place].append(actions[place]())
    count = len(contestants)
    return StepRace(
        work=work,
        times=tuple(
            Times.of(one.name, one.setting, found) for one, found in zip(contestants, turns[:count], strict=True)
        ),
        losses=tuple(work.loss_of(ends[place]) for place in range(count)),
        first_loss=work.loss_of(work.new_model().state_dict()),
        besides=tuple(Times.of(name, "", found) for name, found in zip(names[count:], turns[count:], strict=True)),
    )


def step_time(work: Work, contestant: Contestant) -> tuple[Turn, Weights]:
    """Let a contestant do the work; return the mean time of a step after the warm-up, and its weights.

    Raises:
        ValueError: It did not do as many steps as it should.
    """
    ends: list[Turn] = []
    with torch.random.fork_rng(devices=[]):
        weights = contestant.train(work, lambda: ends.append(Turn.now()))
    if len(ends) != work.steps:
        raise ValueError(f"{contestant.name} did {len(ends)} steps, not {work.steps}")
    return ends[-1].since(ends[work.warm_up - 1], work.timed), weights
