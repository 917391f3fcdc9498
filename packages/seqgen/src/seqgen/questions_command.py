"""``seqgen questions``: print questions of addition and subtraction, with their answers and how hard they are."""

import argparse
import json

from seqgen.arithmetic import (
    Enrichment,
    Questions,
    QuestionStream,
    known_hard_questions,
    of_class,
    with_pattern,
)
from seqgen.columns import aligned

_AT_ONCE = 1024
_ENRICHMENT = ("nines", "borrows", "equal", "short", "published")


def run(arguments: argparse.Namespace) -> None:
    """Print the questions that the arguments ask for."""
    end = arguments.start + arguments.rows
    if arguments.known_hard:
        end = min(end, len(known_hard_questions(arguments.digits)))
    for start in range(arguments.start, end, _AT_ONCE):
        chosen = _questions(arguments, start, min(_AT_ONCE, end - start))
        rows = [
            (index, text, difficulty, f"{pattern:0{chosen.digits}b}")
            for index, text, difficulty, pattern in zip(
                range(start, end), chosen.texts(), chosen.difficulties(), chosen.patterns().tolist(), strict=False
            )
        ]
        if arguments.json:
            for index, text, difficulty, pattern in rows:
                question, _, answer = text.partition("=")
                shown = {"index": index, "question": f"{question}=", "answer": answer}
                print(json.dumps({**shown, "value": int(answer), "class": difficulty, "pattern": pattern}))
            continue
        header = ("row", "question", "class", "pattern") if start == arguments.start else None
        print(aligned([(str(index), *shown) for index, *shown in rows], header, right=(0,)))


def _questions(arguments: argparse.Namespace, start: int, count: int) -> Questions:
    digits, seed, operation = arguments.digits, arguments.seed, arguments.operation
    one = arguments.known_hard or arguments.pattern is not None or arguments.difficulty is not None
    for name in _ENRICHMENT:
        if one and getattr(arguments, name):
            raise ValueError(f"--{name}: give it without --class, --pattern and --known-hard")
    if arguments.known_hard:
        return known_hard_questions(digits)[start : start + count]
    if arguments.difficulty is not None:
        chosen = of_class(digits, arguments.difficulty, count, seed, start, arguments.purpose)
        of = "add" if arguments.difficulty.startswith("S") else "sub"
        if operation not in (None, of):
            raise ValueError(f"--class {arguments.difficulty}, --operation {operation}: give --operation {of}, or none")
        return chosen
    if arguments.pattern is not None:
        if operation not in ("add", "sub"):
            raise ValueError(f"--pattern {arguments.pattern}: say --operation add or --operation sub too")
        if len(arguments.pattern) != digits:
            raise ValueError(f"--pattern {arguments.pattern}: give {digits} digits, as --digits says")
        return with_pattern(digits, operation, int(arguments.pattern, 2), count, seed, start, arguments.purpose)
    enrichment = Enrichment(**{name: getattr(arguments, name) for name in _ENRICHMENT})
    stream = QuestionStream(
        digits, operation or "mix", seed, arguments.purpose, enrichment, arguments.subtraction, arguments.block
    )
    return stream.questions(start, count)
