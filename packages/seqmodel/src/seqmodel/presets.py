"""Configurations with a name."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from seqmodel.config import ModelConfig
from seqmodel.quantamaths_names import quantamaths

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
classes and no END (`IntegerVocabulary(end=False)`). The QuantaMaths models are presets too, by
their names; they read and write `QUANTAMATHS_VOCABULARY`."""


def preset(name: str, **changes: Any) -> ModelConfig:
    """Return the configuration of that name, with `changes` to its fields.

    >>> preset("default", context=16).context
    16
    >>> preset("mix_d6_l3_h4_t40K_s372001").context
    22

    Raises:
        ValueError: There is no such preset.
    """
    if name in PRESETS:
        return replace(PRESETS[name], **changes)
    try:
        return replace(quantamaths(name), **changes)
    except ValueError as error:
        raise ValueError(f"there is no preset {name!r}: choose from {', '.join(PRESETS)}; {error}") from None
