"""What all engines over slots have in common: a vocabulary, and a running batch."""

from abc import ABC, abstractmethod

from seqmodel import IntegerVocabulary, ModelConfig, SymbolVocabulary, Vocabulary
from seqserve.expressions import Expressions
from seqserve.running import Running
from seqserve.slots import Slots


class SlottedEngine(ABC):
    """Know what tokens mean, and open running batches over slots.

    Args:
        config: The model's.
        vocabulary: The model's. Symbols are, to an engine, the integers that number them.

    Attributes:
        vocabulary: What its tokens mean.
        expressions: How text becomes such integers; None where the model reads integers.
    """

    def __init__(self, config: ModelConfig, vocabulary: Vocabulary) -> None:
        self.vocabulary = numbered(vocabulary)
        self.expressions = Expressions.of(config, vocabulary) if isinstance(vocabulary, SymbolVocabulary) else None

    @property
    def low(self) -> int:
        """The smallest term of the model's vocabulary."""
        return self.vocabulary.low

    @property
    def high(self) -> int:
        """The largest term of the model's vocabulary."""
        return self.vocabulary.high

    @abstractmethod
    def new_slots(self, count: int) -> Slots:
        """Return so many empty slots, for whoever decides how sequences go on."""

    def open(self, slots: int) -> Running:
        """Return an empty running batch with so many slots."""
        return Running(self.new_slots(slots), slots, self.vocabulary)


def numbered(vocabulary: Vocabulary) -> IntegerVocabulary:
    """Return a vocabulary of the same tokens whose terms are integers.

    >>> numbered(SymbolVocabulary(symbols="0123456789+-="))
    IntegerVocabulary(low=0, high=12, end=False)
    """
    if isinstance(vocabulary, IntegerVocabulary):
        return vocabulary
    return IntegerVocabulary(low=0, high=vocabulary.size - 1, end=False)
