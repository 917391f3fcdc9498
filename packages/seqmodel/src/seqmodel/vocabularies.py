"""Every kind of vocabulary, and how one is told from another in a file."""

from typing import Any

from seqmodel.config import ModelConfig
from seqmodel.symbols import SymbolVocabulary
from seqmodel.vocabulary import IntegerVocabulary

Vocabulary = IntegerVocabulary | SymbolVocabulary
"""What tokens mean; it belongs to the model and is saved with it."""


def vocabulary_from_dict(values: dict[str, Any]) -> Vocabulary:
    """Rebuild a vocabulary of any kind from its `to_dict` form.

    >>> vocabulary_from_dict(SymbolVocabulary(symbols="ab").to_dict())
    SymbolVocabulary(symbols='ab')

    Raises:
        TypeError: A field has the wrong type.
        ValueError: The kind is unknown, or the fields are not those of the kind.
    """
    kind = values.get("kind")
    if kind == "integers":
        return IntegerVocabulary.from_dict(values)
    if kind == "symbols":
        return SymbolVocabulary.from_dict(values)
    raise ValueError(f"unknown kind of vocabulary {kind!r}: known are integers, symbols")


def require_fit(config: ModelConfig, vocabulary: Vocabulary) -> None:
    """Refuse an architecture that this vocabulary has no meaning for.

    Raises:
        ValueError: The model would read or predict numbers, and the tokens are none; or it would
            predict one number, and END is none.
    """
    if isinstance(vocabulary, SymbolVocabulary):
        if config.embedding not in ("learned", "binary"):
            raise ValueError(f"embedding {config.embedding!r} is made of integers: symbols have none; give 'learned'")
        if config.value_periods:
            raise ValueError("value_periods are of integers: give value_periods=() for symbols")
        if config.head == "regression":
            raise ValueError("head 'regression' predicts an integer: give head 'classes' for symbols")
    if config.head == "regression" and vocabulary.end_token is not None:
        raise ValueError("head 'regression' predicts a number, and END is none: give a vocabulary with end=False")


def integers_of(vocabulary: Vocabulary) -> IntegerVocabulary:
    """Return a vocabulary that is one of integers.

    Raises:
        ValueError: It is one of symbols.
    """
    if isinstance(vocabulary, IntegerVocabulary):
        return vocabulary
    raise ValueError(f"the model reads the symbols {vocabulary.symbols!r}, not integers")
