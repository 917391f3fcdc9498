"""How fast sequences are read and continued on this machine, beside peers, in one run."""

# B rows of a batch, T tokens of a prompt, N new tokens, R rounds, D draws of so many

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from seqmodel.config import ModelConfig
from seqmodel.decoding import Strategy, decode
from seqmodel.transformer import Transformer
from seqmodel.vocabulary import IntegerVocabulary

Key = TypeVar("Key")
Prompts = NDArray[np.int64]
Stage = Callable[[str], None]
"""Told what is being done."""

Work = Literal["prefill", "decode"]
"""Read the prompts, for what follows them; or continue them by `TERMS` terms, reading included."""

CONTEXT = 32
PROMPT = 8
TERMS = 16
VOCABULARY = IntegerVocabulary(low=0, high=255, end=False)
"""END is off: every contestant finds `TERMS` terms."""
_DRAWS = 2000

OURS = "seqmodel, cached"
EXACT = "seqmodel, cached, exact"
NAIVE = "seqmodel, naive"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The size of a transformer, for us and for every peer."""

    d_model: int
    layers: int
    heads: int


SHAPES = (Shape(d_model=32, layers=2, heads=2), Shape(d_model=128, layers=4, heads=4))
"""43 thousand parameters, and 0.86 million; the peers have a few hundred or thousand fewer."""


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """Something that reads and continues sequences greedily.

    Attributes:
        name: What it is; of contestants of one name, the fastest stands for all.
        setting: What tells it from those.
        prefill: Reads prompts_BT and finds what follows each.
        decode: Continues prompts_BT by so many terms; returns these, integers (B, N).
    """

    name: str
    setting: str = ""
    prefill: Callable[[Prompts], object]
    decode: Callable[[Prompts, int], ArrayLike]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The seconds that one contestant took, one number a round."""

    name: str
    setting: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """That of the rounds, in seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times as long one took as another did, by the medians, and how sure that is.

    Attributes:
        medians: One's median over the other's.
        low: Had the rounds been others, the ratio would rarely (1 in 20) have been below this,
        high: or above this: both by drawing as many rounds from those there were, again and again
            (the bootstrap, Efron 1979).
    """

    medians: float
    low: float
    high: float

    @classmethod
    def of(cls, timing: Timing, base: Timing) -> "Ratio":
        """Compare two timings of the same rounds; they are drawn together.

        >>> slow = Timing(name="a", setting="", seconds=(3.0, 6.0, 12.0))
        >>> quick = Timing(name="b", setting="", seconds=(1.0, 2.0, 4.0))
        >>> Ratio.of(slow, quick)
        Ratio(medians=3.0, low=3.0, high=3.0)
        """
        rounds = len(base.seconds)
        drawn_DR = np.random.default_rng(0).integers(0, rounds, (_DRAWS, rounds))
        medians_2D = np.median(np.array([timing.seconds, base.seconds])[:, drawn_DR], axis=-1)
        low, high = np.quantile(medians_2D[0] / medians_2D[1], [0.05, 0.95]).tolist()
        return cls(medians=timing.median / base.median, low=low, high=high)


@dataclass(frozen=True, kw_only=True)
class Race:
    """The timings of all contestants at one piece of work."""

    work: Work
    shape: Shape
    batch: int
    timings: tuple[Timing, ...]

    @property
    def best(self) -> tuple[Timing, ...]:
        """One timing for each name: that of its fastest setting, by the median."""
        names = dict.fromkeys(timing.name for timing in self.timings)
        return tuple(
            min((timing for timing in self.timings if timing.name == name), key=lambda timing: timing.median)
            for name in names
        )

    def times_ours(self, timing: Timing) -> Ratio:
        """Compare a timing with that of `OURS`."""
        return Ratio.of(timing, next(base for base in self.timings if base.name == OURS))


def own_contestants(shape: Shape) -> tuple[list[Contestant], Transformer]:
    """Return our ways of decoding, and the model in the exact mode."""
    plain, exact = new_model(shape), new_model(shape)
    plain.exact = False
    contestants = [_own(OURS, plain, "cached"), _own(EXACT, exact, "cached"), _own(NAIVE, plain, "naive")]
    return contestants, exact


def config_of(shape: Shape) -> ModelConfig:
    """Return our configuration of this shape: the options that the peers have too."""
    return ModelConfig(
        context=CONTEXT,
        d_model=shape.d_model,
        layers=shape.layers,
        heads=shape.heads,
        value_periods=(),
        zero_output_projections=False,
    )


def new_model(shape: Shape) -> Transformer:
    """Return our model of this shape, the same weights every time."""
    return Transformer(config_of(shape), VOCABULARY).eval()


def _own(name: str, model: Transformer, strategy: Strategy) -> Contestant:
    def prefill(prompts_BT: Prompts) -> object:
        cache = model.new_cache(len(prompts_BT)) if strategy == "cached" else None
        with torch.inference_mode():
            return model(torch.from_numpy(prompts_BT), cache=cache, last=True)

    def continued(prompts_BT: Prompts, terms: int) -> ArrayLike:
        found = decode(model, prompts_BT.tolist(), terms, strategy=strategy, probabilities=False)  # as the peers
        return [row.tokens for row in found]

    return Contestant(name=name, prefill=prefill, decode=continued)


def race(contestants: Sequence[Contestant], shape: Shape, prompts_BT: Prompts, rounds: int, stage: Stage) -> list[Race]:
    """Let all contestants do all work on the same prompts, once in each of so many rounds."""
    actions: dict[tuple[Work, Contestant], Callable[[], object]] = {}
    for contestant in contestants:
        actions["prefill", contestant] = partial(contestant.prefill, prompts_BT)
        actions["decode", contestant] = partial(contestant.decode, prompts_BT, TERMS)
    about = f"d_model {shape.d_model}, batch {len(prompts_BT)}"
    seconds = take_turns(actions, rounds, lambda number: stage(f"{about}: round {number} of {rounds}"))
    return [
        Race(
            work=work,
            shape=shape,
            batch=len(prompts_BT),
            timings=tuple(
                Timing(name=one.name, setting=one.setting, seconds=seconds[work, one]) for one in contestants
            ),
        )
        for work in get_args(Work)
    ]


def take_turns(
    actions: Mapping[Key, Callable[[], object]], rounds: int, begins: Callable[[int], None]
) -> dict[Key, tuple[float, ...]]:
    """Return the seconds of every action, one number a round.

    In rounds, a busy neighbour slows all of them, not one; and every round has another order, so
    that none always runs after the same other. Each action runs twice in its turn, and the second
    counts: the first brings its code and data back into the processor's caches. One round more
    comes first and counts for nothing.
    """
    order = np.random.default_rng(0)
    seconds: dict[Key, list[float]] = {key: [] for key in actions}
    keys = list(actions)
    for number in range(rounds + 1):
        begins(number)
        for place in order.permutation(len(keys)).tolist():
            action = actions[keys[place]]
            action()
            begun = time.perf_counter()
            action()
            seconds[keys[place]].append(time.perf_counter() - begun)
    return {key: tuple(found[1:]) for key, found in seconds.items()}


def new_prompts(batch: int) -> Prompts:
    """Return random prompts of `PROMPT` tokens, the same every time."""
    return np.random.default_rng(batch).integers(0, VOCABULARY.size, (batch, PROMPT))
