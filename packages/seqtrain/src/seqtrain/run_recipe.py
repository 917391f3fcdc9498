"""Seed, arithmetic, and the rhythm of writing."""

from dataclasses import dataclass
from typing import Literal

from seqtrain._checks import at_least, between

MOST_THREADS = 256
"""What a slip of the finger must not exceed."""


@dataclass(frozen=True, kw_only=True)
class RunRecipe:
    """Set the seed, the arithmetic and the rhythm of writing.

    Attributes:
        seed: Decides the initial weights and every row.
        start_from: A checkpoint, a folder with one, or a packaged model's name: training begins
            with its weights, which must be of the recipe's configuration and vocabulary.
        device: Where the model is trained: `cpu`; `cuda`, a GPU of CUDA or ROCm; `auto` takes a GPU where there is one.
            It may change when a run goes on.
        precision: `bfloat16` runs the forward pass under autocast; weights stay float32.
        threads: CPU threads of torch; 0 chooses by the work in a step.
        log_every: Steps between scalars in the logs.
        save_every: Steps between saves of the whole state.
    """

    seed: int = 0
    start_from: str = ""
    device: Literal["cpu", "cuda", "auto"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = 0
    log_every: int = 50
    save_every: int = 1000

    def __post_init__(self) -> None:
        at_least("run.seed", self.seed, 0)
        between("run.threads", self.threads, 0, MOST_THREADS + 1)
        at_least("run.log_every", self.log_every, 1)
        at_least("run.save_every", self.save_every, 1)
