"""Sequences as people and programs write them: arguments, lines of text, JSON Lines.

A line holds one sequence. Terms are separated by spaces or commas; what follows `#` is its label.
A line that starts with `[` or `{` is JSON: an array of terms, or an object with a "sequence" and
perhaps a "label". Blank lines and lines with only a comment are skipped.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

LONGEST_LINE = 1 << 20
"""Bytes that a line may have: an endless line must not fill the memory."""

_SEPARATOR = re.compile(r"\s*,\s*|\s+")
_INTEGER = re.compile(r"([+-]?)0*([0-9]+)")
_LONGEST_TERM = 20
"""Digits after which a number is out of any range, and characters after which a quote is cut."""


class ReadingError(ValueError):
    """Input that is not a sequence; the message names the place and quotes the term."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """Hold one sequence to be continued, and what its writer called it."""

    terms: tuple[int, ...]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class SequenceReader:
    """Read sequences whose terms are in `low`..`high`; anything else raises ReadingError.

    >>> reader = SequenceReader(low=0, high=255)
    >>> reader.read_line("1, 1, 2, 3, 5  # Fibonacci", place="examples.txt:3")
    Prompt(terms=(1, 1, 2, 3, 5), label='Fibonacci')
    >>> reader.read_line("1 1 2 3.5", place="examples.txt:4")
    Traceback (most recent call last):
    ...
    seqserve.reading.ReadingError: examples.txt:4: term '3.5' is not an integer
    """

    low: int
    high: int

    def read_arguments(self, arguments: Sequence[str]) -> Prompt:
        """Read the one sequence that command-line arguments hold."""
        return Prompt(terms=self._terms(" ".join(arguments), "arguments"))

    def read_file(self, file: BinaryIO, name: str) -> Iterator[Prompt]:
        """Read the sequences of a file of lines, one at a time; `name` stands for it in errors."""
        found = False
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            place = f"{name}:{number}"
            if len(line) > LONGEST_LINE:
                raise ReadingError(f"{place}: the line is longer than {LONGEST_LINE} bytes")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise ReadingError(f"{place}: the line is not UTF-8 text") from error
            prompt = self.read_line(text, place=place)
            if prompt is not None:
                found = True
                yield prompt
        if not found:
            raise ReadingError(f"{name}: no sequence found; expected one on each line")

    def read_line(self, line: str, *, place: str) -> Prompt | None:
        """Read the sequence on a line, or None when it is blank or only a comment."""
        text = line.strip()
        if text.startswith(("[", "{")):
            return self._read_json(text, place)
        text, _, label = text.partition("#")
        if not text.strip():
            return None
        return Prompt(terms=self._terms(text, place), label=label.strip())

    def _read_json(self, text: str, place: str) -> Prompt:
        try:
            # Numbers stay text, so that one rule judges the terms of every form.
            value = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        except (ValueError, RecursionError) as error:
            raise ReadingError(f"{place}: not valid JSON: {_shortened(text, 40)!r}") from error
        label = ""
        if isinstance(value, dict):
            label = value.get("label", "")
            if isinstance(label, _Number) or not isinstance(label, str):
                raise ReadingError(f'{place}: "label" must be text')
            value = value.get("sequence")
        if not isinstance(value, list):
            raise ReadingError(f'{place}: expected an array, or an object whose "sequence" is one')
        if not value:
            raise ReadingError(f"{place}: the sequence is empty; expected at least one term")
        return Prompt(terms=tuple(self._json_term(term, place) for term in value), label=label)

    def _json_term(self, term: object, place: str) -> int:
        if not isinstance(term, _Number):
            _refuse(json.dumps(term), place)
        return self._term(term, place)

    def _terms(self, text: str, place: str) -> tuple[int, ...]:
        text = text.strip()
        if not text:
            raise ReadingError(f"{place}: the sequence is empty; expected at least one term")
        return tuple(self._term(term, place) for term in _SEPARATOR.split(text))

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
                f"{place}: term {_shortened(text)!r} is outside the model's range {self.low}..{self.high}"
            )
        return term


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _refuse(text: str, place: str) -> NoReturn:
    raise ReadingError(f"{place}: term {_shortened(text)!r} is not an integer")


def _shortened(text: str, length: int = _LONGEST_TERM) -> str:
    return text if len(text) <= length else f"{text[:length]}..."
