"""The options that name questions of arithmetic."""

import argparse

from seqgen.command import integer, positive, probability


def question_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name some questions."""
    parser.add_argument("--digits", type=positive, default=6, metavar="N", help="of each number, 1 to 20 (default: 6)")
    parser.add_argument(
        "--operation", choices=("add", "sub", "mix"), help="which questions (default: mix, or what the class says)"
    )
    parser.add_argument("--rows", type=positive, default=10, metavar="N", help="how many (default: 10)")
    parser.add_argument("--start", type=integer, default=0, metavar="I", help="index of the first one (default: 0)")
    parser.add_argument("--seed", type=integer, default=0, metavar="N", help="seed of the stream (default: 0)")
    parser.add_argument(
        "--purpose", default="sample", metavar="NAME", help="purpose of the stream, such as train (default: sample)"
    )
    one = parser.add_argument_group("questions of one sort").add_mutually_exclusive_group()
    one.add_argument("--class", dest="difficulty", metavar="CLASS", help="of one difficulty class: S0-S5, M0-M4, N0-N4")
    one.add_argument(
        "--pattern", type=pattern, metavar="BITS", help="with these carries or borrows, such as 001100, highest first"
    )
    one.add_argument("--known-hard", action="store_true", help="those that models are known to have answered wrongly")
    shares = parser.add_argument_group("enrichment: shares of the rows")
    for name, what in (
        ("nines", "additions with runs of pairs that sum to nine above a carry"),
        ("borrows", "subtractions with runs of equal pairs under a borrow"),
        ("equal", "subtractions of a number from itself"),
        ("short", "rows whose numbers have fewer digits"),
    ):
        shares.add_argument(f"--{name}", type=probability, default=0.0, metavar="P", help=f"{what} (default: 0)")
    shares.add_argument("--published", action="store_true", help="the published models' rule instead")
    shares.add_argument(
        "--subtraction", type=probability, default=0.66, metavar="P", help="subtractions in a mix (default: 0.66)"
    )
    shares.add_argument(
        "--block", type=positive, default=1, metavar="N", help="rows that share operation and enrichment (default: 1)"
    )


def pattern(text: str) -> str:
    """Read a pattern of carries, or say what was given instead."""
    if not text or set(text) - set("01"):
        raise argparse.ArgumentTypeError(f"expected a 0 or 1 for each digit, such as 001100, got {text!r}")
    return text
