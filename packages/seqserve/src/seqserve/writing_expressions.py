"""Completed expressions as people and programs read them: an aligned table, JSON Lines."""

import json
import math
from collections.abc import Iterator, Sequence

from seqserve.continuation import Beam, Completion
from seqserve.expressions import Expressions
from seqserve.line_reader import Prompt
from seqserve.writing import aligned_lines, named, percent, printable, sequence_text, top_lines


def expression_json_line(prompt: Prompt, completion: Completion) -> str:
    """Return a completed expression as one line of JSON, which `seqserve predict` can read again."""
    return json.dumps({**named(prompt), **completion.to_dict()})


def expression_lines(
    prompts: Sequence[Prompt], completions: Sequence[Completion], *, header: bool = True
) -> Iterator[str]:
    r"""Yield the lines of a table: completed expression, its value, its probability as a whole, its label.

    >>> found = Completion(text="012+034=+0046", value=46, probabilities=(1.0, 0.5), probability=0.5)
    >>> print("\n".join(expression_lines([Prompt(terms=(1,))], [found])))
    completed      value  probability
    012+034=+0046     46   50.0 %
    """
    columns = [
        ["completed", *(one.text for one in completions)],
        _right(["value", *("" if one.value is None else str(one.value) for one in completions)]),
        ["probability", *(percent(one.probability) for one in completions)],
        ["label", *(printable(prompt.label) for prompt in prompts)],
    ]
    details = [[], *(top_lines(one.top) for one in completions)]
    yield from aligned_lines(columns, details, header=header)


def beam_completions(known: Expressions, prompt: Prompt, beams: Sequence[Beam]) -> list[Completion]:
    """Return the expressions that a beam search found, each with its probability as a whole."""
    texts = [sequence_text(prompt) + "".join(map(known.symbol, beam.terms)) for beam in beams]
    return [
        Completion(text=text, value=known.value(text), probabilities=(), probability=math.exp(beam.score))
        for text, beam in zip(texts, beams, strict=True)
    ]


def beam_expressions_json_line(prompt: Prompt, completions: Sequence[Completion]) -> str:
    """Return what a beam search found as one line of JSON, which `seqserve predict` can read again."""
    beams = [one.to_dict() for one in completions]
    for beam in beams:
        del beam["probabilities"]  # a beam has but one
    return json.dumps({**named(prompt), "beams": beams})


def _right(cells: list[str]) -> list[str]:
    if not any(cells[1:]):
        return cells
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells]
