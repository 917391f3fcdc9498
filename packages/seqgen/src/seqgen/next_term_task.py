"""A next-term task for evaluating language models: prompts, answers, and how knowable each answer is."""

import json
import os
from fractions import Fraction
from typing import Any

import numpy as np

from seqgen.arguments import integer
from seqgen.distribution import END
from seqgen.export import Advance, batches, origin
from seqgen.files import whole_file
from seqgen.posterior import Posterior
from seqgen.record import record_of
from seqgen.stream import Stream


def export_next_term_task(
    stream: Stream,
    path: str | os.PathLike[str],
    *,
    rows: int,
    start: int = 0,
    min_posterior: float = 0.0,
    posterior: Posterior | None = None,
    advance: Advance = lambda _: None,
) -> int:
    """Write a next-term task as JSON Lines, for evaluating language models.

    A line holds ``prompt`` (the first terms as text), ``answer`` (the next term, or END), ``posterior`` (the exact
    probability of the answer), ``ceiling`` (of the likeliest outcome), ``entropy`` (of the next outcome, in nats: the
    difficulty), the rule's ``formula`` and the row's ``record``, from which :func:`seqgen.regenerate` rebuilds it. The
    prompt of row i ends after ``1 + i mod (length - 1)`` terms, or after the row's last.

    Args:
        stream: the stream.
        path: the file.
        rows: how many rows are looked at.
        start: index of the first.
        min_posterior: items whose answer is less probable than this are left out: they cannot be known.
        posterior: the posterior of the stream's universe, where it is at hand.
        advance: hears how many rows were looked at.

    Returns:
        How many items were written.
    """
    rows, start = integer("rows", rows, 0), integer("start", start, 0)
    if stream.universe.length == 1:
        raise ValueError("length=1: rows of one term have no next term to ask for")
    least: Any = min_posterior
    if not isinstance(least, int | float | Fraction) or not 0 <= least <= 1:
        raise ValueError(f"min_posterior={min_posterior!r}: give a probability, 0 to 1")
    known = Posterior.of(stream.universe) if posterior is None else posterior
    if known.universe.span != stream.universe.span:
        raise ValueError(f"posterior: of {known.universe!r}; the rows come from {stream.universe!r}")
    written = 0
    with whole_file(path) as building, building.open("w", encoding="utf-8") as file:
        for batch in batches(stream, start, rows):
            terms = list(batch.terms())
            # A row that is full, or cut, says nothing of what follows its last term.
            longest = batch.lengths - ~batch.ended
            shown = np.minimum(1 + batch.indices % (stream.universe.length - 1), longest).tolist()
            answers = [row[k] if k < len(row) else END for row, k in zip(terms, shown, strict=True)]
            prefixes = [row[:k] for row, k in zip(terms, shown, strict=True)]
            asked = [i for i, prefix in enumerate(prefixes) if prefix]
            for i, distribution in zip(asked, known.batch([prefixes[i] for i in asked]), strict=True):
                probability = float(distribution.probability(answers[i]))
                if probability < min_posterior:
                    continue
                item = {
                    "prompt": ", ".join(map(str, prefixes[i])),
                    "answer": "END" if answers[i] is END else str(answers[i]),
                    "posterior": probability,
                    "ceiling": float(distribution.probability(distribution.mode)),
                    "entropy": distribution.entropy,
                    "formula": origin(stream, batch, i)["formula"],
                    "record": record_of(stream, batch, i).to_dict(),
                }
                file.write(json.dumps(item) + "\n")
                written += 1
            advance(len(batch))
    return written
