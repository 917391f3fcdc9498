"""`seqserve predict`: read sequences, continue them, write the answers, one batch at a time."""

import argparse
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from seqserve.chunking import chunks
from seqserve.predictor import Predictor
from seqserve.protocols import PredictorLike, Strategy
from seqserve.reading import Prompt, ReadingError, SequenceReader
from seqserve.writing import json_line, table_lines

_BATCH_SIZE = 256


def run(arguments: argparse.Namespace) -> None:
    """Answer the sequences that the arguments name.

    The checkpoint and the first batch are read before the engine is imported: errors are instant.
    """
    from seqmodel import find_checkpoint, integers_of

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A label that the terminal's encoding lacks is shown escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    vocabulary = integers_of(find_checkpoint(arguments.model).vocabulary)
    reader = SequenceReader(low=vocabulary.low, high=vocabulary.high)
    batches = chunks(_prompts(arguments, reader), _BATCH_SIZE)
    first = next(batches)
    predictor = _load(arguments)
    with _progress(shown=sys.stderr.isatty() and not sys.stdout.isatty()) as advance:
        answer(
            predictor,
            chain([first], batches),
            steps=arguments.steps,
            strategy=arguments.strategy,
            as_json=arguments.json,
            advance=advance,
        )


def answer(
    predictor: PredictorLike,
    batches: Iterable[list[Prompt]],
    *,
    steps: int,
    strategy: Strategy,
    as_json: bool,
    advance: Callable[[int], object],
) -> None:
    """Write the continuations of all prompts to standard output; `advance` hears of each batch."""
    for number, batch in enumerate(batches):
        sequences = [prompt.terms for prompt in batch]
        continuations = predictor.predict(sequences, steps, strategy=strategy)
        answers = list(zip(batch, continuations, strict=True))
        lines = map(json_line, answers) if as_json else table_lines(answers, header=number == 0)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        advance(len(batch))


def _prompts(arguments: argparse.Namespace, reader: SequenceReader) -> Iterator[Prompt]:
    if arguments.file is None:
        yield reader.read_arguments(arguments.terms)
    elif arguments.file == "-":
        yield from reader.read_file(sys.stdin.buffer, "stdin")
    else:
        with _open(arguments.file) as file:
            yield from reader.read_file(file, arguments.file)


def _open(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise ReadingError(f"cannot read {name!r}: {error.strerror}") from error


def _load(arguments: argparse.Namespace) -> Predictor:
    from seqserve.loading import load_engine

    engine = load_engine(arguments.model, arguments.engine, threads=arguments.threads)
    if arguments.verbose:
        print(f"seqserve: {arguments.model}: {engine.name} engine, {engine.promise}", file=sys.stderr)
    if engine.name == "compiled" and sys.stderr.isatty():
        from seqserve.kernel_cache import is_kept

        if not is_kept():
            print("seqserve: compiling for this processor, which is done once...", file=sys.stderr)
    return Predictor(engine, batch_size=_BATCH_SIZE)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[int], object]]:
    if not shown:
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(unit=" sequences") as bar:
        yield bar.update
