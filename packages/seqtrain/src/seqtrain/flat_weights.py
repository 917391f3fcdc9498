"""Weights that are moved alike, one behind the other in one vector.

Clipping and stepping look at every tensor in turn; for a small model that takes longer than the
arithmetic (the document's model has 26 tensors of 1,000 numbers together).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch._utils import _flatten_dense_tensors

from seqtrain.muon import Muon
from seqtrain.optimiser import Optimisers


class _Place(NamedTuple):
    """Where a weight lies: numbers first, first + 1, ... of a part, which an optimiser moves."""

    optimiser: torch.optim.Optimizer
    part: nn.Parameter
    first: int


class FlatWeights:
    """Let optimisers move few long vectors in place of many weights.

    The weights stay what they are to everybody else: their numbers are those of the vectors. What is
    moved as a matrix, by Muon, stays one.

    Args:
        optimisers: Those that move the weights, and have not moved them yet; their groups are changed.

    >>> map = nn.Linear(2, 3)
    >>> optimiser = torch.optim.SGD(map.parameters(), lr=1.0)
    >>> flat = FlatWeights([optimiser])
    >>> map(torch.ones(2)).sum().backward()
    >>> flat.gather().tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    >>> optimiser.param_groups[0]["params"][0].shape
    torch.Size([9])
    """

    def __init__(self, optimisers: Optimisers) -> None:
        self._weights: list[nn.Parameter] = []
        self._parts: list[nn.Parameter] = []
        self._places: dict[nn.Parameter, _Place] = {}
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                weights = list(group["params"])
                parts = [[weight] for weight in weights] if isinstance(optimiser, Muon) else [weights]
                group["params"] = [self._join(optimiser, part) for part in parts if part]
        self._sizes = [part.numel() for part in self._parts]

    def _join(self, optimiser: torch.optim.Optimizer, weights: Sequence[nn.Parameter]) -> nn.Parameter:
        part, first = weights[0], 0
        if len(weights) > 1:
            part = nn.Parameter(torch.cat([weight.detach().flatten() for weight in weights]))
        for weight in weights:
            self._places[weight] = _Place(optimiser, part, first)
            weight.data = _numbers(part.detach(), first, weight)
            first += weight.numel()
        self._weights += weights
        self._parts.append(part)
        return part

    def gather(self) -> Tensor:
        """Take the weights' gradients, give them to the optimisers, and return them as one vector.

        What changes in it changes for the optimisers. A weight without a gradient has one of zeros.
        """
        gradients = [torch.zeros_like(weight) if (g := weight.grad) is None else g for weight in self._weights]
        vector: Tensor = _flatten_dense_tensors(gradients)  # type: ignore[no-untyped-call]
        for weight in self._weights:
            weight.grad = None
        for part, gradient in zip(self._parts, vector.split_with_sizes(self._sizes), strict=True):
            part.grad = gradient if part.ndim == 1 else gradient.view_as(part)
        return vector

    def let_go(self) -> None:
        """Forget the gradients that were gathered."""
        for part in self._parts:
            part.grad = None

    def optimiser_of(self, weight: nn.Parameter) -> torch.optim.Optimizer:
        """Return what moves a weight."""
        return self._places[weight].optimiser

    def remembered(self, weight: nn.Parameter) -> dict[str, Tensor]:
        """Return what the weight's optimiser remembers of it, by moment: it may be changed in place."""
        optimiser, part, first = self._places[weight]
        return {
            moment: _numbers(tensor, first, weight) if tensor.shape == part.shape else tensor
            for moment, tensor in optimiser.state.get(part, {}).items()
        }

    def moments(self, model: nn.Module) -> dict[str, Tensor]:
        """Return what is remembered of the weights of a model, as `PARAMETER/MOMENT` to tensor; some share a number."""
        return {
            f"{name}/{moment}": tensor
            for name, weight in model.named_parameters()
            for moment, tensor in self.remembered(weight).items()
        }

    def restore(self, model: nn.Module, saved: Mapping[str, Tensor]) -> None:
        """Make the optimisers remember what `moments` returned."""
        for key, tensor in saved.items():
            name, moment = key.rsplit("/", 1)
            weight = model.get_parameter(name)
            optimiser, part, first = self._places[weight]
            remembered = optimiser.state[part]
            if tensor.shape == weight.shape:
                whole = remembered.setdefault(moment, torch.zeros_like(part))
                _numbers(whole, first, weight).copy_(tensor)
            else:
                remembered[moment] = tensor.to(part.device)


def _numbers(vector: Tensor, first: int, weight: Tensor) -> Tensor:
    """Return a view of as many numbers of a vector as a weight has, in its shape."""
    return vector.view(-1)[first : first + weight.numel()].view_as(weight)
