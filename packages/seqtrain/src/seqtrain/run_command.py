"""`seqtrain run`: train by a recipe file, show progress, print what came of it."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seqmodel.command import FAILED, INTERRUPTED
from seqtrain.console_log import log_shown
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import load_recipe

if TYPE_CHECKING:
    from seqtrain.result import Result


def run(options: argparse.Namespace) -> int:
    """Train as the options say and return the command's exit status."""
    out = Path(options.out) if options.out else Path("runs") / Path(options.recipe).stem
    return train(chosen_recipe(options), out, fresh=options.fresh)


def train(recipe: Recipe, out: Path, *, fresh: bool = False) -> int:
    """Train, or go on, with progress for a person, and return the command's exit status."""
    from seqtrain.parallel import launched_rank
    from seqtrain.progress import make_progress
    from seqtrain.trainer import Trainer

    trainer = Trainer(recipe, out, fresh=fresh)
    if launched_rank():  # the first process speaks for all
        trainer.run()
        return 0
    try:
        with log_shown():
            result = trainer.run([make_progress(recipe, sys.stderr)])
    except KeyboardInterrupt:
        model = trainer.folder.model
        kept = f"the best weights saved are in {model}" if model.exists() else "nothing was saved yet"
        _say(f"interrupted; {kept}; the same command goes on from there")
        return INTERRUPTED
    return _conclude(result, recipe)


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """Return the recipe that the options name, with what they change in it."""
    overrides = list(options.overrides)
    if options.memory:
        overrides.append(f'budget.memory="{options.memory}"')
    if options.threads:
        overrides.append(f"run.threads={options.threads}")
    try:
        return load_recipe(options.recipe, overrides)
    except OSError as error:
        raise ValueError(f"cannot read recipe {options.recipe!r}: {error.strerror}") from error


def _conclude(result: "Result", recipe: Recipe) -> int:
    from seqtrain.ending import way_on_after
    from seqtrain.report import scores_report

    loss = "loss" if recipe.model.head == "regression" else "log-loss"
    kept = (
        f"{recipe.stopping.restore} weights (step {result.best_step}, validation {loss} {result.best_loss:.4f}) "
        f"are in {result.out / 'model.safetensors'}"
    )
    if result.reason == "interrupted":
        _say(f"interrupted at step {result.step}; the {kept}; the same command goes on from here")
        return INTERRUPTED
    if result.scores is not None:
        print(scores_report(result.scores))
    late = result.reason == "time budget"
    of = f" of {recipe.budget.total_steps}" if late else ""
    on = f"; with {way_on_after(result.reason, recipe)} the same command goes on" if late else ""
    _say(
        f"{result.reason} after {result.step}{of} steps in {result.seconds:.0f} s "
        f"({result.step / result.seconds:.1f} steps/s); the {kept}{on}"
    )
    return FAILED if result.reason == "not a number" else 0


def _say(line: str) -> None:
    print(f"seqtrain: {line}", file=sys.stderr)
