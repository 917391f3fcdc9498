"""Options that several commands share; nothing heavy is imported to know them."""

import argparse
from typing import get_args

from seqmodel.command import positive
from seqserve.loading import EngineName


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add `--model`."""
    parser.add_argument(
        "--model",
        default="default",
        metavar="MODEL",
        help="a checkpoint, a folder with one, or the name of a packaged model (default: default)",
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add `--engine` and `--threads`."""
    parser.add_argument(
        "--engine",
        choices=get_args(EngineName),
        default="auto",
        help="what computes: compiled code for processors, torch, or the first that can run the model (default: auto)",
    )
    add_threads(parser)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add `--threads`."""
    parser.add_argument(
        "--threads",
        type=positive,
        default=1,
        metavar="N",
        help="processor threads (default: 1; more pay for many sequences)",
    )
