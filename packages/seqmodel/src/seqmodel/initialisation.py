"""The first weights of a model."""

import math

from torch import nn

from seqmodel.config import ModelConfig

VECTOR_SIZE = 0.1
"""Standard deviation of learned vectors under "uniform". Measured over the first 900 steps of the
default model: 0.1 and 0.3 learn alike, 0.02 a little slower, torch's own 1.0 far slower."""

GPT2_SIZE = 0.02
"""Standard deviation under "gpt2" (Radford et al. 2019, section 2.3, and its published code)."""

SCALED_SIZE = 0.8
"""Standard deviation under "scaled", times sqrt(d_model) (TransformerLens' default)."""


def initialise(model: nn.Module, config: ModelConfig) -> None:
    """Draw every learned vector and map anew, from torch's global generator.

    Norms start as the identity, as torch makes them.
    """
    size = {"uniform": VECTOR_SIZE, "gpt2": GPT2_SIZE, "scaled": SCALED_SIZE / math.sqrt(config.d_model)}
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=size[config.initialisation])
        elif isinstance(module, nn.Linear):
            into_stream = name.endswith(("attention.output", "feed_forward.output"))
            _initialise_map(module, config, size[config.initialisation], into_stream=into_stream)


def _initialise_map(linear: nn.Linear, config: ModelConfig, size: float, *, into_stream: bool) -> None:
    if config.initialisation == "uniform":
        bound = 1 / math.sqrt(linear.in_features)
        nn.init.uniform_(linear.weight, -bound, bound)
        if linear.bias is not None:
            nn.init.uniform_(linear.bias, -bound, bound)
    else:
        smaller = math.sqrt(2 * config.layers) if into_stream and config.initialisation == "gpt2" else 1.0
        nn.init.normal_(linear.weight, std=size / smaller)
        if linear.bias is not None:
            nn.init.zeros_(linear.bias)
    if into_stream and config.zero_output_projections:
        nn.init.zeros_(linear.weight)
        nn.init.zeros_(linear.bias)
