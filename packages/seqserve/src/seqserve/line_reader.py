"""Files of prompts, one a line: what all kinds of prompts have in common."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from seqserve.expressions import Question

LONGEST_LINE = 1 << 20
"""Bytes that a line may have: an endless line must not fill the memory."""


class ReadingError(ValueError):
    """Input that is no prompt; the message names the place and quotes the term."""


class Lines(Protocol):
    """As much of a binary file as is read."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, or so many bytes of it; empty at the end."""
        ...


class Prompt(NamedTuple):
    """Hold one sequence to be continued, and what its writer called it.

    Attributes:
        terms: What the engine continues.
        label: Its writer's name for it.
        question: The text that the terms stand for, with a model of symbols.
    """

    terms: tuple[int, ...]
    label: str = ""
    question: Question | None = None


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class LineReader(ABC):
    """Read prompts from lines of text or JSON; what is none raises ReadingError."""

    json_begins: tuple[str, ...] = ("[", "{")

    @abstractmethod
    def of_text(self, text: str, place: str) -> Prompt:
        """Read a prompt that is text, its label cut off."""

    @abstractmethod
    def of_json(self, value: object, place: str) -> Prompt:
        """Read a prompt that is a JSON value, its numbers as `Number`."""

    def read_arguments(self, arguments: Sequence[str]) -> list[Prompt]:
        """Read what command-line arguments hold: one prompt, in as many arguments as a shell makes of it."""
        return [self.of_text(" ".join(arguments), "arguments")]

    def read_file(self, file: Lines, name: str, *, after: int = 0) -> Iterator[Prompt]:
        """Read the prompts of a file of lines, one at a time.

        Args:
            file: Where the next line is read from.
            name: Stands for the file in errors.
            after: How many lines were read before.
        """
        found = after > 0
        number = after
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
        """Read the prompt on a line, or None when it is blank or only a comment."""
        text = line.strip()
        if text.startswith(self.json_begins):
            return self._read_json(text, place)
        text, _, label = text.partition("#")
        if not text.strip():
            return None
        prompt = self.of_text(text, place)
        return prompt._replace(label=label.strip()) if label else prompt

    def _read_json(self, text: str, place: str) -> Prompt:
        try:
            # Numbers stay text, so that one rule judges the terms of every form.
            value = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
        except (ValueError, RecursionError) as error:
            raise ReadingError(f"{place}: not valid JSON: {shortened(text, 40)!r}") from error
        label = ""
        if isinstance(value, dict):
            label = value.get("label", "")
            if isinstance(label, Number) or not isinstance(label, str):
                raise ReadingError(f'{place}: "label" must be text')
            value = value.get("sequence")
        return self.of_json(value, place)._replace(label=label)


def shortened(text: str, length: int = 20) -> str:
    """Return a text to quote, cut where it is longer."""
    return text if len(text) <= length else f"{text[:length]}..."
