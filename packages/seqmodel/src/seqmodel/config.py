"""The architecture of a transformer as one small frozen value."""

from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal, Self, get_args

Embedding = Literal["learned", "frequency", "number-theoretic", "binary", "tuple"]
Positions = Literal["learned", "tuple", "rotary"]
Norm = Literal["pre", "post", "rms", "none"]
Activation = Literal["gelu", "relu", "silu"]
Attention = Literal["causal", "full"]
Head = Literal["classes", "regression"]
Initialisation = Literal["uniform", "gpt2", "scaled"]

VALUE_PERIODS = (*range(2, 14), 16, 17, 19, 23, 24, 29, 32, 48, 64, 128, 256, 512)
"""The periods whose sine and cosine made learning fastest: small ones, some primes, powers of 2."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Describe a transformer completely, apart from its vocabulary.

    Attributes:
        context: How many terms one prediction sees at most. Rows may be shorter: they are padded
            on the right, and what stands there is invisible.
        d_model: Width of the residual stream.
        layers: Number of blocks.
        heads: Attention heads in each block.
        d_head: Width of a head; `None` means `d_model // heads`. Read it through `head_size`.
        d_ff: Width of the feed-forward layer; `None` means `4 * d_model`. Read it through
            `hidden_size`.
        dropout: Probability of dropping an activation in training, 0 <= dropout < 1: after the
            embedding, in the attention pattern and on each branch into the residual stream.
        norm: Where each branch is normalised. "pre": LayerNorm before it, and once at the end;
            "rms": the same with RMSNorm; "post": LayerNorm after adding the branch; "none".
        activation: "gelu" (the exact erf form), "relu" or "silu".
        embedding: What a value becomes. "learned": one vector each. Or fixed features:
            "frequency": sines and cosines of the value at geometric wavelengths;
            "number-theoretic": remainders, prime exponents and the like; "binary": the bits of the
            token; "tuple": value / max_value. Features as wide as d_model are used as they are,
            others through a learned map; "tuple" with d_model 2 is the first dimension.
        positions: "learned", one vector a position; "tuple", the feature position / max_position,
            with d_model 2 the second dimension, else along a learned direction; "rotary", queries
            and keys turned by their position, each seeing the last `context` ones: such a model
            reads on for ever.
        value_periods: Periods p whose sin(2 pi value / p) and cos(2 pi value / p) are projected
            and added to the learned embedding; `()` adds none.
        attention: "causal", every term sees itself and those before it; "full", all terms of a row
            see each other, so that only the last one's prediction is an honest one, and nothing
            can be cached.
        head: "classes", one logit for each class of the vocabulary; "regression", one number, the
            next value / max_value.
        initialisation: First weights. "uniform": maps uniform within 1 / sqrt(inputs), biases too,
            vectors normal with deviation 0.1; "gpt2": normal with deviation 0.02, the maps into
            the residual stream smaller by sqrt(2 * layers), biases zero; "scaled": normal with
            deviation 0.8 / sqrt(d_model), biases zero (TransformerLens' choice).
        zero_output_projections: Start the last map of every branch at zero, so that a fresh model
            is its embedding and its output alone.

    Raises:
        TypeError: A field has the wrong type.
        ValueError: A field has a value that is impossible, alone or with the others.

    >>> ModelConfig(d_model=64, heads=4).head_size
    16
    """

    context: int = 8
    d_model: int = 128
    layers: int = 4
    heads: int = 4
    d_head: int | None = None
    d_ff: int | None = None
    dropout: float = 0.0
    norm: Norm = "pre"
    activation: Activation = "gelu"
    embedding: Embedding = "learned"
    positions: Positions = "learned"
    value_periods: tuple[int, ...] = VALUE_PERIODS
    attention: Attention = "causal"
    head: Head = "classes"
    initialisation: Initialisation = "uniform"
    zero_output_projections: bool = True

    def __post_init__(self) -> None:
        self.validate()

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.heads if self.d_head is None else self.d_head

    @property
    def hidden_size(self) -> int:
        """Width of the feed-forward layer."""
        return 4 * self.d_model if self.d_ff is None else self.d_ff

    @property
    def slides(self) -> bool:
        """Whether the model reads past `context` terms without beginning anew."""
        return self.positions == "rotary"

    def validate(self) -> None:
        """Refuse what no model can be built from, naming the field and what would be right."""
        for name in ("context", "d_model", "layers", "heads"):
            _require_size(name, getattr(self, name))
        for name in ("d_head", "d_ff"):
            if getattr(self, name) is not None:
                _require_size(name, getattr(self, name))
        if self.d_head is None and self.d_model % self.heads:
            raise ValueError(
                f"d_model {self.d_model} is not a multiple of heads {self.heads}: change one of them, or give d_head"
            )
        if isinstance(self.dropout, bool) or not isinstance(self.dropout, int | float):
            raise TypeError(f"dropout must be a number, got {self.dropout!r}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {self.dropout!r}")
        for name, choices in _CHOICES.items():
            _require_choice(name, getattr(self, name), get_args(choices))
        if not isinstance(self.zero_output_projections, bool):
            raise TypeError(f"zero_output_projections must be true or false, got {self.zero_output_projections!r}")
        self._validate_value_periods()
        self._validate_together()

    def _validate_value_periods(self) -> None:
        if not isinstance(self.value_periods, tuple):
            raise TypeError(f"value_periods must be a tuple, got {self.value_periods!r}")
        for period in self.value_periods:
            if isinstance(period, bool) or not isinstance(period, int):
                raise TypeError(f"value_periods must hold integers, got {period!r}")
            if period < 2:
                raise ValueError(f"value_periods must be at least 2, got {period}")
            if period >= 2**62:
                raise ValueError(f"value_periods must be below 2**62, got {period}")
        if len(set(self.value_periods)) < len(self.value_periods):
            raise ValueError(f"value_periods must differ, got {self.value_periods}")
        if self.value_periods and self.embedding != "learned":
            raise ValueError(
                "value_periods are added to a learned embedding: "
                f"give value_periods=() with embedding {self.embedding!r}"
            )

    def _validate_together(self) -> None:
        if self.embedding == "frequency" and self.d_model % 2:
            raise ValueError(f"embedding 'frequency' is pairs of sine and cosine: d_model {self.d_model} is odd")
        if self.slides and self.head_size % 2:
            raise ValueError(f"positions 'rotary' turn pairs of a head's dimensions: its size {self.head_size} is odd")
        if self.slides and self.attention == "full":
            raise ValueError("attention 'full' has no past to slide over: give positions 'learned' or 'tuple'")

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as values that JSON holds unchanged.

        >>> ModelConfig.from_dict(ModelConfig().to_dict()) == ModelConfig()
        True
        """
        return asdict(self) | {"value_periods": list(self.value_periods)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build a configuration from `to_dict`'s form; fields left out take their defaults.

        Raises:
            TypeError: They are no dictionary.
            ValueError: A field is unknown; the message gives the nearest known one.
        """
        if not isinstance(values, dict):
            raise TypeError(f"a model configuration is a dictionary of its fields, got {values!r}")
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                nearest = get_close_matches(str(name), known, n=1)
                hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(known)}"
                raise ValueError(f"unknown field {name!r} of a model configuration: {hint}")
        periods = values.get("value_periods")
        return cls(**values | ({"value_periods": tuple(periods)} if type(periods) is list else {}))


_CHOICES = {
    "norm": Norm,
    "activation": Activation,
    "embedding": Embedding,
    "positions": Positions,
    "attention": Attention,
    "head": Head,
    "initialisation": Initialisation,
}


def _require_size(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def _require_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


ROTARY_BASE = 10_000.0
"""The slowest pair of a head's dimensions turns nearly so many times more slowly than the fastest."""

FEWEST_SLIDING = 8
"""Products of fewer than 7 keys go through another kernel, and an uncached pass of a model that slides
may have any number."""


def places_of(config: ModelConfig) -> int:
    """Return how many tokens a slot of a cache holds: twice the window where it slides.

    >>> places_of(ModelConfig()), places_of(ModelConfig(positions="rotary"))
    (8, 16)
    """
    return max(2 * config.context, FEWEST_SLIDING) if config.slides else config.context
