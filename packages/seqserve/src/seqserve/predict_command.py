"""`seqserve predict`: read sequences, continue them, write the answers, one batch at a time."""

import argparse
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from seqserve.asked import Asked
from seqserve.chunking import chunks
from seqserve.compiling import say_if_compiling
from seqserve.counted_lines import CountedLines
from seqserve.line_reader import LineReader, Prompt, ReadingError
from seqserve.predict_answers import Written, writer_of
from seqserve.predict_options import asked_of
from seqserve.predict_progress import Progress
from seqserve.predictor import Predictor
from seqserve.resumable import ResumableOutput

if TYPE_CHECKING:
    from seqmodel import CheckpointFile

_BATCH_SIZE = 256


def run(arguments: argparse.Namespace) -> None:
    """Answer the sequences that the arguments name.

    The checkpoint and the first batch are read before the engine is imported: errors are instant.
    """
    from seqmodel import find_checkpoint

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A label that the terminal's encoding lacks is shown escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    asked = asked_of(arguments)
    content = find_checkpoint(arguments.model)
    reader = reader_for(content)
    with ExitStack() as stack:
        lines = None if arguments.file is None else CountedLines(stack.enter_context(_opened(arguments.file)))
        output = None
        if lines is not None and arguments.out is not None:
            question = _question(arguments, asked, content)
            output = stack.enter_context(ResumableOutput(arguments.out, question, lines))
            if output.answered:
                _say(f"{output.answered:,} answers are in {arguments.out}.part already; going on behind them")
        batches = chunks(_prompts(arguments, reader, lines), _BATCH_SIZE)
        first = next(batches, [])
        if not first:  # all had been answered
            return
        predictor = _load(arguments)
        elsewhere = output is not None or not sys.stdout.isatty()
        with Progress(lines, shown=elsewhere and sys.stderr.isatty()) as progress:
            answer(
                writer_of(predictor, asked),
                chain([first], batches),
                show=_print if output is None else output.write,
                done=progress.advance if output is None else lambda count: progress.advance(output.commit(count)),
                first=0 if output is None else output.answered,
            )


def answer(
    written: Written,
    batches: Iterable[list[Prompt]],
    *,
    show: Callable[[str], object],
    done: Callable[[int], object],
    first: int = 0,
) -> None:
    """Answer all prompts, part by part.

    Args:
        written: What answers a batch.
        batches: The prompts.
        show: Takes each part of the answers as soon as it is there.
        done: Hears after each batch how many prompts it had.
        first: How many prompts were answered before.
    """
    for batch in batches:
        for text in written(batch, first):
            show(text)
        first += len(batch)
        done(len(batch))


def reader_for(content: "CheckpointFile") -> LineReader:
    """Return what reads the prompts of a model."""
    from seqmodel import IntegerVocabulary

    if isinstance(content.vocabulary, IntegerVocabulary):
        from seqserve.reading import SequenceReader

        return SequenceReader(low=content.vocabulary.low, high=content.vocabulary.high)
    from seqserve.expressions import Expressions
    from seqserve.question_reader import QuestionReader

    return QuestionReader(expressions=Expressions.of(content.config, content.vocabulary))


def _prompts(arguments: argparse.Namespace, reader: LineReader, lines: CountedLines | None) -> Iterator[Prompt]:
    if lines is None:
        yield from reader.read_arguments(arguments.terms)
    else:
        yield from reader.read_file(lines, "stdin" if arguments.file == "-" else arguments.file, after=lines.lines)


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise ReadingError(f"cannot read {name!r}: {error.strerror}") from error


def _question(arguments: argparse.Namespace, asked: Asked, content: "CheckpointFile") -> dict[str, Any]:
    """Return all that decides about the answers to a file."""
    import seqserve
    from seqserve.weights_hash import weights_hash

    model = {"config": content.config.to_dict(), "vocabulary": content.vocabulary.to_dict()}
    return {
        "seqserve": seqserve.__version__,
        "model": model | {"weights": weights_hash(content.tensors)},
        "engine": arguments.engine,
        **asked.to_dict(),
    }


def _load(arguments: argparse.Namespace) -> Predictor:
    from seqserve.loading import load_engine

    engine = load_engine(arguments.model, arguments.engine, threads=arguments.threads)
    if arguments.verbose:
        _say(f"{arguments.model}: {engine.name} engine, {engine.promise}")
    if sys.stderr.isatty():
        say_if_compiling(engine, _say)
    return Predictor(engine, batch_size=_BATCH_SIZE)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _say(text: str) -> None:
    print(f"seqserve: {text}", file=sys.stderr)
