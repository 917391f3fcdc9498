"""Where a small model stands inside a larger one. No torch in here."""

# C d_model, H heads, D head size, F hidden size

from dataclasses import dataclass
from typing import Any, Self

from seqmodel.config import ModelConfig

_SAME = ("d_model", "head_size", "norm", "activation", "embedding", "positions", "value_periods", "attention", "head")
_GROWING = ("context", "layers", "heads", "hidden_size")


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Say which layers of a large model are those of a small one.

    In each of them the small model's heads are the first ones, and its hidden units; of a table
    of positions its are the first rows. Everything else of the large model is new.

    Attributes:
        small: The architecture of the small model.
        large: That of the larger one.
        layers: Which layer of the large model each of the small one's is, ascending. Left empty,
            the first ones.

    Raises:
        TypeError: A layer is not an integer.
        ValueError: The small model has no place in the large one; the message says why.

    >>> small = ModelConfig(layers=2, heads=3, d_model=96)
    >>> large = ModelConfig(layers=3, heads=4, d_model=96, d_head=32)
    >>> Placement(small=small, large=large).layers
    (0, 1)
    """

    small: ModelConfig
    large: ModelConfig
    layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in _SAME:
            ours, theirs = getattr(self.small, name), getattr(self.large, name)
            if ours != theirs:
                raise ValueError(f"a model of {name} {ours!r} has no place in one of {name} {theirs!r}: give the same")
        for name in _GROWING:
            ours, theirs = getattr(self.small, name), getattr(self.large, name)
            if ours > theirs:
                raise ValueError(
                    f"a model of {name} {ours} has no place in one of {name} {theirs}: give at least {ours}"
                )
        if self.small.positions == "tuple" and self.small.context != self.large.context:
            raise ValueError(
                f"positions 'tuple' are shares of the context: {self.small.context} and {self.large.context} "
                "give the same position another meaning"
            )
        if not self.layers:
            object.__setattr__(self, "layers", tuple(range(self.small.layers)))
        self._validate_layers()

    def _validate_layers(self) -> None:
        for layer in self.layers:
            if isinstance(layer, bool) or not isinstance(layer, int):
                raise TypeError(f"layers must be integers, got {layer!r}")
        ascending = list(self.layers) == sorted(set(self.layers))
        inside = min(self.layers) >= 0 and max(self.layers) < self.large.layers
        if len(self.layers) != self.small.layers or not ascending or not inside:
            raise ValueError(
                f"layers must be {self.small.layers} of 0..{self.large.layers - 1}, ascending: got {list(self.layers)}"
            )

    @property
    def new_layers(self) -> tuple[int, ...]:
        """The layers of the large model that are none of the small one's.

        >>> small, large = ModelConfig(layers=2), ModelConfig(layers=4)
        >>> Placement(small=small, large=large, layers=(0, 3)).new_layers
        (1, 2)
        """
        return tuple(layer for layer in range(self.large.layers) if layer not in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` rebuilds the placement from, as JSON values."""
        return {"small": self.small.to_dict(), "large": self.large.to_dict(), "layers": list(self.layers)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild a placement from `to_dict`'s form, refusing anything else.

        Raises:
            TypeError: A field has the wrong type.
            ValueError: A field is missing, unknown or impossible.
        """
        if set(values) != {"small", "large", "layers"}:
            raise ValueError(
                f"a placement has the fields large, layers, small, got {', '.join(sorted(values)) or 'none'}"
            )
        return cls(
            small=ModelConfig.from_dict(values["small"]),
            large=ModelConfig.from_dict(values["large"]),
            layers=tuple(values["layers"]),
        )


def unfolded_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each of a layer's weights with its heads apart.

    In that shape, what a smaller model brings is the first corner of what a larger one has.

    >>> unfolded_shapes(ModelConfig())["attention.qkv.weight"]
    (3, 4, 32, 128)
    """
    C, H, D, F = config.d_model, config.heads, config.head_size, config.hidden_size
    shapes = {
        "attention.qkv.weight": (3, H, D, C),
        "attention.qkv.bias": (3, H, D),
        "attention.output.weight": (C, H, D),
        "attention.output.bias": (C,),
        "feed_forward.hidden.weight": (F, C),
        "feed_forward.hidden.bias": (F,),
        "feed_forward.output.weight": (C, F),
        "feed_forward.output.bias": (C,),
    }
    parts = {"none": (), "rms": ("weight",)}.get(config.norm, ("weight", "bias"))
    return shapes | {f"{name}.{part}": (C,) for name in ("attention_norm", "feed_forward_norm") for part in parts}
