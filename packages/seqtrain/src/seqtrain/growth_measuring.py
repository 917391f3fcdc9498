"""Measuring each size of a growth once, in a process of its own, and keeping what was measured."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn, Protocol, TextIO

from tqdm import tqdm

from seqmodel import write_atomically
from seqtrain import growth_point
from seqtrain.growth_figures import Point, digest, tried
from seqtrain.growth_point import Measured
from seqtrain.progress import has_room
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_to_dict
from seqtrain.shown import size as shown_size


class Kept:
    """What was measured before, in a file, by digest of what it depends on.

    Args:
        path: The file; there need be none yet.

    Raises:
        ValueError: It is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, Any]] = {}
        if path.exists():
            try:
                self._known = json.loads(path.read_text(encoding="utf-8"))
                for values in self._known.values():
                    Measured(**values)
            except (ValueError, TypeError, AttributeError):
                raise ValueError(f"{path} holds no measurements; remove it, or give --fresh") from None

    def get(self, name: str) -> Measured | None:
        """Return what was measured under a digest."""
        return Measured(**self._known[name]) if name in self._known else None

    def put(self, name: str, measured: Measured) -> None:
        """Keep it, in the file too.

        Raises:
            OSError: The file cannot be written.
        """
        self._known[name] = asdict(measured)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, json.dumps(self._known, indent=1).encode())


class Watch(Protocol):
    """Told of every size when it is begun, and when it is known."""

    def begun(self, point: Point) -> None:
        """Hear of a size that is to be measured."""

    def known(self, point: Point) -> None:
        """Hear what came of it."""


def measured_point(
    point: Point, *, steps: int, most: int, machine: Mapping[str, Any], kept: Kept, watch: Watch
) -> Point:
    """Return a point with what was measured now or before, or with why it was not.

    Args:
        point: A size and its estimate.
        steps: How many are timed.
        most: What is estimated to take more bytes than these is not tried.
        machine: What measurements depend on besides.
        kept: What was measured before.
        watch: Told.
    """
    watch.begun(point)
    recipe = tried(point.size)
    takes = point.estimate.whole if recipe.validation.ceiling else point.estimate.training
    name = digest(recipe, steps, machine)
    measured, why = kept.get(name), ""
    if measured is None and takes > most:
        why = f"it would take {shown_size(takes)}, more than --most {shown_size(most)}"
    elif measured is None:
        try:
            measured = measured_apart(recipe, steps)
            kept.put(name, measured)
        except ValueError as error:
            why = str(error)
    found = replace(point, measured=measured, why=why)
    watch.known(found)
    return found


def measured_apart(recipe: Recipe, steps: int) -> Measured:
    """Measure a recipe in a fresh process.

    Raises:
        ValueError: That fails, or is ended; the message says why.
    """
    asked = json.dumps({"recipe": recipe_to_dict(recipe), "steps": steps})
    command = [sys.executable, "-m", growth_point.__name__]
    done = subprocess.run(command, input=asked, check=False, capture_output=True, text=True)  # noqa: S603 (our own)
    if done.returncode < 0:
        raise ValueError(f"its process was ended by signal {-done.returncode}, as where memory is short")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ValueError(f"its process failed: {last}")
    return Measured(**json.loads(done.stdout))


@contextmanager
def growth_progress(points: int, stream: TextIO) -> Iterator[Watch]:
    """Show how many of the points are done: a bar in a terminal, a line for each elsewhere."""
    if not has_room(stream):
        yield _Lines(points, stream)
        return
    layout = "{n}/{total} sizes |{bar}| {elapsed}, {remaining} left{postfix}"
    with tqdm(total=points, file=stream, dynamic_ncols=True, leave=False, bar_format=layout) as bar:
        yield _Bar(bar)


class _Bar:
    def __init__(self, bar: "tqdm[NoReturn]") -> None:
        self._bar = bar

    def begun(self, point: Point) -> None:
        self._bar.set_postfix_str(f", {point.size.name}")

    def known(self, point: Point) -> None:
        self._bar.write(_line(point), file=self._bar.fp)
        self._bar.update()


class _Lines:
    def __init__(self, points: int, stream: TextIO) -> None:
        self._points, self._stream, self._done = points, stream, 0

    def begun(self, point: Point) -> None:
        pass

    def known(self, point: Point) -> None:
        self._done += 1
        self._stream.write(f"{self._done}/{self._points} {_line(point)}\n")
        self._stream.flush()


def _line(point: Point) -> str:
    head = f"{point.size.name} ({point.estimate.count:,}):"
    if point.measured is None:
        return f"{head} not measured, {point.why}"
    took = point.measured
    memory = took.training if took.whole is None else took.whole
    return f"{head} {1000 * took.clock:,.1f} ms a step, {shown_size(memory)}"
