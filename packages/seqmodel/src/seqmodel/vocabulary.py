"""Which integers a model can read and predict."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_KIND = "integers"


@dataclass(frozen=True, kw_only=True)
class IntegerVocabulary:
    """Number the integers `low`..`high` from 0, with END as one more class to predict.

    END says that the next term lies outside the range. It is an output only: no input token
    stands for it.

    >>> vocabulary = IntegerVocabulary(low=-5, high=5)
    >>> vocabulary.encode([-5, 0, 5])
    array([ 0,  5, 10])
    >>> vocabulary.size, vocabulary.outputs, vocabulary.end_token
    (11, 12, 11)
    """

    low: int = 0
    high: int = 255
    end: bool = True

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, got {value!r}")
        if not -(2**62) <= self.low <= self.high < 2**62:
            raise ValueError(f"low must not exceed high, both below 2**62 in size: got {self.low}..{self.high}")
        if not isinstance(self.end, bool):
            raise TypeError(f"end must be true or false, got {self.end!r}")

    @property
    def size(self) -> int:
        """How many input tokens there are."""
        return self.high - self.low + 1

    @property
    def outputs(self) -> int:
        """How many classes are predicted: `size`, and END where there is one."""
        return self.size + self.end

    @property
    def end_token(self) -> int | None:
        """The class of END, or `None`."""
        return self.size if self.end else None

    def encode(self, values: Iterable[int] | NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Turn integers into tokens.

        Args:
            values: Python integers, or an integer array of any shape.

        Returns:
            An int64 array: the shape of `values`, each in 0..size-1.

        Raises:
            TypeError: A value is not an integer (2.0 and True are not).
            ValueError: A value lies outside `low`..`high`.
        """
        integers = values if isinstance(values, np.ndarray) else self._array(values)
        if not np.issubdtype(integers.dtype, np.integer):
            raise TypeError(f"values must be integers, got an array of {integers.dtype}")
        outside = (integers < self.low) | (integers > self.high)
        if outside.any():
            self._refuse(int(integers[outside][0]))
        return integers.astype(np.int64) - self.low

    def decode(self, tokens: Iterable[int] | NDArray[np.integer[Any]]) -> list[int]:
        """Turn tokens back into integers.

        Raises:
            ValueError: A token is END or outside 0..size-1.

        >>> IntegerVocabulary(low=1, high=9).decode([0, 8])
        [1, 9]
        """
        integers = [int(token) for token in tokens]
        for token in integers:
            if token == self.end_token:
                raise ValueError(f"token {token} is END, which stands for no integer")
            if not 0 <= token < self.size:
                raise ValueError(f"token {token} is outside 0..{self.size - 1}")
        return [token + self.low for token in integers]

    def _array(self, values: Iterable[int]) -> NDArray[np.int64]:
        integers = list(values)
        for value in integers:
            if isinstance(value, bool | np.bool) or not isinstance(value, int | np.integer):
                raise TypeError(f"values must be integers, got {value!r}")
            if not self.low <= value <= self.high:
                self._refuse(int(value))
        return np.array(integers, dtype=np.int64)

    def _refuse(self, value: int) -> None:
        raise ValueError(f"value {value} is outside {self.low}..{self.high}")

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` rebuilds the vocabulary from, as JSON values."""
        return {"kind": _KIND, "low": self.low, "high": self.high, "end": self.end}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild a vocabulary from `to_dict`'s form, refusing anything else."""
        fields = {"kind", "low", "high", "end"}
        if set(values) != fields:
            raise ValueError(
                f"a vocabulary has the fields {', '.join(sorted(fields))}, got {', '.join(sorted(values)) or 'none'}"
            )
        if values["kind"] != _KIND:
            raise ValueError(f"unknown kind of vocabulary {values['kind']!r}: known is {_KIND!r}")
        return cls(low=values["low"], high=values["high"], end=values["end"])
