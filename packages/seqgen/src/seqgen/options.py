"""The options that name a universe, and the universe that they name."""

import argparse
import sys
from typing import get_args

from seqgen.command import integer, positive
from seqgen.holdout import split
from seqgen.span import Overflow
from seqgen.universe import Universe
from seqgen.universes import universe


def universe_options(parser: argparse.ArgumentParser, default: str = "default") -> None:
    """Add the options that name a universe."""
    group = parser.add_argument_group("universe")
    group.add_argument(
        "--universe",
        default=default,
        metavar="NAME",
        help=f"default, broad, phase1, phase2, phase3, or your own as module:name (default: {default})",
    )
    group.add_argument("--length", type=positive, default=9, metavar="N", help="terms in a full row (default: 9)")
    group.add_argument("--low", type=integer, default=0, metavar="N", help="smallest term (default: 0)")
    group.add_argument("--high", type=integer, default=255, metavar="N", help="largest term (default: 255)")
    group.add_argument(
        "--overflow",
        choices=get_args(Overflow),
        default="truncate",
        help="what a term outside the range does (default: truncate)",
    )
    group.add_argument(
        "--split",
        metavar="SIDE:SHARE",
        help="only the rows held out by hash, or all but those: held:0.1, kept:0.1 (default: all)",
    )


def stream_options(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Add the options that name a stretch of a stream."""
    group = parser.add_argument_group("stream")
    group.add_argument("--rows", type=positive, default=10, metavar="N", help="how many rows (default: 10)")
    group.add_argument("--start", type=integer, default=0, metavar="I", help="index of the first row (default: 0)")
    group.add_argument("--seed", type=integer, default=0, metavar="N", help="seed of the stream (default: 0)")
    group.add_argument(
        "--shortest", type=positive, metavar="N", help="cut each row after N to LENGTH terms (default: none is cut)"
    )
    group.add_argument(
        "--purpose", default=purpose, metavar="NAME", help=f"purpose of the stream, such as train (default: {purpose})"
    )


def chosen_universe(arguments: argparse.Namespace) -> Universe:
    """Return the universe that the options name. A user's own module may lie in the current folder."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    whole = universe(
        arguments.universe,
        length=arguments.length,
        low=arguments.low,
        high=arguments.high,
        overflow=arguments.overflow,
    )
    if arguments.split is None:
        return whole
    side, _, share = arguments.split.partition(":")
    if side not in ("kept", "held"):
        raise ValueError(f"--split {arguments.split}: give kept:SHARE or held:SHARE, such as held:0.1")
    kept, held = split(whole, share)
    return kept if side == "kept" else held
