"""Sequences that people collected, computed by the package `oeissequences`; nothing of it is copied here.

Source: the On-Line Encyclopedia of Integer Sequences, https://oeis.org, whose numbers name the package's functions.
Thousands of strangers' functions fail, print, or run for ever, each in its own way: they run in a process of their own,
which makes a new one for every sequence. That needs `fork`, which Windows lacks.
"""

import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import count, islice
from types import FrameType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen import words

STEPS = 20_000
"""Lines of Python that the terms of one sequence may take: a bound that is the same on every machine."""

SECONDS = 5
"""Processor time that they may take, for those that run no lines: long enough to matter for no others."""

_FUNCTION = re.compile(r"A\d{6}")


def oeis_rows(
    length: int, *, rows: int, seed: int, low: int, high: int, module: str = "oeis_sequences.OEISsequences"
) -> tuple[NDArray[np.int64], str]:
    """Return the first terms of sequences that stay in a range, in an order that the seed gives; no two rows are equal.

    A sequence is taken from its generator, or, where there is none, from its function at 1, 2, ... One that takes too
    long, fails or names other things than integers is left out.

    Args:
        length: Terms of a row.
        rows: How many, if there are so many.
        seed: Shuffles the sequences.
        low: Least term.
        high: Largest term.
        module: Where the functions are.

    Returns:
        Terms, int64 (rows, length), and the package with its version.

    Raises:
        ValueError: The package is not installed, or its process fails.
    """
    try:
        made_by = f"oeissequences {version('oeissequences')}"
    except PackageNotFoundError:
        how = "pip install 'seqtrain[benchmark]'"
        raise ValueError(f"sets: oeis-{length} needs the package oeissequences; install it: {how}") from None
    command = [sys.executable, "-m", __name__, module, *map(str, (length, rows, seed, low, high))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 (this module)
    if done.returncode:
        raise ValueError(f"sets: oeis-{length} could not be computed: {done.stderr.strip().splitlines()[-1:]}")
    return np.array(json.loads(done.stdout), np.int64).reshape(-1, length), made_by


def collect(module: ModuleType, length: int, rows: int, seed: int, low: int, high: int) -> list[tuple[int, ...]]:
    """Return the rows, each computed in a process of its own."""
    sequences = sequences_of(module)
    found: dict[tuple[int, ...], None] = {}
    for place in np.argsort(words("benchmark-oeis", seed, 0, len(sequences)), kind="stable").tolist():
        if len(found) == rows:
            break
        terms = apart(sequences[place], length)
        if terms is not None and all(low <= term <= high for term in terms):
            found[terms] = None
    return [*found]


def sequences_of(module: ModuleType) -> list[Callable[[], Iterable[Any]]]:
    """Return what makes each sequence's terms, in the order of their numbers."""
    numbers = sorted({name[:7] for name in vars(module) if _FUNCTION.fullmatch(name.removesuffix("_gen"))})
    return [getattr(module, f"{name}_gen", None) or _along(getattr(module, name)) for name in numbers]


def apart(sequence: Callable[[], Iterable[Any]], length: int) -> tuple[int, ...] | None:
    """Return `first_terms` of a sequence, found by a process that ends after `SECONDS` whatever it does."""
    import resource  # which Windows lacks, too

    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            terms = first_terms(sequence, length)
            if terms is not None and len(text := json.dumps(terms).encode()) <= 4096:
                os.write(writing, text)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return tuple(json.loads(text)) if text else None


def first_terms(sequence: Callable[[], Iterable[Any]], length: int, *, steps: int = STEPS) -> tuple[int, ...] | None:
    """Return the first terms, or None of a sequence that does not give so many integers within so many lines."""
    left = steps

    def count_line(_frame: FrameType, event: str, _value: object) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise _TooLong
        return count_line

    before = sys.gettrace()
    sys.settrace(count_line)
    try:
        terms = list(islice(sequence(), length))
        whole = tuple(int(term) for term in terms)
    except (Exception, _TooLong):  # noqa: BLE001 (each may fail in its own way)
        return None
    finally:
        sys.settrace(before)
    right = len(whole) == length and all(term == exact for term, exact in zip(terms, whole, strict=True))
    return whole if right else None


def _along(function: Callable[[int], Any]) -> Callable[[], Iterator[Any]]:
    return lambda: map(function, count(1))


class _TooLong(BaseException):
    """Not an Exception: a sequence that catches those must not catch it."""


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    name, *numbers = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a sequence prints is no row
    with answers:
        json.dump(collect(import_module(name), *map(int, numbers)), answers)
