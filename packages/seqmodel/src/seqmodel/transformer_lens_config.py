"""What TransformerLens calls an architecture, and which ones it knows. No torch in here."""

from typing import Any

from seqmodel.config import ModelConfig
from seqmodel.vocabularies import Vocabulary, require_fit

_NORMS = {"pre": "LN", "rms": "RMS", "none": None}
_DIRECTIONS = {"causal": "causal", "full": "bidirectional"}

Shapes = dict[str, tuple[int, ...]]


def hooked_transformer_arguments(config: ModelConfig, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the keyword arguments of the `HookedTransformerConfig` that computes the same logits.

    END is an output without an input: `d_vocab_out` is then one more than `d_vocab`. Dropout is not
    mentioned, as TransformerLens has none. With rotary positions it has no window that slides: the
    logits agree on the first `context` tokens.

    Raises:
        ValueError: TransformerLens has no such architecture.

    >>> from seqmodel import QUANTAMATHS_VOCABULARY, quantamaths
    >>> arguments = hooked_transformer_arguments(quantamaths("add_d5_l1_h3"), QUANTAMATHS_VOCABULARY)
    >>> arguments["n_ctx"], arguments["act_fn"], arguments["normalization_type"], arguments["d_vocab_out"]
    (19, 'relu', 'LN', 15)
    """
    require_expressible(config)
    require_fit(config, vocabulary)
    return {
        "n_layers": config.layers,
        "d_model": config.d_model,
        "n_ctx": config.context,
        "n_heads": config.heads,
        "d_head": config.head_size,
        "d_mlp": config.hidden_size,
        "d_vocab": vocabulary.size,
        "d_vocab_out": _classes(config, vocabulary),
        "act_fn": config.activation,  # its "gelu" is the erf form too; tanh is "gelu_new"
        "normalization_type": _NORMS[config.norm],
        "eps": 1e-5,
        "attention_dir": _DIRECTIONS[config.attention],
        "positional_embedding_type": "rotary" if config.slides else "standard",
    }


def require_expressible(config: ModelConfig) -> None:
    """Refuse an architecture that TransformerLens does not have.

    Raises:
        ValueError: It is one.
    """
    if config.norm == "post":
        raise ValueError("norm 'post' has no counterpart in TransformerLens, which normalises before each branch")


def require_importable(config: ModelConfig) -> None:
    """Refuse an architecture whose weights cannot be read off TransformerLens' tables.

    Raises:
        ValueError: It is one; the message says what would do.
    """
    require_expressible(config)
    if config.embedding != "learned" or config.value_periods:
        found = f"value_periods {config.value_periods}" if config.value_periods else f"embedding {config.embedding!r}"
        raise ValueError(
            f"{found} cannot be told from TransformerLens' table of vectors: "
            "give embedding='learned' and value_periods=(), which compute the same"
        )
    if config.positions == "tuple":
        raise ValueError(
            "positions 'tuple' cannot be told from TransformerLens' table of vectors: give 'learned', "
            "which compute the same"
        )


def transformer_lens_shapes(config: ModelConfig, vocabulary: Vocabulary) -> Shapes:
    """Return the name and shape of every parameter, in the order of the forward pass.

    Raises:
        ValueError: The vocabulary has no meaning for this architecture.
    """
    require_fit(config, vocabulary)
    width, heads, head_size, hidden = config.d_model, config.heads, config.head_size, config.hidden_size
    outputs = _classes(config, vocabulary)
    shapes: Shapes = {"embed.W_E": (vocabulary.size, width)}
    if not config.slides:
        shapes["pos_embed.W_pos"] = (config.context, width)
    for layer in range(config.layers):
        block = f"blocks.{layer}"
        shapes |= _norm_shapes(f"{block}.ln1", config)
        shapes |= {f"{block}.attn.W_{which}": (heads, width, head_size) for which in "QKV"}
        shapes |= {f"{block}.attn.b_{which}": (heads, head_size) for which in "QKV"}
        shapes |= {f"{block}.attn.W_O": (heads, head_size, width), f"{block}.attn.b_O": (width,)}
        shapes |= _norm_shapes(f"{block}.ln2", config)
        shapes |= {f"{block}.mlp.W_in": (width, hidden), f"{block}.mlp.b_in": (hidden,)}
        shapes |= {f"{block}.mlp.W_out": (hidden, width), f"{block}.mlp.b_out": (width,)}
    shapes |= _norm_shapes("ln_final", config)
    return shapes | {"unembed.W_U": (width, outputs), "unembed.b_U": (outputs,)}


def _classes(config: ModelConfig, vocabulary: Vocabulary) -> int:
    """Return how many numbers the model gives for each token."""
    return vocabulary.outputs if config.head == "classes" else 1


def _norm_shapes(name: str, config: ModelConfig) -> Shapes:
    letters = {"pre": "wb", "rms": "w"}.get(config.norm, "")
    return {f"{name}.{letter}": (config.d_model,) for letter in letters}
