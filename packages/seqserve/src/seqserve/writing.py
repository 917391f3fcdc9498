"""Continuations as people and programs read them: an aligned table, JSON Lines."""

import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from seqserve.continuation import Continuation
from seqserve.reading import Prompt

Answer = tuple[Prompt, Continuation]
"""A sequence and what follows it."""

_SHOWN_TERMS = 12
"""Terms of a long sequence that the table shows, its last ones."""


def json_line(answer: Answer) -> str:
    """Return an answer as one line of JSON, which `seqserve predict` can read again.

    >>> json_line((Prompt(terms=(2, 4)), Continuation(terms=(6,), probabilities=(0.5,))))
    '{"sequence": [2, 4], "terms": [6], "probabilities": [0.5], "ended": false}'
    """
    prompt, continuation = answer
    label = {"label": prompt.label} if prompt.label else {}
    return json.dumps({"sequence": list(prompt.terms), **label, **continuation.to_dict()})


def table_lines(answers: Sequence[Answer], *, header: bool = True) -> Iterator[str]:
    """Yield the lines of a table: sequence, label, each next term with its probability in percent.

    Columns are aligned within one call, so that an endless stream can be written part by part.

    >>> evens = Prompt(terms=(2, 4, 6, 8), label="even numbers")
    >>> for line in table_lines([
    ...     (evens, Continuation(terms=(10, 12), probabilities=(0.999, 0.98))),
    ...     (Prompt(terms=(64, 128)), Continuation(terms=(), probabilities=(0.75,), ended=True)),
    ... ]):
    ...     print(line)
    sequence  label         next terms
    2 4 6 8   even numbers   10  99.9 %  12  98.0 %
    64 128                  END  75.0 %
    """
    sequences = ["sequence", *(_sequence_text(prompt) for prompt, _ in answers)]
    labels = ["label", *(_printable(prompt.label) for prompt, _ in answers)]
    if not any(labels[1:]):
        labels = [""] * len(labels)
    predictions = ["next terms", *_prediction_texts([continuation for _, continuation in answers])]
    rows = zip(_aligned(sequences), _aligned(labels), predictions, strict=True)
    for number, row in enumerate(rows):
        if number or header:
            yield "  ".join(cell for cell in row if cell).rstrip()


def _printable(text: str) -> str:
    # A label is anybody's text: what would move the cursor or colour the screen is shown escaped.
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def _sequence_text(prompt: Prompt) -> str:
    text = " ".join(map(str, prompt.terms[-_SHOWN_TERMS:]))
    return text if len(prompt.terms) <= _SHOWN_TERMS else f"... {text}"


def _prediction_texts(continuations: Sequence[Continuation]) -> Iterator[str]:
    rows = [[*map(str, continuation.terms), *(["END"] if continuation.ended else [])] for continuation in continuations]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row, continuation in zip(rows, continuations, strict=True):
        sure = [f" {100 * probability:5.1f} %" for probability in continuation.probabilities] or [""] * len(row)
        yield "  ".join(f"{text:>{width}}{share}" for text, width, share in zip(row, widths, sure, strict=False))


def _aligned(cells: list[str]) -> list[str]:
    width = max(map(len, cells))
    return [cell.ljust(width) for cell in cells]
