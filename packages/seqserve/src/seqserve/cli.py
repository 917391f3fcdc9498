"""The command `seqserve`: its options, and what becomes of an error.

Nothing heavy is imported here: `--help` answers at once, and bad input is refused before torch is
loaded.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import seqserve
from seqmodel.command import Parser, execute
from seqserve.bench_options import add_bench, add_load
from seqserve.models_options import add_models
from seqserve.predict_options import add_predict, check_predict
from seqserve.serve_options import add_serve, add_soak


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)

    def action() -> int | None:
        # Each command is a module with `run`, imported when it is asked for.
        return import_module(f"seqserve.{arguments.command}_command").run(arguments)  # type: ignore[no-any-return]

    return execute("seqserve", action, kept="the answers already written are kept")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="seqserve", description=seqserve.__doc__)
    parser.add_argument("--version", action="version", version=f"seqserve {seqserve.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (add_predict, add_models, add_serve, add_bench, add_load, add_soak):
        add(commands)
    # Without a space in it, argparse would take "-1,-2" for an option.
    arguments = parser.parse_args([f" {text}" if re.match(r"-\d+,", text) else text for text in argv])
    if arguments.command == "predict":
        check_predict(arguments)
    return arguments
