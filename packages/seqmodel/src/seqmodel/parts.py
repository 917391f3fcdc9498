"""The maps every layer is made of, as functions of the modules that hold their weights.

For a small model a call of a module, and even a look at one of its weights, costs as much as the
product inside: torch looks for hooks around every call, and for names in three dictionaries. So
the maps are functions, and weights are taken from the dictionary that holds them. Whoever wants
to see or change what happens inside uses an observer.
"""

# ruff: noqa: SLF001  (the dictionaries are torch's)

from collections.abc import Callable
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, relu, silu

from seqmodel.config import Activation, ModelConfig, Norm
from seqmodel.padding import ROW_MULTIPLE

NORM_EPS = 1e-5

Map = Callable[[Tensor], Tensor]


class Affine(Protocol):
    """Map rows with the weights of an `nn.Linear`, then apply an activation, if one is named."""

    def __call__(self, x_NC: Tensor, module: nn.Module, then: Activation | None = None, /) -> Tensor:
        """Map (N, in) to (N, out)."""


def affine(x_NC: Tensor, module: nn.Module, then: Activation | None = None) -> Tensor:
    """Map with operators that sum every row in one order."""
    y_NC = _linear(x_NC, module)
    return y_NC if then is None else ACTIVATIONS[then](y_NC)


def affine_of_few(x_NC: Tensor, module: nn.Module, then: Activation | None = None) -> Tensor:
    """Map few rows, whose bits nobody counts on."""
    return _activated(_linear(x_NC, module), then)


def _activated(x_NC: Tensor, then: Activation | None) -> Tensor:
    return x_NC if then is None else small_gelu(x_NC) if then == "gelu" else ACTIVATIONS[then](x_NC)


def _linear(x_NC: Tensor, module: nn.Module) -> Tensor:
    weights = module._parameters
    return linear(x_NC, weights["weight"], weights["bias"])  # type: ignore[arg-type]


def affine_to_learn(x_NC: Tensor, module: nn.Module, then: Activation | None = None) -> Tensor:
    """Map where gradients are wanted on a CPU: from few inputs by a copy of the weights that lies the other way.

    torch makes a gradient by the product that suits how the factors lie, and MKL is slow at those with
    few columns (measured, 256 rows of 2 numbers to 256 and back: 135 microseconds against 72).
    """
    few = cast("nn.Linear", module)
    if few.in_features > FEW_INPUTS or few.out_features < MANY_OUTPUTS:
        return affine_of_few(x_NC, module, then)
    weights = cast("dict[str, Tensor]", module._parameters)
    y_NC = torch.addmm(weights["bias"], x_NC, weights["weight"].t().contiguous())
    return _activated(y_NC, then)


FEW_INPUTS, MANY_OUTPUTS = 8, 32
"""Where that pays, measured at 256 and 4,096 rows."""


def affine_of_many(x_NC: Tensor, module: nn.Module, then: Activation | None = None) -> Tensor:
    """Map where nothing is differentiated, large products and what follows them by oneDNN.

    torch's own go through MKL, at half the speed on a processor of another maker (measured on an
    AMD EPYC: 95 against 200 thousand million operations a second). A call of oneDNN costs more,
    and it prepares itself for every number of rows, once, in a millisecond: so it is asked for
    multiples of 16 only.
    """
    weights = module._parameters
    weight, bias = cast("Tensor", weights["weight"]), weights["bias"]
    rows = x_NC.shape[0]  # its length is found in Python
    if rows % ROW_MULTIPLE or rows * weight.numel() < LARGE or x_NC.dtype != torch.float32:
        return affine_of_few(x_NC, module, then)
    return torch.ops.mkldnn._linear_pointwise(x_NC, weight, bias, _NAMES[then], [], "none")  # type: ignore[no-any-return]


_NAMES: dict[Activation | None, str] = {None: "none", "gelu": "gelu", "relu": "relu", "silu": "swish"}
"""What oneDNN calls them in torch."""


ONE_DNN: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
"""Whether this build of torch has it."""

MANY = 128
"""Rows from which a pass looks for large products."""

LARGE = 2**20
"""Multiplications from which oneDNN pays, measured at widths 32, 64, 128 and 256 alike."""


def make_norm(config: ModelConfig) -> nn.Module:
    """Return the weights of the normalisation that the configuration names."""
    if config.norm == "none":
        return nn.Identity()
    if config.norm == "rms":
        return nn.RMSNorm(config.d_model, eps=NORM_EPS)
    return nn.LayerNorm(config.d_model, eps=NORM_EPS)


def _layer_norm(x: Tensor, module: nn.Module) -> Tensor:
    weights = module._parameters
    return torch.layer_norm(x, module.normalized_shape, weights["weight"], weights["bias"], NORM_EPS)  # type: ignore[arg-type]


def _rms_norm(x: Tensor, module: nn.Module) -> Tensor:
    return torch.rms_norm(x, x.shape[-1:], module._parameters["weight"], NORM_EPS)


def _no_norm(x: Tensor, _: nn.Module) -> Tensor:
    return x


NORMS: dict[Norm, Callable[[Tensor, nn.Module], Tensor]] = {
    "pre": _layer_norm,
    "post": _layer_norm,
    "rms": _rms_norm,
    "none": _no_norm,
}


def small_gelu(x_NF: Tensor) -> Tensor:
    """Return the erf-GELU of contiguous rows, of a few numbers by torch's own kernel.

    torch gives contiguous numbers to oneDNN, whose call costs more than a small tensor's whole GELU;
    what is not contiguous it does itself. The bits differ: not for the exact mode.
    """
    numbers = x_NF.numel()
    if numbers > _SMALL or (len(x_NF) == 1 and numbers % 2):
        return gelu(x_NF)
    if len(x_NF) > 1:
        return gelu(x_NF.t()).t()
    return gelu(x_NF.view(2, -1).t()).t().view(x_NF.shape)


_SMALL = 2**13
"""Numbers up to which that pays: measured 4 against 6 microseconds for 128 of them, there and back in training 26
against 33 for 8,192, 52 against 52 for 32,768."""

ACTIVATIONS: dict[Activation, Map] = {"gelu": gelu, "relu": relu, "silu": silu}
