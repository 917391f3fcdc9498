"""Seed, arithmetic, and the rhythm of writing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seqtrain._checks import at_least, between, fail

if TYPE_CHECKING:
    from seqmodel.frozen import Insertion

Held = Literal["nothing", "heads", "heads and feed-forward"]

HELD: "dict[Held, Insertion]" = {"nothing": "ins1", "heads": "ins2", "heads and feed-forward": "ins3"}
"""What the QuantaMaths models call it."""

MOST_THREADS = 256
"""What a slip of the finger must not exceed."""


@dataclass(frozen=True, kw_only=True)
class RunRecipe:
    """Set the seed, the arithmetic and the rhythm of writing.

    Attributes:
        seed: Decides the initial weights and every row.
        start_from: A checkpoint, a folder with one, or a packaged model's name: training begins
            with its weights, which must be of the recipe's configuration and vocabulary.
        grow_from: Another one, smaller than the recipe's model: training begins with its heads, layers, vectors and
            output placed in the larger one, which computes what the small one did; see `seqmodel.grow`.
        grow_layers: Which of the layers those of the smaller model become, ascending; left empty, the first ones.
        hold: What of the smaller model never changes, nor what the optimiser remembers of it: its attention `heads`,
            or its `heads and feed-forward` layers. Norms, vectors and output learn all the same.
        device: Where the model is trained: `cpu`; `cuda`, a GPU of CUDA or ROCm; `auto` takes a GPU where there is one.
            It may change when a run goes on.
        precision: `bfloat16` runs the forward pass under autocast; weights stay float32.
        threads: CPU threads of torch; 0 chooses by the work in a step.
        log_every: Steps between scalars in the logs.
        save_every: Steps between saves of the whole state.
        keep_losses: Whether the training loss of every step is written at the end, to `training_loss.json`.
    """

    seed: int = 0
    start_from: str = ""
    grow_from: str = ""
    grow_layers: tuple[int, ...] = ()
    hold: Held = "nothing"
    device: Literal["cpu", "cuda", "auto"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = 0
    log_every: int = 50
    save_every: int = 1000
    keep_losses: bool = False

    def __post_init__(self) -> None:
        at_least("run.seed", self.seed, 0)
        between("run.threads", self.threads, 0, MOST_THREADS + 1)
        at_least("run.log_every", self.log_every, 1)
        at_least("run.save_every", self.save_every, 1)
        if self.start_from and self.grow_from:
            fail("run.grow_from", self.grow_from, "left out where run.start_from names a model of the same shape")
        for name in ("grow_layers", "hold"):
            if getattr(self, name) not in ((), "nothing") and not self.grow_from:
                fail(f"run.{name}", getattr(self, name), "left out where run.grow_from names no smaller model")
