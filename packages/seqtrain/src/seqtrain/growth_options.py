"""The options of `seqtrain growth`."""

import argparse

from seqmodel.command import Parser, natural, positive


def add_growth(commands: "argparse._SubParsersAction[Parser]") -> argparse.ArgumentParser:
    """Add the command, and return it."""
    growth = commands.add_parser(
        "growth",
        help="measure how time and memory grow with the model, the context, the batch and the universe",
        description="Double the weights, the context, the batch and the universe of a recipe, one at a time and "
        "several times, and measure a training step of each size in a process of its own: seconds, and by how much the "
        "process grew at most, beside what `seqtrain estimate` says; of the universe also what listing its rules and "
        "the exact figures take. Writes a page with pictures, the slope of each growth and what a budget of memory has "
        "room for. On one thread, unless the recipe or --threads says otherwise. The same command goes on where it was "
        "stopped; what was measured is not measured again.",
        epilog="examples: seqtrain growth --quick; seqtrain growth recipes/default.toml --axes batch,context",
    )
    growth.add_argument("recipe", nargs="?", metavar="RECIPE.toml", help="what grows (default: all defaults)")
    growth.add_argument("--axes", metavar="NAMES", help="some of parameters,context,batch,universe (default: all)")
    growth.add_argument("--doublings", type=natural, metavar="N", help="of each, from the recipe on (default: 4)")
    growth.add_argument("--steps", type=_pairs, metavar="N", help="that are timed, an even number (default: 12)")
    growth.add_argument("--memory", metavar="SIZE", help="the budget (default: the recipe's, or 8GB)")
    growth.add_argument(
        "--most",
        default="6GB",
        metavar="SIZE",
        help="what is estimated to take more is not measured (default: 6GB)",
    )
    growth.add_argument(
        "--quick", action="store_true", help="2 doublings, 4 steps, and a small universe for all: a minute or two"
    )
    growth.add_argument("--out", default="growth", metavar="DIR", help="the folder of the page (default: growth)")
    growth.add_argument("--fresh", action="store_true", help="measure everything anew")
    growth.add_argument("--json", action="store_true", help="print JSON; the page is written all the same")
    return growth


def _pairs(text: str) -> int:
    steps = positive(text)
    if steps % 2:
        raise argparse.ArgumentTypeError(f"expected an even number, got {text!r}")
    return steps
