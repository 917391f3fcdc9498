"""`seqtrain growth`: what a recipe takes, in time and memory, while one thing in it doubles after the other."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import seqtrain
from seqmodel import write_atomically
from seqmodel.benchmark_machine import describe_machine
from seqmodel.memory_budget import byte_count
from seqtrain._checks import fail
from seqtrain.growth_axes import AXES, AxisName, lacking, series
from seqtrain.growth_figures import Point, estimate_of, remembering, slopes
from seqtrain.growth_measuring import Kept, growth_progress, measured_point
from seqtrain.growth_page import PAGE, growth_page
from seqtrain.growth_pictures import growth_pictures
from seqtrain.growth_point import say_what_is_lacking
from seqtrain.growth_result import Growth
from seqtrain.growth_universes import universe_name
from seqtrain.growth_verdicts import verdict_of
from seqtrain.page import write_page
from seqtrain.pictures import house_style
from seqtrain.recipe import CurriculumRecipe, Recipe, StageRecipe
from seqtrain.recipe_file import load_recipe, recipe_with

FIGURES = "growth.json"
KEPT = "measured.json"
QUICK = {"doublings": 2, "steps": 4}
USUAL = {"doublings": 4, "steps": 12}


def growth(options: argparse.Namespace) -> int:
    """Measure what is not known yet, write page, pictures and figures, and return the command's exit status.

    Raises:
        ValueError: The recipe is none, or an option is impossible.
    """
    say_what_is_lacking()
    recipe = _recipe(options)
    chosen = _axes(options.axes)
    budget = options.memory or recipe.budget.memory or "8GB"
    limit, most = byte_count(budget), byte_count(options.most)
    scale = (QUICK if options.quick else USUAL) | {
        name: value for name in USUAL if (value := getattr(options, name)) is not None
    }
    skipped = {axis: why for axis, why in lacking(recipe).items() if axis in chosen}
    chosen = [axis for axis in chosen if axis not in skipped]
    out, universes = Path(options.out), remembering()
    if options.fresh:
        (out / KEPT).unlink(missing_ok=True)
    machine = describe_machine(recipe.run.threads, ["numpy"]) | {"seqtrain": seqtrain.__version__}
    sizes = [size for axis in chosen for size in series(recipe, axis, scale["doublings"])]
    sizes.sort(key=lambda size: size.doublings)  # a busy neighbour slows some of every axis
    kept = Kept(out / KEPT)
    points = []
    with growth_progress(len(sizes), sys.stderr) as watch:
        for size in sizes:
            point = Point(size=size, estimate=estimate_of(size, universes))
            measure = {"steps": scale["steps"], "most": most, "machine": machine}
            points.append(measured_point(point, **measure, kept=kept, watch=watch))
    by_axis = {axis: [point for point in points if point.size.axis == axis] for axis in chosen}
    found = Growth(
        command=command_of(options),
        machine=machine,
        steps=scale["steps"],
        budget=budget,
        points=by_axis,
        slopes={axis: slopes(of_axis) for axis, of_axis in by_axis.items()},
        verdicts=[verdict_of(recipe, axis, of_axis[-1].size, limit, universes) for axis, of_axis in by_axis.items()],
        skipped=skipped,
    )
    with house_style():
        pictures = growth_pictures(found)
    page = write_page(out, PAGE, growth_page(found, pictures), pictures)
    figures = json.dumps(found.to_dict(), indent=1)
    write_atomically(out / FIGURES, f"{figures}\n".encode())
    print(figures if options.json else page.read_text(encoding="utf-8"))
    return 0


def _recipe(options: argparse.Namespace) -> Recipe:
    overrides = [*options.overrides, *([f"run.threads={options.threads}"] if options.threads else [])]
    if options.recipe is None:
        recipe = recipe_with({}, overrides)
    else:
        try:
            recipe = load_recipe(options.recipe, overrides)
        except OSError as error:
            raise ValueError(f"cannot read recipe {options.recipe!r}: {error.strerror}") from error
    if not recipe.run.threads:  # else small sizes would have one thread and large ones many
        recipe = replace(recipe, run=replace(recipe.run, threads=1))
    if options.quick and not (recipe.data.train or recipe.questions.digits):
        stage = StageRecipe(shares={universe_name(0): 1.0})
        return replace(recipe, curriculum=CurriculumRecipe(stages=(stage,)))
    return recipe


def _axes(text: str | None) -> Sequence[AxisName]:
    if text is None:
        return AXES
    names = text.split(",")
    for name in names:
        if name not in AXES:
            fail("--axes", name, f"of {', '.join(AXES)}, with commas between them")
    return [axis for axis in AXES if axis in names]


def command_of(options: argparse.Namespace) -> str:
    """Return the command that makes the same figures again."""
    words: list[Any] = ["seqtrain", "growth", *([options.recipe] if options.recipe else [])]
    words += [word for override in options.overrides for word in ("--set", override)]
    for name in ("axes", "doublings", "steps", "threads", "memory"):
        value = getattr(options, name)
        words += [f"--{name}", value] if value is not None else []
    words += ["--quick"] if options.quick else []
    return shlex.join(map(str, words))
