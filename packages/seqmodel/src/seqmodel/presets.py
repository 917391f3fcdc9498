"""Configurations with a name."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from seqmodel.config import ModelConfig

PRESETS = MappingProxyType(
    {
        "default": ModelConfig(),
        "nextint": ModelConfig(
            context=8,
            d_model=2,
            layers=2,
            heads=2,
            d_ff=32,
            norm="post",
            activation="gelu",
            embedding="tuple",
            positions="tuple",
            value_periods=(),
            zero_output_projections=False,
        ),
    }
)
"""`default`: the best model found. `nextint`: the founding document's own choices, with 256
classes and no END (`IntegerVocabulary(end=False)`)."""


def preset(name: str, **changes: Any) -> ModelConfig:
    """Return the configuration of that name, with `changes` to its fields.

    >>> preset("default", context=16).context
    16

    Raises:
        ValueError: There is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}: choose from {', '.join(PRESETS)}")
    return replace(PRESETS[name], **changes)
