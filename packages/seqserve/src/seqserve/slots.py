"""What an engine offers to whoever decides, step by step, how sequences go on."""

# B sequences asked about, V outcomes

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary


class Outlook(NamedTuple):
    """What a model says about the next outcome of some sequences.

    Attributes:
        logits_BV: float32, one for each outcome; with head "regression" one number and no logit.
        best_B: int64, the outcome that greedy decoding takes.
        sureness_B: Its probability, float32; NaN with head "regression".
    """

    logits_BV: NDArray[np.float32]
    best_B: NDArray[np.int64]
    sureness_B: NDArray[np.float32]


class Slots(Protocol):
    """Sequences of tokens in slots, whose next tokens a model predicts.

    The caller keeps to slots that are taken, and to tokens of the vocabulary.
    """

    def take(self, slot: int, tokens: Sequence[int]) -> None:
        """Put a sequence into an empty slot."""
        ...

    def read(self, slots: Sequence[int]) -> Outlook:
        """Say what may follow each of these sequences: once before each token that is appended."""
        ...

    def append(self, slot: int, token: int) -> None:
        """Continue the sequence of a slot."""
        ...

    def copy(self, slot: int, to: int) -> None:
        """Put the sequence of a slot, and what has been read of it, into another one."""
        ...

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        ...


@runtime_checkable
class SlotEngine(Protocol):
    """An engine that lets others decide how sequences go on: what sampling and beam search need."""

    @property
    def vocabulary(self) -> IntegerVocabulary:
        """What its tokens mean."""
        ...

    def new_slots(self, count: int) -> Slots:
        """Return so many empty slots."""
        ...
