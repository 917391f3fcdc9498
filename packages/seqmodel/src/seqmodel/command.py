"""How the commands built on seqmodel speak: bad input becomes one line, no ending shows a traceback."""

import argparse
import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NoReturn

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130
BROKEN_PIPE = 141


class Parser(argparse.ArgumentParser):
    """An argument parser that takes options by their whole names and reports a wrong one in one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Read arguments; one that is unknown is wrong here, where the options that it may mean are known."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            near = get_close_matches(unknown[0].partition("=")[0], self._option_string_actions, n=1, cutoff=0.7)
            hint = f"did you mean {near[0]}?" if near else f"'{self.prog} --help' lists those there are"
            self.error(f"unrecognized arguments: {' '.join(unknown)}; {hint}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and leave."""
        if message.startswith("the following arguments are required"):
            message = f"{message}; '{self.prog} --help' says what they are"
        self.exit(BAD_INPUT, f"{self.prog.split()[0]}: error: {message}\n")


def execute(prog: str, action: Callable[[], int | None], *, kept: str = "nothing was changed") -> int:
    """Run a command's action and return its exit status, that of the action where it succeeds.

    ValueError is bad input (2), OSError a failure of the machine (1). After Ctrl-C it says what was `kept`.
    """
    try:
        status = action()
        sys.stdout.flush()
    except BrokenPipeError:
        _flush_or_discard()
        return BROKEN_PIPE
    except OSError as error:
        _flush_or_discard()
        where = f"{error.filename}: " if error.filename else ""
        return _report(prog, f"error: {where}{error.strerror or error}", FAILED)
    except ValueError as error:
        return _report(prog, f"error: {error}", BAD_INPUT)
    except (MemoryError, RuntimeError) as error:
        # torch reports memory that it cannot have as a RuntimeError of many lines.
        reason, _, _ = str(error).partition("\n")
        return _report(prog, f"error: {type(error).__name__}: {reason}", FAILED)
    except KeyboardInterrupt:
        return _report(prog, f"interrupted; {kept}", INTERRUPTED)
    return status or 0


def positive(text: str) -> int:
    """Read a positive integer option, or say what was given instead."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 1, got {text!r}")
    return int(text)


def natural(text: str) -> int:
    """Read a natural number option, 0 included, or say what was given instead."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected an integer of at least 0, got {text!r}")
    return int(text)


def _report(prog: str, message: str, status: int) -> int:
    print(f"{prog}: {message}", file=sys.stderr)
    return status


def _flush_or_discard() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        # What is still buffered cannot be written, and the interpreter would try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
