"""The seams of this package, as types that anything with the right methods meets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from seqmodel.config import ModelConfig
from seqmodel.vocabularies import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor, device


class SequenceCache(Protocol):
    """Slots that keep what a model has read; `KVCache` is one."""

    def allocate(self, count: int) -> list[int]:
        """Take empty slots."""
        ...

    def free(self, slots: Iterable[int]) -> None:
        """Empty slots and give them back."""
        ...

    def clear(self, slots: Iterable[int]) -> None:
        """Empty slots and keep them."""
        ...


class SequenceModel(Protocol):
    """Tokens and a cache in, logits out; `Transformer` is one."""

    training: bool

    @property
    def config(self) -> ModelConfig:
        """The architecture; decoding asks it for context, attention, head and positions."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """What tokens and classes mean."""
        ...

    @property
    def device(self) -> device:
        """Where tokens must be."""
        ...

    def new_cache(self, slots: int) -> Any:
        """Return an empty `SequenceCache` that this model can be called with."""
        ...

    def __call__(
        self,
        tokens_BT: Tensor,
        *,
        cache: Any = None,
        slots: Tensor | None = None,
        lengths: Tensor | None = None,
        last: int = 0,
    ) -> Tensor:
        """Return logits_BTV of the term after each token, or the last ones; see `Transformer.forward`."""
        ...
