"""The command `seqmodel`: its options, and what becomes of an error.

Nothing heavy is imported here, so that `--help` answers at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import seqmodel

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `argv` defaults to the process's arguments."""
    arguments = _parser().parse_args(argv)
    try:
        from seqmodel.info_command import run

        run(arguments.file, as_json=arguments.json)
        sys.stdout.flush()
    except ValueError as error:
        return _report(f"error: {error}", BAD_INPUT)
    except BrokenPipeError:
        _drop_output()
        return BROKEN_PIPE
    except OSError as error:
        _drop_output()
        return _report(f"error: {error}", FAILED)
    except KeyboardInterrupt:
        return _report("interrupted; nothing was changed", INTERRUPTED)
    return 0


class _Parser(argparse.ArgumentParser):
    """Report a wrong option in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(_report(f"error: {message}", BAD_INPUT))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="seqmodel", description=seqmodel.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"seqmodel {seqmodel.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    info = commands.add_parser(
        "info",
        help="describe a checkpoint",
        description="Check a checkpoint and print its configuration, vocabulary and provenance.",
        allow_abbrev=False,
    )
    info.add_argument("file", metavar="FILE", help="a checkpoint (.safetensors)")
    info.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _report(message: str, status: int) -> int:
    print(f"seqmodel: {message}", file=sys.stderr)
    return status


def _drop_output() -> None:
    # What is still buffered cannot be written, and the interpreter would try again at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
