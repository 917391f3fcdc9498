"""The model card: what a reader must know of a model before they believe it."""

import os
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

PARTS = ("recipe", "data", "figures", "limits")

_HEADING = re.compile(r"^## ", flags=re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Say what a model is, how it was made, and what it cannot do; a README.md when written down.

    Attributes:
        name: Of the model; one line.
        summary: What it does; one line.
        recipe: How it was trained, so that it could be trained again; Markdown, like the next ones.
        data: What it was trained on.
        figures: What was measured, on what.
        limits: Where it fails, and what it was not made for.

    Raises:
        TypeError: A part is no text.
        ValueError: A part is empty, has white space around it, more lines than it may, or a
            heading of the second level, which would begin another part.

    >>> card = ModelCard(name="tiny", summary="Adds two.", recipe="None.", data="None.", figures="1 of 1.", limits="2.")
    >>> print(card.to_markdown()[:36])
    # tiny
    <BLANKLINE>
    Adds two.
    <BLANKLINE>
    ## Recipe
    <BLANKLINE>
    None.
    """

    name: str
    summary: str
    recipe: str
    data: str
    figures: str
    limits: str

    def __post_init__(self) -> None:
        for field in fields(self):
            text = getattr(self, field.name)
            if not isinstance(text, str):
                raise TypeError(f"{field.name} of a model card must be text, got {text!r}")
            if not text:
                raise ValueError(f"{field.name} of a model card is empty")
            if text != text.strip() or "\r" in text:
                raise ValueError(f"{field.name} of a model card has white space around it, or a carriage return")
            if _HEADING.search(text):
                raise ValueError(f"{field.name} of a model card has a line that begins with '## ': use '### '")
        for name in ("name", "summary"):
            if "\n" in getattr(self, name):
                raise ValueError(f"{name} of a model card must be one line")

    def to_markdown(self) -> str:
        """Return the text that `from_markdown` reads."""
        parts = "".join(f"\n## {part.title()}\n\n{getattr(self, part)}\n" for part in PARTS)
        return f"# {self.name}\n\n{self.summary}\n{parts}"

    @classmethod
    def from_markdown(cls, text: str) -> Self:
        """Read a card: a title, a line that sums it up, then the headings Recipe, Data, Figures, Limits.

        Raises:
            ValueError: Something is missing, empty, out of order, or more.
        """
        head, *sections = _HEADING.split(text.replace("\r\n", "\n"))
        titled = [section.partition("\n") for section in sections]
        found = [title.strip() for title, _, _ in titled]
        wanted = [part.title() for part in PARTS]
        if found != wanted:
            raise ValueError(f"a model card has the headings {', '.join(wanted)}, in this order; got {found}")
        title, _, summary = head.strip().partition("\n")
        if not title.startswith("# "):
            raise ValueError(f"a model card begins with '# ' and the model's name, got {title!r}")
        bodies = (body.strip() for _, _, body in titled)
        return cls(name=title[2:].strip(), summary=summary.strip(), **dict(zip(PARTS, bodies, strict=True)))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read the card in a file.

        Raises:
            ValueError: It is none; the message names file and reason.
            OSError: The file cannot be read.
        """
        try:
            return cls.from_markdown(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
