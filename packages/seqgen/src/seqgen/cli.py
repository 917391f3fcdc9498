"""The command ``seqgen``: its subcommands and options. What each does stands in a module of its own."""

import argparse
import importlib
from collections.abc import Sequence

import seqgen
from seqgen.command import Parser, execute, positive, probability, terms
from seqgen.options import stream_options, universe_options
from seqgen.question_options import question_options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; ``argv`` defaults to the process's arguments."""
    arguments = _parser().parse_args(argv)
    return execute("seqgen", lambda: importlib.import_module(f"seqgen.{arguments.command}_command").run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="seqgen", description=seqgen.__doc__)
    parser.add_argument("--version", action="version", version=f"seqgen {seqgen.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    families = commands.add_parser(
        "families",
        help="list the families of a universe",
        description="List the families of a universe: how many rules each has, its share, and one of its rules.",
    )
    universe_options(families)

    sample = commands.add_parser(
        "sample",
        help="print rows of a stream",
        description="Print rows of a stream with the rule behind each. The same options give the same rows, always.",
        epilog="example: seqgen sample --universe phase2 --seed 7 --rows 5",
    )
    universe_options(sample)
    stream_options(sample, purpose="sample")

    explain = commands.add_parser(
        "explain",
        help="say which rules explain some terms, and what comes next",
        description="Say which rules of a universe explain some terms, how likely each is, and what comes next.",
        epilog="example: seqgen explain 1 1 2 3 5 8",
    )
    explain.add_argument("terms", nargs="+", type=terms, metavar="TERM", help="the terms")
    explain.add_argument("--top", type=positive, default=10, metavar="N", help="how many to show (default: 10)")
    universe_options(explain, default="broad")

    ceiling = commands.add_parser(
        "ceiling",
        help="print what is possible at all",
        description="Print the Bayes-optimal accuracy, distance and loss of a universe, by position and phase.",
        epilog="example: seqgen ceiling --universe default --store default-posterior",
    )
    universe_options(ceiling)
    ceiling.add_argument(
        "--store", metavar="FOLDER", help="open the posterior kept there, or build it and keep it there"
    )

    export = commands.add_parser(
        "export",
        help="write rows of a stream to a file",
        description="Write rows of a stream to a file, with the rule behind each and where they come from.",
        epilog="example: seqgen export task.jsonl --format next-term --rows 1000 --min-posterior 0.5",
    )
    export.add_argument("out", metavar="OUT", help="the file; its ending gives the format: .jsonl, .npz, .parquet")
    export.add_argument(
        "--format",
        choices=("jsonl", "npz", "parquet", "next-term"),
        help="the format, where the ending does not say; next-term: prompts and answers for a language model",
    )
    export.add_argument(
        "--min-posterior",
        type=probability,
        metavar="P",
        help="next-term: leave out items whose answer is less probable than this given the prompt",
    )
    universe_options(export)
    stream_options(export, purpose="export")

    questions = commands.add_parser(
        "questions",
        help="print questions of addition and subtraction",
        description="Print questions of addition and subtraction with their difficulty classes and their patterns of "
        "carries or borrows, digit by digit. The same options give the same questions, always.",
        epilog="example: seqgen questions --digits 6 --operation sub --borrows 0.5 --rows 5",
    )
    question_options(questions)

    benchmark = commands.add_parser(
        "benchmark",
        help="measure how fast rows and posteriors are made here",
        description="Measure rows a second and the posterior's speed, beside the machine's limits and reasoning-gym's "
        "number_sequence where that is installed, all in one run.",
    )
    universe_options(benchmark)
    benchmark.add_argument(
        "--rows", type=positive, default=1_000_000, metavar="N", help="rows a run (default: a million)"
    )
    benchmark.add_argument("--runs", type=positive, default=5, metavar="N", help="counted runs (default: 5)")
    benchmark.add_argument("--no-posterior", action="store_true", help="measure rows alone")

    for subcommand in (families, sample, explain, ceiling, questions, benchmark):
        subcommand.add_argument("--json", action="store_true", help="write JSON instead of a table")
    return parser
