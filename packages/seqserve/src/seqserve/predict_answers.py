"""What `seqserve predict` writes of each batch: one function for each kind of answer."""

import json
import math
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from seqserve.asked import Asked
from seqserve.line_reader import Prompt
from seqserve.predictor import Predictor
from seqserve.protocols import Prediction, PredictorLike
from seqserve.writing import (
    beam_table_lines,
    beams_json_line,
    json_line,
    percent,
    sequence_text,
    table_lines,
)

Written = Callable[[list[Prompt], int], Iterator[str]]
"""From a batch of prompts, and how many were answered before it, to the text that is written, part by part."""


def writer_of(predictor: PredictorLike, asked: Asked) -> Written:
    """Return what answers a batch.

    Raises:
        ValueError: The predictor cannot do what is asked.
    """
    if not isinstance(predictor, Predictor):
        return lambda batch, first: _continued(predictor, asked, batch, first)
    expressions = getattr(predictor.engine, "expressions", None)
    if asked.stream:
        return lambda batch, first: _streamed(predictor, asked, batch, first)
    width = asked.beam
    if width is not None:
        return lambda batch, first: _searched(predictor, asked, width, batch, first)
    if expressions is not None:
        return lambda batch, first: _completed(predictor, asked, batch, first)
    return lambda batch, first: _continued(predictor, asked, batch, first)


def _continued(predictor: PredictorLike, asked: Asked, batch: list[Prompt], first: int) -> Iterator[str]:
    sequences = [prompt.terms for prompt in batch]
    numbered = {"first": first} if asked.sampling else {}
    found = predictor.predict(sequences, asked.steps or 1, strategy=asked.strategy, **asked.stepping, **numbered)
    answers = list(zip(batch, found, strict=True))
    lines = map(json_line, answers) if asked.as_json else table_lines(answers, header=first == 0)
    yield "".join(f"{line}\n" for line in lines)


def _completed(predictor: Predictor, asked: Asked, batch: list[Prompt], first: int) -> Iterator[str]:
    from seqserve.completing import complete_questions
    from seqserve.writing_expressions import expression_json_line, expression_lines

    questions = [prompt.question for prompt in batch if prompt.question is not None]
    found = list(
        complete_questions(
            predictor, questions, asked.steps, strategy=asked.strategy, top=asked.top, sampling=asked.sampling,
            first=first,
        )
    )  # fmt: skip
    lines = (
        map(expression_json_line, batch, found) if asked.as_json else expression_lines(batch, found, header=first == 0)
    )
    yield "".join(f"{line}\n" for line in lines)


def _searched(predictor: Predictor, asked: Asked, width: int, batch: list[Prompt], first: int) -> Iterator[str]:
    found = [predictor.search([prompt.terms], _steps(asked, prompt), width=width)[0] for prompt in batch]
    if all(prompt.question is None for prompt in batch):
        lines = (
            map(beams_json_line, batch, found) if asked.as_json else beam_table_lines(batch, found, header=first == 0)
        )
    else:
        from seqserve.completing import expressions_of
        from seqserve.writing_expressions import beam_completions, beam_expressions_json_line, expression_lines

        known = expressions_of(predictor.engine)
        each = [beam_completions(known, prompt, beams) for prompt, beams in zip(batch, found, strict=True)]
        if asked.as_json:
            lines = map(beam_expressions_json_line, batch, each)
        else:
            prompts = [prompt for prompt, beams in zip(batch, found, strict=True) for _ in beams]
            lines = expression_lines(prompts, list(chain.from_iterable(each)), header=first == 0)
    yield "".join(f"{line}\n" for line in lines)


def _streamed(predictor: Predictor, asked: Asked, batch: list[Prompt], first: int) -> Iterator[str]:
    for number, prompt in enumerate(batch, first):
        if not asked.as_json:
            yield sequence_text(prompt)
        found = predictor.stream(
            prompt.terms, _steps(asked, prompt), top=asked.top, sampling=asked.sampling, first=number
        )
        for step, prediction in enumerate(found):
            if asked.as_json:
                yield f"{json.dumps(_event(predictor, prompt, number, step, prediction))}\n"
            else:
                yield _shown(predictor, prompt, prediction)
        if not asked.as_json:
            yield "\n"


def _event(predictor: Predictor, prompt: Prompt, number: int, step: int, prediction: Prediction) -> dict[str, Any]:
    """Return a prediction as the HTTP service's event `term` has it."""
    top = [{"term": _named(predictor, prompt, term), "probability": share} for term, share in prediction.top]
    sure = None if math.isnan(prediction.probability) else prediction.probability
    return {
        "sequence": number,
        "step": step,
        "term": _named(predictor, prompt, prediction.term),
        "probability": sure,
        **({"top": top} if top else {}),
    }


def _shown(predictor: Predictor, prompt: Prompt, prediction: Prediction) -> str:
    name = _named(predictor, prompt, prediction.term)
    if prompt.question is not None:
        return str(name)
    sure = "" if math.isnan(prediction.probability) else f" {percent(prediction.probability)}"
    return f"  {'END' if name is None else name}{sure}"


def _named(predictor: Predictor, prompt: Prompt, term: int | None) -> int | str | None:
    if prompt.question is None or term is None:
        return term
    from seqserve.completing import expressions_of

    return expressions_of(predictor.engine).symbol(term)


def _steps(asked: Asked, prompt: Prompt) -> int:
    if prompt.question is None:
        return asked.steps or 1
    from seqserve.completing import steps_for

    return steps_for(prompt.question, asked.steps)
