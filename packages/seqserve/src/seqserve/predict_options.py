"""The options of `seqserve predict`; nothing heavy is imported to know them."""

import argparse
import re
from typing import Any, get_args

from seqserve.asked import Asked
from seqserve.command_options import add_engine, add_model
from seqserve.protocols import Strategy
from seqserve.sampling import Sampling

_MOST = 10_000
"""Steps, beams or outcomes that may be asked for: a slip of the finger must not run for ever."""


def add_predict(commands: Any) -> None:
    """Add the command and its options."""
    predict = commands.add_parser(
        "predict",
        help="continue sequences",
        description="Continue integer sequences, and say how probable each next term is; or, with a model of symbols, "
        "complete expressions.",
        epilog="example: seqserve predict 2 4 6 8 --steps 4",
    )
    predict.add_argument("terms", nargs="*", metavar="TERM", help="the terms of one sequence, or questions")
    add_model(predict)
    predict.add_argument(
        "--file",
        metavar="FILE",
        help="read sequences from FILE (- for standard input), one on each line: terms separated "
        "by spaces or commas, a label after #; or JSON Lines",
    )
    predict.add_argument(
        "--out",
        metavar="FILE",
        help="write the answers to FILE, which is there once all are written; stopped and run again with the same "
        "options, it goes on where it was (needs --file)",
    )
    predict.add_argument(
        "--steps",
        type=_count,
        metavar="N",
        help="terms to predict (default: 1; of an expression, all that it lacks)",
    )
    predict.add_argument(
        "--top",
        type=_count,
        default=0,
        metavar="K",
        help="show the K most probable outcomes of each step",
    )
    predict.add_argument(
        "--stream", action="store_true", help="write each term as soon as it is predicted, one sequence after another"
    )
    predict.add_argument(
        "--beam",
        type=_count,
        metavar="WIDTH",
        help="search for the continuations that are most probable as a whole, keeping WIDTH of them at a time",
    )
    group = predict.add_argument_group("drawing terms at random, instead of the most probable ones")
    group.add_argument(
        "--temperature", type=_above_zero, metavar="T", help="below 1 nearer to the most probable (default: 1)"
    )
    group.add_argument("--top-k", type=_count, metavar="K", help="among the K most probable outcomes only")
    group.add_argument("--seed", type=_seed, metavar="N", help="another draw (default: 0)")
    predict.add_argument(
        "--strategy",
        choices=get_args(Strategy),
        default="cached",
        help="how to decode; the answers are the same (default: cached)",
    )
    add_engine(predict)
    predict.add_argument("--json", action="store_true", help="write JSON Lines instead of a table")
    predict.add_argument(
        "--verbose",
        action="store_true",
        help="say on standard error whether answers are the same bits in any batch on this machine",
    )
    predict.set_defaults(complain=predict.error)


def check_predict(arguments: argparse.Namespace) -> None:
    """Leave with one line where the options of `seqserve predict` do not go together."""
    if bool(arguments.terms) == (arguments.file is not None):
        arguments.complain("expected either the terms of a sequence or --file")
    if arguments.out is not None and arguments.file is None:
        arguments.complain("--out goes on where it was in a file: expected --file beside it")
    if arguments.out is not None and arguments.stream:
        arguments.complain("--stream shows terms at once, --out keeps whole answers: give one of them")


def asked_of(arguments: argparse.Namespace) -> Asked:
    """Return what the options ask for. Raises ValueError where they do not go together."""
    drawn = (arguments.temperature, arguments.top_k, arguments.seed)
    sampling = None
    if any(option is not None for option in drawn):
        sampling = Sampling(temperature=arguments.temperature or 1.0, top_k=arguments.top_k, seed=arguments.seed or 0)
    return Asked(
        steps=arguments.steps,
        strategy=arguments.strategy,
        top=arguments.top,
        sampling=sampling,
        beam=arguments.beam,
        stream=arguments.stream,
        as_json=arguments.json,
    )


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"expected an integer in 1..{_MOST}, got {text[:20]!r}")
    return int(text)


def _above_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text[:20]!r}")
    return value


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,20}", text) or int(text) >= 2**64:
        raise argparse.ArgumentTypeError(f"expected an integer in 0..2**64-1, got {text[:30]!r}")
    return int(text)
