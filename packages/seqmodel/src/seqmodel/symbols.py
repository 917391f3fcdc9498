"""Which symbols a model can read and predict."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_KIND = "symbols"


@dataclass(frozen=True, kw_only=True)
class SymbolVocabulary:
    """Number single characters from 0, in the order given. There is no END.

    >>> vocabulary = SymbolVocabulary(symbols="0123456789+-=")
    >>> vocabulary.encode("12+3=")
    array([ 1,  2, 10,  3, 12])
    >>> vocabulary.decode([10, 1, 5])
    '+15'
    """

    symbols: str

    def __post_init__(self) -> None:
        if not isinstance(self.symbols, str):
            raise TypeError(f"symbols must be text, got {self.symbols!r}")
        if not self.symbols:
            raise ValueError("symbols must hold at least one character")
        seen = set[str]()
        for symbol in self.symbols:
            if symbol in seen:
                raise ValueError(f"symbols must differ, got {symbol!r} twice")
            seen.add(symbol)

    @property
    def size(self) -> int:
        """How many input tokens there are."""
        return len(self.symbols)

    @property
    def outputs(self) -> int:
        """How many classes are predicted: as many as there are symbols."""
        return self.size

    @property
    def end_token(self) -> None:
        """There is no END."""
        return

    def encode(self, text: str) -> NDArray[np.int64]:
        """Turn text into tokens, int64, one a character.

        Raises:
            TypeError: It is no text.
            ValueError: A character is no symbol.
        """
        if not isinstance(text, str):
            raise TypeError(f"a sequence of symbols must be text, got {text!r}")
        for place, symbol in enumerate(text):
            if symbol not in self.symbols:
                raise ValueError(f"character {symbol!r} at place {place} is none of {self.symbols!r}")
        return np.array([self.symbols.index(symbol) for symbol in text], dtype=np.int64)

    def decode(self, tokens: Iterable[int] | NDArray[np.integer[Any]]) -> str:
        """Turn tokens back into text.

        Raises:
            ValueError: A token is outside 0..size-1.
        """
        integers = [int(token) for token in tokens]
        for token in integers:
            if not 0 <= token < self.size:
                raise ValueError(f"token {token} is outside 0..{self.size - 1}")
        return "".join(self.symbols[token] for token in integers)

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` rebuilds the vocabulary from, as JSON values."""
        return {"kind": _KIND, "symbols": self.symbols}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild a vocabulary from `to_dict`'s form, refusing anything else."""
        if set(values) != {"kind", "symbols"}:
            raise ValueError(
                f"a vocabulary of symbols has the fields kind, symbols, got {', '.join(sorted(values)) or 'none'}"
            )
        if values["kind"] != _KIND:
            raise ValueError(f"unknown kind of vocabulary {values['kind']!r}: known is {_KIND!r}")
        return cls(symbols=values["symbols"])
