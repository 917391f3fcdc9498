"""The command `seqtrain`: its options, and what becomes of an error.

Nothing heavy is imported before the arguments are understood, so that `--help` answers at once.
"""

import argparse
import sys
from collections.abc import Sequence

import seqtrain
from seqmodel.command import Parser, execute, positive


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    options = _parser().parse_args(argv)

    def action() -> int:
        # A recipe may name a universe of one's own in a module of the current folder.
        if "" not in sys.path:
            sys.path.insert(0, "")
        if options.command == "run":
            from seqtrain.run_command import run as command
        else:
            from seqtrain.evaluate_command import evaluate as command
        return command(options)

    return execute("seqtrain", action, kept="what was saved before is whole")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="seqtrain", description=seqtrain.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"seqtrain {seqtrain.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="train a model by a recipe",
        description="Train a model by a recipe, or go on with a run that was stopped. "
        "Ctrl-C ends training in order and keeps the best weights; a second one leaves at once.",
        epilog="example: seqtrain run recipes/demo.toml --set budget.max_minutes=1",
        allow_abbrev=False,
    )
    run.add_argument("recipe", metavar="RECIPE.toml", help="what to do")
    run.add_argument("--out", metavar="DIR", help="the run's folder (default: runs/RECIPE)")
    run.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="SECTION.FIELD=VALUE",
        help="change a field of the recipe; may be given several times",
    )
    run.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="processor threads (default: the recipe's run.threads)",
    )
    run.add_argument("--fresh", action="store_true", help="remove the run that the folder holds, and start over")

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a trained model on fresh rows",
        description="Measure a trained model on fresh rows of its recipe's final mixture, beside "
        "random guessing and rules that need no training.",
        epilog="example: seqtrain evaluate runs/demo/model.safetensors --rows 100000",
        allow_abbrev=False,
    )
    evaluate.add_argument("checkpoint", metavar="CHECKPOINT", help="the model's file")
    evaluate.add_argument(
        "--rows",
        type=positive,
        metavar="N",
        help="how many rows (default: the recipe's validation.final_rows)",
    )
    evaluate.add_argument("--json", action="store_true", help="write JSON instead of a table")
    return parser
