"""Continuations as people and programs read them: an aligned table, JSON Lines."""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import chain, repeat, zip_longest
from typing import Any

from seqserve.continuation import Beam, Continuation
from seqserve.line_reader import Prompt

Answer = tuple[Prompt, Continuation]
"""A sequence and what follows it."""

# What they refuse, json.dumps does too: numbers of NumPy's, say.
_INTEGER, _FLOAT = int.__repr__, float.__repr__

_SHOWN_TERMS = 12
"""Terms of a long sequence that the table shows, its last ones."""


def json_line(answer: Answer) -> str:
    """Return an answer as one line of JSON, which `seqserve predict` can read again.

    >>> json_line((Prompt(terms=(2, 4)), Continuation(terms=(6,), probabilities=(0.5,))))
    '{"sequence": [2, 4], "terms": [6], "probabilities": [0.5], "ended": false}'
    """
    prompt, found = answer
    # Of millions of lines each is written here: json.dumps would take three times as long for the same text.
    if prompt.question is None:
        sequence = f"[{', '.join(map(_INTEGER, prompt.terms))}]"
    else:
        sequence = json.dumps(prompt.question.text)
    label = f', "label": {json.dumps(prompt.label)}' if prompt.label else ""
    terms, sure = ", ".join(map(_INTEGER, found.terms)), ", ".join(map(_FLOAT, found.probabilities))
    top = f', "top": {json.dumps(found.top)}' if found.top else ""
    ended = "true" if found.ended else "false"
    return f'{{"sequence": {sequence}{label}, "terms": [{terms}], "probabilities": [{sure}], "ended": {ended}{top}}}'


def beams_json_line(prompt: Prompt, beams: Sequence[Beam]) -> str:
    """Return what a beam search found as one line of JSON, which `seqserve predict` can read again.

    >>> beams_json_line(Prompt(terms=(2, 4)), [Beam(terms=(6,), ended=False, score=-0.5)])
    '{"sequence": [2, 4], "beams": [{"terms": [6], "ended": false, "score": -0.5}]}'
    """
    return json.dumps({**named(prompt), "beams": [beam.to_dict() for beam in beams]})


def named(prompt: Prompt) -> dict[str, Any]:
    """Return how JSON names a prompt: its sequence, and its label where it has one."""
    sequence = list(prompt.terms) if prompt.question is None else prompt.question.text
    return {"sequence": sequence, **({"label": prompt.label} if prompt.label else {})}


def table_lines(answers: Sequence[Answer], *, header: bool = True) -> Iterator[str]:
    """Yield the lines of a table: sequence, label, each next term with its probability in percent.

    Columns are aligned within one call, so that an endless stream can be written part by part. The most probable
    outcomes of each step, where they are there, follow the line of their sequence.

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
    prompts = [prompt for prompt, _ in answers]
    predictions = ["next terms", *_prediction_texts([continuation for _, continuation in answers])]
    details = [[], *(_top_lines(continuation.top) for _, continuation in answers)]
    yield from _lines(prompts, predictions, details, header)


def beam_table_lines(prompts: Sequence[Prompt], found: Sequence[Sequence[Beam]], *, header: bool) -> Iterator[str]:
    r"""Yield the lines of a table: sequence, label, and below each other the continuations with their probabilities.

    >>> beams = [Beam(terms=(6, 8), ended=False, score=-0.5), Beam(terms=(6,), ended=True, score=-1.5)]
    >>> print("\n".join(beam_table_lines([Prompt(terms=(2, 4))], [beams], header=True)))
    sequence  probability  continuation
    2 4            60.7 %  6 8
                   22.3 %  6 END
    """
    rows = [["sequence", "label", "probability", "continuation"]]
    for prompt, beams in zip(prompts, found, strict=True):
        heads = chain([[sequence_text(prompt), printable(prompt.label)]], repeat(["", ""]))
        rows += [[*head, f"{percent(math.exp(beam.score)):>11}", _beam_text(beam)] for head, beam in zip(heads, beams)]  # noqa: B905
    yield from aligned_lines(list(zip(*rows, strict=True)), [[] for _ in rows], header=header)


def percent(share: float) -> str:
    """Return a probability in percent, always as wide.

    >>> percent(0.0721)
    '  7.2 %'
    """
    return f"{100 * share:5.1f} %"


def printable(text: str) -> str:
    """Return somebody's text with all that would move the cursor or colour the screen escaped."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def sequence_text(prompt: Prompt) -> str:
    """Return a prompt as the table shows it."""
    if prompt.question is not None:
        return prompt.question.text
    text = " ".join(map(str, prompt.terms[-_SHOWN_TERMS:]))
    return text if len(prompt.terms) <= _SHOWN_TERMS else f"... {text}"


def aligned_lines(columns: Sequence[Sequence[str]], details: Sequence[Sequence[str]], *, header: bool) -> Iterator[str]:
    """Yield rows of columns, all but the last one aligned, each followed by its details, set in.

    A column that is empty but for its head is left out. Without `header` the first row is not shown.
    """
    shown = [column for column in columns if any(column[1:])]
    widths = [max(map(len, column)) for column in shown[:-1]]
    for number, (row, more) in enumerate(zip(zip(*shown, strict=True), details, strict=True)):
        if number or header:
            yield "  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip()
            yield from (f"     {line}" for line in more)


def _lines(
    prompts: Sequence[Prompt], predictions: Sequence[str], details: Sequence[Sequence[str]], header: bool
) -> Iterator[str]:
    sequences = ["sequence", *map(sequence_text, prompts)]
    labels = ["label", *(printable(prompt.label) for prompt in prompts)]
    yield from aligned_lines([sequences, labels, predictions], details, header=header)


def _prediction_texts(continuations: Sequence[Continuation]) -> Iterator[str]:
    rows = [[*map(str, continuation.terms), *(["END"] if continuation.ended else [])] for continuation in continuations]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row, continuation in zip(rows, continuations, strict=True):
        sure = [f" {percent(probability)}" for probability in continuation.probabilities] or [""] * len(row)
        yield "  ".join(f"{text:>{width}}{share}" for text, width, share in zip(row, widths, sure, strict=False))


def _top_lines(top: Sequence[Sequence[tuple[int | None, float]]]) -> list[str]:
    return top_lines([[("END" if term is None else str(term), share) for term, share in step] for step in top])


def top_lines(top: Sequence[Sequence[tuple[str, float]]]) -> list[str]:
    """Return the most probable outcomes of each step with their probabilities, in columns.

    >>> top_lines([[("36", 0.862), ("END", 0.051)]])
    ['1:    36  86.2 %   END   5.1 %']
    """
    return [
        f"{f'{place}:':<4}{'  '.join(f'{name:>4} {percent(share)}' for name, share in step)}"
        for place, step in enumerate(top, 1)
    ]


def _beam_text(beam: Beam) -> str:
    return " ".join([*map(str, beam.terms), *(["END"] if beam.ended else [])])
