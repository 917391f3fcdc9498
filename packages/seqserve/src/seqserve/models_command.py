"""`seqserve models`: the packaged models, what they read, and how good they are."""

import argparse
import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

from seqmodel import ModelCard, SymbolVocabulary, Vocabulary, read_pretrained
from seqmodel.models_command import describe
from seqmodel.packaged import MODELS, packaged_folder, pretrained_names
from seqmodel.pretrained_folder import CARD


def run(arguments: argparse.Namespace, *, root: Path = MODELS) -> None:
    """Print all models, for reading or as JSON Lines.

    Raises:
        ValueError: One of them is damaged, or has no card.
    """
    models = [about(packaged_folder(name, root=root)) for name in pretrained_names(root=root)]
    if arguments.json:
        print("".join(f"{json.dumps(model)}\n" for model in models), end="")
    else:
        print("\n\n".join(map(as_text, models)) or "no model comes with this version")


def about(folder: Path) -> dict[str, Any]:
    """Return what is said of the packaged model in a folder, as JSON values."""
    content = read_pretrained(folder)
    return {
        **describe(folder),
        "reads": reads(content.vocabulary),
        "context": content.config.context,
        "figures": ModelCard.read(folder / CARD).figures,
    }


def reads(vocabulary: Vocabulary) -> str:
    """Return in words what a model reads.

    >>> from seqmodel import IntegerVocabulary
    >>> reads(IntegerVocabulary()), reads(SymbolVocabulary(symbols="01+="))
    ('integers 0..255, END predicted', 'symbols 01+=')
    """
    if isinstance(vocabulary, SymbolVocabulary):
        return f"symbols {vocabulary.symbols}"
    return f"integers {vocabulary.low}..{vocabulary.high}{', END predicted' if vocabulary.end else ''}"


def as_text(model: dict[str, Any]) -> str:
    r"""Return a model's description for reading, the tables of its card aligned.

    >>> figures = "On ten rows.\n\n| | share |\n|---|---|\n| all | 9.5 % |"
    >>> print(as_text({"name": "tiny", "parameters": 1234, "bytes": 5600, "summary": "Counts.",
    ...                "reads": "integers 0..9", "context": 8, "figures": figures}))
    tiny  1,234 parameters, 0.01 MB, context 8, integers 0..9
      Counts.
    <BLANKLINE>
      On ten rows.
    <BLANKLINE>
           share
      all  9.5 %
    """
    size = f"{model['parameters']:,} parameters, {model['bytes'] / 1e6:.2f} MB"
    head = f"{model['name']}  {size}, context {model['context']}, {model['reads']}"
    lines = [model["summary"], "", *_plain(model["figures"])]
    return "\n".join([head, *(f"  {line}".rstrip() for line in lines)])


def _plain(markdown: str) -> list[str]:
    """Return the lines of a card, the cells of its tables in columns."""
    lines: list[str] = []
    rows: list[list[str]] = []
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                rows.append(cells)
            continue
        if rows:
            widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
            lines += [
                "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
            ]
            rows = []
        lines.append(line)
    return lines[:-1]
