"""A trained small model as a part of a larger one."""

# V classes, C d_model

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqmodel.choice import largest
from seqmodel.config import ModelConfig
from seqmodel.features import value_features
from seqmodel.frozen import inserted_feed_forward, inserted_heads
from seqmodel.placement import Placement, unfolded_shapes
from seqmodel.symbols import SymbolVocabulary
from seqmodel.transformer import Transformer
from seqmodel.vocabularies import Vocabulary
from seqmodel.vocabulary import IntegerVocabulary

NEW_CLASS_LOGIT = -20.0
"""What a function-preserving larger model says of every class that the small one did not know."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grown:
    """A larger model, and what in it came from the small one.

    Attributes:
        model: The larger model.
        placement: Which of its layers are the small model's; `frozen_masks` asks for it.
        vocabulary: The small model's.
        preserve: Whether the larger model computes what the small one did.
        seed: Of everything new.
    """

    model: Transformer
    placement: Placement
    vocabulary: Vocabulary
    preserve: bool
    seed: int

    @property
    def inserted_heads(self) -> Mapping[str, Tensor]:
        """Where in the weights the small model's heads lie; see `inserted_heads`."""
        return inserted_heads(self.placement)

    @property
    def inserted_feed_forward(self) -> Mapping[str, Tensor]:
        """Where its feed-forward layers lie; see `inserted_feed_forward`."""
        return inserted_feed_forward(self.placement)

    def provenance(self) -> dict[str, Any]:
        """Return what a checkpoint of the larger model should say, as JSON values.

        `Placement.from_dict(provenance["placement"])` is all that `frozen_masks` needs.
        """
        return {
            "placement": self.placement.to_dict(),
            "vocabulary": self.vocabulary.to_dict(),
            "preserve": self.preserve,
            "seed": self.seed,
        }


def grow(
    small: Transformer,
    config: ModelConfig,
    vocabulary: Vocabulary | None = None,
    *,
    seed: int = 0,
    preserve: bool = True,
    layers: Iterable[int] = (),
) -> Grown:
    """Place a small model whole inside a larger one.

    Layers, heads, feed-forward layers, norms, vectors and output of the small model are copied
    with all their weights and biases; what is new has the first weights of
    `Transformer(config, vocabulary, seed=seed)`.

    With `preserve` the maps of new heads, hidden units and layers into the residual stream are
    zero, so that the larger model says of every old class what the small one did, for every row of
    old tokens that the small model's context holds: the same bits where only layers were added in
    the exact mode, else within float32 rounding, since longer sums are taken in another order. New
    classes have the logit `NEW_CLASS_LOGIT` whatever is read. Zero maps learn from the first step
    on, since what feeds them is not zero.

    Args:
        small: The model to start from; it is left as it is.
        config: The larger architecture. Of the same width, head size, norm, activation,
            embedding, positions, attention and head; dropout and initialisation are its own.
        vocabulary: Holds all tokens of the small model's, END too; left out, the same.
        seed: Of the new weights.
        preserve: Whether the function is to be preserved.
        layers: Which layer each of the small model's becomes, ascending; left out, the first.

    Returns:
        The larger model, in the same mode and on the same device, and what in it is old.

    Raises:
        TypeError: A layer is not an integer.
        ValueError: The small model has no place in the larger one, or its function cannot be
            preserved there; the message says why.

    >>> small = Transformer(ModelConfig(layers=1), IntegerVocabulary()).eval()
    >>> grown = grow(small, ModelConfig(layers=3, d_ff=600, context=16), IntegerVocabulary(high=999))
    >>> tokens_BT = torch.tensor([[2, 4, 6, 8]])
    >>> old_BTV = grown.model(tokens_BT)[..., :256]
    >>> torch.allclose(old_BTV, small(tokens_BT)[..., :256], atol=1e-6)
    True
    """
    vocabulary = small.vocabulary if vocabulary is None else vocabulary
    placement = Placement(small=small.config, large=config, layers=tuple(layers))
    if preserve and config.norm == "post" and placement.new_layers:
        raise ValueError(
            "norm 'post' normalises again behind every new layer, which changes what the small model computed: "
            f"give its {small.config.layers} layers, or preserve=False"
        )
    tokens_V = _tokens_of(small.vocabulary, vocabulary)
    _require_same_features(config, small, vocabulary, tokens_V)
    classes_V = _classes_of(config, small.vocabulary, vocabulary, tokens_V)
    model = Transformer(config, vocabulary, seed=seed).to(small.output.weight).train(small.training)
    model.exact = small.exact
    with torch.no_grad():
        _place_ends(model, small, tokens_V, classes_V, preserve=preserve)
        _place_blocks(model, small, placement, preserve=preserve)
    return Grown(model=model, placement=placement, vocabulary=small.vocabulary, preserve=preserve, seed=seed)


def _place_ends(
    model: Transformer, small: Transformer, tokens_V: list[int], classes_V: list[int], *, preserve: bool
) -> None:
    """Copy all but the blocks: vectors, feature maps, last norm and output."""
    new = dict(model.named_parameters())
    for name, weight in small.named_parameters():
        if name == "embedding.values.vectors.weight":
            new[name][tokens_V] = weight
        elif name.startswith("output."):
            if preserve:
                new[name].fill_(NEW_CLASS_LOGIT if weight.ndim == 1 else 0.0)
            new[name][classes_V] = weight
        elif not name.startswith("blocks."):
            new[name][tuple(slice(size) for size in weight.shape)] = weight


def _place_blocks(model: Transformer, small: Transformer, placement: Placement, *, preserve: bool) -> None:
    """Copy each block into the first corner of its own."""
    if preserve:
        for name, weight in model.blocks.named_parameters():
            if ".output." in name:
                weight.zero_()
    new, old = unfolded_shapes(model.config), unfolded_shapes(small.config)
    for block, layer in zip(small.blocks, placement.layers, strict=True):
        weights = dict(model.blocks[layer].named_parameters())
        for name, weight in block.named_parameters():
            corner = tuple(slice(size) for size in old[name])
            weights[name].view(new[name])[corner] = weight.view(old[name])


def _tokens_of(small: Vocabulary, large: Vocabulary) -> list[int]:
    """Return what each of the small model's tokens is in the larger vocabulary."""
    if isinstance(small, SymbolVocabulary) and isinstance(large, SymbolVocabulary):
        for symbol in small.symbols:
            if symbol not in large.symbols:
                raise ValueError(f"vocabulary: the small model's symbol {symbol!r} is none of {large.symbols!r}")
        return [large.symbols.index(symbol) for symbol in small.symbols]
    if isinstance(small, IntegerVocabulary) and isinstance(large, IntegerVocabulary):
        if not large.low <= small.low <= small.high <= large.high:
            raise ValueError(
                f"vocabulary {large.low}..{large.high} lacks some of the small model's {small.low}..{small.high}"
            )
        return list(range(small.low - large.low, small.high - large.low + 1))
    raise ValueError("vocabulary: integers are no symbols: give the kind that the small model reads")


def _classes_of(config: ModelConfig, small: Vocabulary, large: Vocabulary, tokens_V: list[int]) -> list[int]:
    """Return which output of the larger model each of the small one's is."""
    if config.head == "regression":
        if largest(small) != largest(large):
            raise ValueError(
                f"head 'regression' counts in the largest integer: with {largest(large)} instead of {largest(small)} "
                "the same output means another number"
            )
        return [0]
    if small.end_token is None:
        return tokens_V
    if large.end_token is None:
        raise ValueError("vocabulary: the small model predicts END: give one with end=True")
    return [*tokens_V, large.end_token]


def _require_same_features(config: ModelConfig, small: Transformer, large: Vocabulary, tokens_V: list[int]) -> None:
    """Refuse a vocabulary in which a value that the small model knows is made of other features."""
    old_VF, new_VF = value_features(config, small.vocabulary), value_features(config, large)[tokens_V]
    known = old_VF.shape[1]
    same = np.array_equal(old_VF, new_VF[:, :known]) and not new_VF[:, known:].any()
    # Features as wide as the vectors are used as they are, wider ones through a map.
    mapped = config.d_model not in (known, new_VF.shape[1]) or known == new_VF.shape[1]
    if not (same and mapped):
        raise ValueError(
            f"embedding {config.embedding!r} describes the same value otherwise in the larger vocabulary, "
            "and no weights of the small model can undo that: keep its vocabulary"
        )
