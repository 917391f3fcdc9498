"""Sequences as people and programs write them: lines of text, JSON Lines.

A line holds one sequence. Terms are separated by spaces or commas; what follows `#` is its label.
A line that starts with `[` or `{` is JSON: an array of terms, or an object with a "sequence" and
perhaps a "label". Blank lines and lines with only a comment are skipped. See `question_reader` for models of symbols.
"""

import json
import re
from dataclasses import dataclass, field
from typing import NoReturn

from seqserve.line_reader import LineReader, Number, Prompt, ReadingError, shortened

_SEPARATOR = re.compile(r"\s*,\s*|\s+")
_INTEGER = re.compile(r"([+-]?)0*([0-9]+)")
_LONGEST_TERM = 20
"""Digits after which a number is out of any range."""
_REMEMBERED = 1 << 16
"""Ways to write a term that a reader keeps: of millions of lines each term is read once."""


@dataclass(frozen=True, kw_only=True)
class SequenceReader(LineReader):
    """Read sequences whose terms are in `low`..`high`; anything else raises ReadingError.

    >>> reader = SequenceReader(low=0, high=255)
    >>> prompt = reader.read_line("1, 1, 2, 3, 5  # Fibonacci", place="examples.txt:3")
    >>> prompt.terms, prompt.label
    ((1, 1, 2, 3, 5), 'Fibonacci')
    >>> reader.read_line("1 1 2 3.5", place="examples.txt:4")
    Traceback (most recent call last):
    ...
    seqserve.line_reader.ReadingError: examples.txt:4: term '3.5' is not an integer
    """

    low: int
    high: int
    _known: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of_text(self, text: str, place: str) -> Prompt:
        """Read terms separated by spaces or commas."""
        return Prompt(terms=self._terms(text, place))

    def of_json(self, value: object, place: str) -> Prompt:
        """Read an array of terms."""
        if not isinstance(value, list):
            raise ReadingError(f'{place}: expected an array, or an object whose "sequence" is one')
        if not value:
            raise ReadingError(f"{place}: the sequence is empty; expected at least one term")
        return Prompt(terms=tuple(self._json_term(term, place) for term in value))

    def _json_term(self, term: object, place: str) -> int:
        if not isinstance(term, Number):
            _refuse(json.dumps(term), place)
        return self._term(term, place)

    def _terms(self, text: str, place: str) -> tuple[int, ...]:
        text = text.strip()
        if not text:
            raise ReadingError(f"{place}: the sequence is empty; expected at least one term")
        words = _SEPARATOR.split(text) if "," in text else text.split()
        terms = tuple(map(self._known.get, words))
        if None in terms:
            return tuple(self._term(word, place) for word in words)
        return terms  # type: ignore[return-value]  # none is None

    def _term(self, text: str, place: str) -> int:
        if not text:
            raise ReadingError(f"{place}: a term is missing beside a comma")
        match = _INTEGER.fullmatch(text)
        if match is None:
            _refuse(text, place)
        sign, digits = match.groups()
        # Python refuses to convert very long numbers; they are out of range anyhow.
        term = int(sign + digits) if len(digits) <= _LONGEST_TERM else None
        if term is None or not self.low <= term <= self.high:
            raise ReadingError(
                f"{place}: term {shortened(text)!r} is outside the model's range {self.low}..{self.high}"
            )
        if len(text) <= _LONGEST_TERM and len(self._known) < _REMEMBERED:
            self._known[text] = term
        return term


def _refuse(text: str, place: str) -> NoReturn:
    raise ReadingError(f"{place}: term {shortened(text)!r} is not an integer")
