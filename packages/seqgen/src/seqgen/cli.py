"""The command ``seqgen``: its options. What a subcommand does stands in a module of its own."""

import argparse
from collections.abc import Sequence
from typing import get_args

import seqgen
from seqgen.command import Parser, execute, integer, positive
from seqgen.span import Overflow


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; ``argv`` defaults to the process's arguments."""
    arguments = _parser().parse_args(argv)

    def action() -> None:
        from seqgen import sample_command

        sample_command.run(arguments)

    return execute("seqgen", action)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="seqgen", description=seqgen.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"seqgen {seqgen.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sample = commands.add_parser(
        "sample",
        help="print rows of a stream",
        description="Print rows of a stream with the rule behind each. The same options give the same rows, always.",
        epilog="example: seqgen sample --universe phase2 --seed 7 --rows 5",
        allow_abbrev=False,
    )
    _universe_options(sample)
    sample.add_argument("--rows", type=positive, default=10, metavar="N", help="how many rows (default: 10)")
    sample.add_argument("--start", type=integer, default=0, metavar="I", help="index of the first row (default: 0)")
    sample.add_argument("--seed", type=integer, default=0, metavar="N", help="seed of the stream (default: 0)")
    sample.add_argument(
        "--purpose",
        default="sample",
        metavar="NAME",
        help="purpose of the stream, train for instance (default: sample)",
    )
    sample.add_argument("--json", action="store_true", help="write JSON Lines instead of a table")
    return parser


def _universe_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--universe",
        default="default",
        metavar="NAME",
        help="default, phase1, phase2, phase3, or your own as module:name (default: default)",
    )
    parser.add_argument("--length", type=positive, default=9, metavar="N", help="terms in a full row (default: 9)")
    parser.add_argument("--low", type=integer, default=0, metavar="N", help="smallest term (default: 0)")
    parser.add_argument("--high", type=integer, default=255, metavar="N", help="largest term (default: 255)")
    parser.add_argument(
        "--overflow",
        choices=get_args(Overflow),
        default="truncate",
        help="what a term outside the range does (default: truncate)",
    )
