"""How a command speaks: bad input becomes one line, whatever happens ends without a traceback."""

import argparse
import os
import sys
import traceback
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
        self.exit(BAD_INPUT, f"{self.prog}: error: {message}\n")


def execute(prog: str, action: Callable[[], None]) -> int:
    """Run a command's action and return its exit status.

    ValueError, TypeError, LookupError and ImportError are bad input (2), OSError is a failure of the machine (1).
    """
    try:
        action()
        sys.stdout.flush()
    except BrokenPipeError:
        _flush_or_discard()
        return BROKEN_PIPE
    except OSError as error:
        _flush_or_discard()
        where = f"{error.filename}: " if error.filename else ""
        return _report(prog, f"error: {where}{error.strerror or error}", FAILED)
    except MemoryError as error:
        return _report(prog, f"error: not enough memory: {error}", FAILED)
    except (ValueError, TypeError, LookupError, ImportError) as error:
        message = error.args[0] if isinstance(error, KeyError) else error
        return _report(prog, f"error: {message}", BAD_INPUT)
    except KeyboardInterrupt as interrupt:
        return _report(prog, f"interrupted{f'; {interrupt}' if str(interrupt) else ''}", INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (a command shows no traceback, not for a user's own family either)
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}, line {place.lineno}"
        return _report(prog, f"error: {type(error).__name__}: {error} ({where})", FAILED)
    return 0


def integer(text: str) -> int:
    """Read an integer option, or say what was given instead."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected an integer, got {text!r}") from None


def terms(text: str) -> list[int]:
    """Read one term or several, apart by commas or blanks as people write them, or say what was given instead.

    >>> terms("8"), terms("1, 1,2 3")
    ([8], [1, 1, 2, 3])
    """
    words = text.replace(",", " ").split()
    if not words:
        raise argparse.ArgumentTypeError(f"expected integers, got {text!r}")
    return [integer(word) for word in words]


def positive(text: str) -> int:
    """Read a positive integer option, or say what was given instead."""
    number = integer(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 1, got {text!r}")
    return number


def probability(text: str) -> float:
    """Read an option from 0 to 1, or say what was given instead."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"expected a probability from 0 to 1, got {text!r}")
    return number


def _report(prog: str, message: str, status: int) -> int:
    print(f"{prog}: {message}", file=sys.stderr)
    return status


def _flush_or_discard() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        # What is still buffered cannot be written, and the interpreter would try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
