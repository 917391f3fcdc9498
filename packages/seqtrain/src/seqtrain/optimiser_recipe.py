"""How gradients become steps."""

from dataclasses import dataclass
from typing import Literal

from seqtrain._checks import at_least, between, more_than


@dataclass(frozen=True, kw_only=True)
class OptimiserRecipe:
    """Set the optimiser, in its fused form. Biases and scales do not decay unless that is asked for.

    Attributes:
        kind: `adamw` decays weights by themselves (Loshchilov and Hutter 2019); `adam` and `sgd`
            add weight_decay * weight to the gradient (L2); `muon` turns the matrices inside the
            blocks by orthogonal steps (Jordan et al. 2024) and leaves all else to `adamw`.
        learning_rate: The largest learning rate; `schedule` says when it holds.
        matrix_learning_rate: The largest learning rate of the matrices that `muon` turns; it rises
            and falls with the other.
        beta1: Decay of the mean of the gradients, in `adamw` and `adam`.
        beta2: Decay of the mean of their squares, likewise.
        epsilon: Added to the denominator, likewise.
        momentum: Decay of the sum of the gradients in `sgd`, where 0 forgets them at once, and of
            their mean in `muon`.
        weight_decay: How strongly matrices are drawn to zero.
        decay: Whether that goes for `matrices` alone, or for `all` weights.
        clip: What keeps a gradient small: its global `norm`, the `value` of each of its entries,
            or `none`.
        clip_norm: Gradients are scaled down to this global norm; 0 leaves them as they are.
        clip_value: Each entry is moved to the nearest in -clip_value..clip_value.
    """

    kind: Literal["adamw", "adam", "sgd", "muon"] = "adamw"
    learning_rate: float = 1e-3
    matrix_learning_rate: float = 0.02
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    momentum: float = 0.9
    weight_decay: float = 0.01
    decay: Literal["matrices", "all"] = "matrices"
    clip: Literal["norm", "value", "none"] = "norm"
    clip_norm: float = 1.0
    clip_value: float = 1.0

    def __post_init__(self) -> None:
        more_than("optimiser.learning_rate", self.learning_rate, 0)
        more_than("optimiser.matrix_learning_rate", self.matrix_learning_rate, 0)
        between("optimiser.beta1", self.beta1, 0, 1)
        between("optimiser.beta2", self.beta2, 0, 1)
        more_than("optimiser.epsilon", self.epsilon, 0)
        between("optimiser.momentum", self.momentum, 0, 1)
        at_least("optimiser.weight_decay", self.weight_decay, 0)
        at_least("optimiser.clip_norm", self.clip_norm, 0)
        more_than("optimiser.clip_value", self.clip_value, 0)


def is_turned(name: str, dimensions: int) -> bool:
    """Tell whether `muon` turns the parameter: a matrix inside a block, no table of tokens, places or classes."""
    return name.startswith("blocks.") and dimensions == 2
