"""A model that is observed in every pass, for whatever takes a model."""

# B rows, N rows of a set, T tokens

from typing import Any

import torch
from torch import Tensor

from seqmodel.cache import KVCache
from seqmodel.config import ModelConfig
from seqmodel.hooks import Hooks
from seqmodel.transformer import Transformer
from seqmodel.vocabularies import Vocabulary

_ROWS = 256
"""How many rows of a set are read at once."""


class Observed:
    """Be a model with hooks in it: decode it, evaluate it, train it as the model itself.

    It has no weights of its own and changes none; with no hook it is as fast as the model.

    Args:
        model: The model.
        hooks: For the model's configuration; more may be added later.

    Raises:
        ValueError: The hooks are for another configuration.

    >>> from seqmodel import IntegerVocabulary, decode
    >>> model = Transformer(ModelConfig(layers=1), IntegerVocabulary()).eval()
    >>> hooks = Hooks(model.config)
    >>> hooks.read("embedding")
    >>> decode(Observed(model, hooks), [[1, 2, 3]], 2) == decode(model, [[1, 2, 3]], 2)
    True
    >>> hooks["embedding"].shape
    torch.Size([1, 4, 128])
    """

    def __init__(self, model: Transformer, hooks: Hooks) -> None:
        if hooks.config != model.config:
            raise ValueError(f"hooks are for {hooks.config}, the model is {model.config}")
        self.model = model
        self.hooks = hooks

    def __call__(
        self,
        tokens_BT: Tensor,
        *,
        cache: Any = None,
        slots: Tensor | None = None,
        lengths: Tensor | None = None,
        last: int = 0,
    ) -> Tensor:
        """Return the logits under the hooks; see `Transformer.forward`."""
        observer = self.hooks.during(cache=cache, slots=slots, lengths=lengths)
        logits_BTV: Tensor = self.model(
            tokens_BT, cache=cache, slots=slots, lengths=lengths, last=last, observer=observer
        )
        return logits_BTV

    @property
    def config(self) -> ModelConfig:
        """The model's architecture."""
        return self.model.config

    @property
    def vocabulary(self) -> Vocabulary:
        """What the model's tokens mean."""
        return self.model.vocabulary

    @property
    def device(self) -> torch.device:
        """Where tokens must be."""
        return self.model.device

    @property
    def training(self) -> bool:
        """Whether the model is in training mode."""
        return self.model.training

    @training.setter
    def training(self, training: bool) -> None:
        self.model.train(training)

    def new_cache(self, slots: int) -> KVCache:
        """Return an empty cache for the model."""
        return self.model.new_cache(slots)


def mean_activation(model: Transformer, tokens_NT: Tensor, place: str) -> Tensor:
    """Return the mean of an activation over a set of rows, for each position apart.

    Args:
        model: In evaluation mode.
        tokens_NT: int64, whole rows of one length.
        place: One of `place_names(model.config)`.

    Returns:
        The axes of the place, with one row and T positions: a value for `Hooks.replace`. The sum
        is in float64.

    Raises:
        ValueError: There is no such place or no row, or the model is in training mode.
    """
    if not len(tokens_NT):
        raise ValueError(f"tokens must hold at least one row, got shape {tuple(tokens_NT.shape)}")
    if model.training:
        raise ValueError("the model is in training mode: call model.eval() first")
    hooks = Hooks(model.config)
    hooks.read(place)
    total = torch.zeros((), dtype=torch.float64, device=model.device)
    kind = model.output.weight.dtype
    with torch.no_grad():
        for start in range(0, len(tokens_NT), _ROWS):
            Observed(model, hooks)(tokens_NT[start : start + _ROWS])
            total = total + hooks[place].sum(dim=0, keepdim=True, dtype=torch.float64)
            hooks.forget()
    return (total / len(tokens_NT)).to(kind)
