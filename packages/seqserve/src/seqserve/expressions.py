"""Text for models of symbols: questions in, completed expressions and their values out."""

import re
from dataclasses import dataclass
from typing import Self

from seqmodel import ModelConfig, SymbolVocabulary

_ARITHMETIC = set("0123456789+-=")
_QUESTION = re.compile(r" *([0-9]+) *([+-]) *([0-9]+) *(?:= *([+-]?[0-9]*) *)?")
_ANSWER = re.compile(r"[^=]+=([+-][0-9]+)")
_SHOWN = 40
"""Characters after which a quote is cut."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Hold what a model of symbols is asked.

    Attributes:
        text: What it reads, written as in training.
        tokens: The same as its tokens.
        missing: How many symbols complete the expression; None where nothing says so.
    """

    text: str
    tokens: tuple[int, ...]
    missing: int | None


@dataclass(frozen=True, kw_only=True)
class Expressions:
    """Read questions for a model of symbols, and write what it answers.

    A model that knows digits, `+`, `-` and `=` and has a context of 3n + 4 symbols answers questions of numbers of n
    digits, in the layout of the QuantaMaths models: both numbers padded with zeros, `=`, a sign and n + 1 digits.

    Attributes:
        symbols: What it reads and predicts.
        digits: n; None where the model is another, whose texts are taken as they are.

    >>> known = Expressions(symbols=SymbolVocabulary(symbols="0123456789+-="), digits=3)
    >>> question = known.read("12 + 345")
    >>> question.text, question.missing
    ('012+345=', 5)
    >>> known.read("12*345")
    Traceback (most recent call last):
    ...
    ValueError: expected a question like '012+345=', got '12*345'
    """

    symbols: SymbolVocabulary
    digits: int | None

    @classmethod
    def of(cls, config: ModelConfig, vocabulary: SymbolVocabulary) -> Self:
        """Return what a model's texts are like."""
        digits, rest = divmod(config.context - 4, 3)
        arithmetic = set(vocabulary.symbols) >= _ARITHMETIC and digits >= 1 and not rest
        return cls(symbols=vocabulary, digits=digits if arithmetic else None)

    @property
    def example(self) -> str:
        """A question that the model can be asked."""
        if self.digits is None:
            return self.symbols.symbols[:1]
        return f"{'12'[-self.digits :]:0>{self.digits}}+{'345'[-self.digits :]:0>{self.digits}}="

    @property
    def longest(self) -> int | None:
        """How many symbols a question may have, the answer's beginning among them; None: any number."""
        return None if self.digits is None else 3 * self.digits + 3

    @property
    def pattern(self) -> str:
        """A regular expression of all texts that `read` takes, and of no other, in the words of ECMA-262."""
        if self.digits is None:
            return f"^[{''.join(map(_escaped, self.symbols.symbols))}]+$"
        number = f"0*[0-9]{{1,{self.digits}}}"
        answer = f"[+-][0-9]{{0,{self.digits}}}|[0-9]{{0,{self.digits + 1}}}"
        return f"^ *{number} *[+-] *{number} *(= *({answer}) *)?$"

    def read(self, text: str) -> Question:
        """Read a question, with or without the zeros before its numbers, `=`, and the beginning of an answer.

        Raises:
            ValueError: It is none that the model knows how to read; the message quotes it.
        """
        if self.digits is not None:
            text = self._padded(text, self.digits)
        if not text:
            raise ValueError("the text is empty; expected at least one symbol")
        try:
            tokens = tuple(self.symbols.encode(text).tolist())
        except ValueError as error:
            raise ValueError(f"{error}, in {_quoted(text)}") from None
        missing = None if self.digits is None else 3 * self.digits + 4 - len(text)
        return Question(text=text, tokens=tokens, missing=missing)

    def symbol(self, token: int) -> str:
        """Return the symbol of a token."""
        return self.symbols.symbols[token]

    def value(self, text: str) -> int | None:
        """Return the number behind `=` of a whole expression; None where there is none, or it is not whole.

        >>> known = Expressions(symbols=SymbolVocabulary(symbols="0123456789+-="), digits=3)
        >>> known.value("012-345=-0333"), known.value("012-345=-033"), known.value("012-345=-0+33")
        (-333, None, None)
        """
        found = _ANSWER.fullmatch(text)
        if found is None or self.digits is None or len(found[1]) != self.digits + 2:
            return None
        return int(found[1])

    def _padded(self, text: str, digits: int) -> str:
        found = _QUESTION.fullmatch(text)
        if found is None:
            raise ValueError(f"expected a question like {self.example!r}, got {_quoted(text)}")
        first, operation, second, answer = found.groups(default="")
        for number in (first, second):
            if len(number.lstrip("0")) > digits:
                raise ValueError(f"expected numbers of at most {digits} digits, got {_quoted(number)}")
        if len(answer) > digits + 1:
            raise ValueError(f"expected at most {digits + 1} symbols of an answer to complete, got {_quoted(answer)}")
        numbers = [number.lstrip("0").rjust(digits, "0") for number in (first, second)]
        return f"{numbers[0]}{operation}{numbers[1]}={answer}"


def _escaped(symbol: str) -> str:
    return rf"\u{ord(symbol):04x}" if ord(symbol) < 2**16 else rf"\u{{{ord(symbol):x}}}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
