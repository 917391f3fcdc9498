"""Muon: steps that turn a matrix by an orthogonal one, whatever the gradient's scale.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, with its
coefficients of the Newton-Schulz iteration.
"""

# P matrices of one shape, M rows, N columns

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

ITERATIONS = 5
"""Of Newton-Schulz: singular values then lie within about 0.7 to 1.2."""

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Step along the orthogonal matrix nearest to the averaged gradient.

    Args:
        groups: Tables with `params`, matrices of any shapes, and `maps`: how many maps lie on top
            of one another in each; every map is turned by itself.
        lr: Length of a step: the weights of a square map change by lr / sqrt(its size) on average.
        momentum: Decay of the mean of the gradients (Nesterov's).
        weight_decay: Every step also shrinks weights by lr * weight_decay.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], *, lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "maps": 1})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one step with the gradients that the parameters have."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for weights in _of_one_shape(group["params"]):
                self._turn(weights, group)
        return loss

    def _turn(self, weights: list[nn.Parameter], group: dict[str, Any]) -> None:
        means = [self.state[weight].setdefault("mean", torch.zeros_like(weight)) for weight in weights]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        torch._foreach_lerp_(means, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, means, group["momentum"])  # noqa: SLF001
        rows, columns = weights[0].shape
        maps_PMN = torch.stack(ahead).view(-1, rows // group["maps"], columns)
        turns_PMN = orthogonal(maps_PMN)
        # Tall maps reach each output from fewer inputs: longer steps keep the outputs' change alike.
        length = group["lr"] * max(1.0, maps_PMN.shape[1] / columns) ** 0.5
        moves_PMN = turns_PMN.to(weights[0].dtype).view(-1, rows, columns) * length
        for weight, move_MN in zip(weights, moves_PMN, strict=True):
            weight.mul_(1 - group["lr"] * group["weight_decay"]).sub_(move_MN)


def orthogonal(maps_PMN: Tensor) -> Tensor:
    """Return nearly the orthogonal matrix nearest to each map, bfloat16 (P, M, N): singular values near 1.

    >>> close = orthogonal(torch.diag(torch.tensor([5.0, 1.0, 0.5]))[None])
    >>> bool(((close[0].float().diagonal() - 1).abs() < 0.35).all())
    True
    """
    x_PMN: Tensor = maps_PMN / (maps_PMN.norm(dim=(-2, -1), keepdim=True) + 1e-30)
    x_PMN = x_PMN.bfloat16()
    tall = x_PMN.shape[-2] > x_PMN.shape[-1]
    if tall:
        x_PMN = x_PMN.mT
    first, third, fifth = _COEFFICIENTS
    for _ in range(ITERATIONS):
        square_PMM = x_PMN @ x_PMN.mT
        x_PMN = first * x_PMN + (third * square_PMM + fifth * (square_PMM @ square_PMM)) @ x_PMN
    return x_PMN.mT if tall else x_PMN


def _of_one_shape(weights: list[nn.Parameter]) -> list[list[nn.Parameter]]:
    """Return the weights that have gradients, those of one shape together: small products cost their calls."""
    shapes: dict[torch.Size, list[nn.Parameter]] = {}
    for weight in weights:
        if weight.grad is not None:
            shapes.setdefault(weight.shape, []).append(weight)
    return list(shapes.values())
