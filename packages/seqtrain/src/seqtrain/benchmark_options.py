"""The options of `seqtrain benchmark`."""

import argparse

from seqmodel.command import Parser, natural, positive


def add_benchmark(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command."""
    benchmark = commands.add_parser(
        "benchmark",
        help="score any predictor on frozen sets",
        description="Score predictors on frozen sets of sequences: the three phases, rows held out, a control without "
        "any rule, real sequences of the OEIS, and all families; beside what is possible and beside Berlekamp-Massey, "
        "SymPy's guess and the exact posterior. A predictor is a checkpoint or a packaged model's name, a Python "
        "function module:function (a list of sequences in, a list of next terms out), or a command in quotes that "
        'reads lines {"id": 0, "terms": [1, 2, 3]} and writes lines {"id": 0, "next": 4}; null is END.',
        epilog="example: seqtrain benchmark default 'python solve.py' --sets phase1,phase2 --rows 500",
    )
    benchmark.add_argument("predictors", nargs="+", metavar="CHECKPOINT_OR_COMMAND", help="who is scored")
    benchmark.add_argument("--sets", metavar="NAMES", help="some sets, with commas between them (default: all)")
    benchmark.add_argument("--rows", type=positive, default=1000, metavar="N", help="rows of a set (default: 1000)")
    benchmark.add_argument("--seed", type=natural, default=0, metavar="N", help="which rows (default: 0)")
    benchmark.add_argument(
        "--sympy-rows", type=natural, default=20, metavar="N", help="rows that SymPy is asked about (default: 20)"
    )
    benchmark.add_argument(
        "--no-posterior", action="store_true", help="list no universe: quick, without what is possible"
    )
    benchmark.add_argument(
        "--timeout", type=positive, default=600, metavar="SECONDS", help="for a command, at a time (default: 600)"
    )
    benchmark.add_argument(
        "--out", default="benchmark", metavar="DIR", help="the folder of page and figures (default: benchmark)"
    )
    benchmark.add_argument("--json", action="store_true", help="print the figures as JSON, too")
