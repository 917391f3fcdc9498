"""The command `seqserve`: its options, and what becomes of an error.

Nothing heavy is imported here: `--help` answers at once, and bad input is refused before torch is
loaded.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import get_args

import seqserve
from seqmodel.command import Parser, execute
from seqserve.bench_options import add_bench
from seqserve.loading import EngineName
from seqserve.protocols import Strategy
from seqserve.serve_options import add_serve, add_soak

_MOST = 10_000
"""Steps, or threads, that may be asked for: a slip of the finger must not run for ever."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)

    def action() -> int | None:
        # Each command is a module with `run`, imported when it is asked for.
        return import_module(f"seqserve.{arguments.command}_command").run(arguments)  # type: ignore[no-any-return]

    return execute("seqserve", action, kept="the answers already written are kept")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="seqserve", description=seqserve.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"seqserve {seqserve.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    predict = commands.add_parser(
        "predict",
        help="continue sequences",
        description="Continue integer sequences, and say how probable each next term is.",
        epilog="example: seqserve predict 2 4 6 8 --steps 4",
        allow_abbrev=False,
    )
    predict.add_argument("terms", nargs="*", metavar="TERM", help="the terms of one sequence")
    predict.add_argument(
        "--model",
        default="default",
        metavar="MODEL",
        help="a checkpoint, a folder with one, or the name of a packaged model (default: default)",
    )
    predict.add_argument(
        "--file",
        metavar="FILE",
        help="read sequences from FILE (- for standard input), one on each line: terms separated "
        "by spaces or commas, a label after #; or JSON Lines",
    )
    predict.add_argument("--steps", type=_count, default=1, metavar="N", help="terms to predict (default: 1)")
    predict.add_argument(
        "--strategy",
        choices=get_args(Strategy),
        default="cached",
        help="how to decode; the answers are the same (default: cached)",
    )
    predict.add_argument(
        "--engine",
        choices=get_args(EngineName),
        default="auto",
        help="what computes: compiled code, torch, or the first that can run the model (default: auto)",
    )
    predict.add_argument(
        "--threads",
        type=_count,
        default=1,
        metavar="N",
        help="processor threads (default: 1; more pay for many sequences)",
    )
    predict.add_argument("--json", action="store_true", help="write JSON Lines instead of a table")
    predict.add_argument(
        "--verbose",
        action="store_true",
        help="say on standard error whether answers are the same bits in any batch on this machine",
    )
    add_bench(commands)
    add_serve(commands)
    add_soak(commands)
    # Without a space in it, argparse would take "-1,-2" for an option.
    arguments = parser.parse_args([f" {text}" if re.match(r"-\d+,", text) else text for text in argv])
    if arguments.command == "predict" and bool(arguments.terms) == (arguments.file is not None):
        predict.error("expected either the terms of a sequence or --file")
    return arguments


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"expected an integer in 1..{_MOST}, got {text[:20]!r}")
    return int(text)
