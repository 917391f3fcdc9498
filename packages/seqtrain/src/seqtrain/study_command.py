"""`seqtrain study`: train all recipes of a folder, or all options of a study of decisions, and compare them."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

from seqmodel import write_atomically
from seqmodel.command import INTERRUPTED
from seqtrain.compare_command import compare
from seqtrain.page import write_page
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import load_recipe
from seqtrain.run_command import train
from seqtrain.run_folder import RunFolder
from seqtrain.study_file import StudyRun, load_study, study_runs

PAGE = "README.md"


class _Job(NamedTuple):
    """A run that the study needs: its name, what is trained, and in which folder."""

    name: str
    recipe: Recipe
    out: Path


def study(options: argparse.Namespace) -> int:
    """Train what is not trained yet, write the page about all, and return the command's exit status.

    Raises:
        OSError: The study or one of its recipes cannot be read.
        ValueError: The folder holds fewer than two recipes, or one that is none, or the file is no study.
    """
    path = Path(options.folder)
    if not path.exists():
        raise ValueError(f"there is no {options.folder}: give a folder of recipes, or the file of a study")
    out = Path(options.out) if options.out else Path("runs") / path.resolve().stem
    return _decisions(path, out, options) if path.is_file() else _folder(path, out, options)


def _folder(folder: Path, out: Path, options: argparse.Namespace) -> int:
    files = sorted(folder.glob("*.toml"))
    if len(files) < 2:
        raise ValueError(f"{options.folder} holds {len(files)} files *.toml: a study takes two recipes or more")
    # All are read before the first is trained.
    jobs = [_Job(file.stem, load_recipe(file, _overrides(options)), out / file.stem) for file in files]
    if not _train(jobs):
        return INTERRUPTED
    runs, comparison = [str(job.out) for job in jobs], out / "comparison"
    return compare(argparse.Namespace(runs=runs, out=str(comparison), rows=options.rows, json=options.json))


def _decisions(file: Path, out: Path, options: argparse.Namespace) -> int:
    from seqtrain.pictures import house_style
    from seqtrain.study_figures import read_figures
    from seqtrain.study_page import study_page
    from seqtrain.study_pictures import study_pictures

    if options.rows is not None:
        right = "leave it out: the recipes of a study say it, as validation.final_rows"
        raise ValueError(f"--rows {options.rows}: {right}")
    described = load_study(file)
    runs: list[StudyRun] = list(study_runs(described, file.parent, _overrides(options)))
    if not _train([_Job(run.name, run.recipe, out / run.name) for run in runs]):
        return INTERRUPTED
    figures = [read_figures(run, out / run.name) for run in runs]
    with house_style():
        pictures = study_pictures(described, figures)
    numbers = json.dumps([each.to_dict() for each in figures], indent=1)
    page = out / "study"
    text = write_page(page, PAGE, study_page(described, figures), pictures)
    write_atomically(page / "study.json", numbers.encode())
    print(numbers if options.json else text)
    return 0


def _overrides(options: argparse.Namespace) -> tuple[str, ...]:
    return (*options.overrides, *([f"run.threads={options.threads}"] if options.threads else []))


def _train(jobs: Sequence[_Job]) -> bool:
    """Train what is not trained yet; return whether all of it is."""
    for number, job in enumerate(jobs, 1):
        if _is_finished(job):
            continue
        print(f"seqtrain: run {number} of {len(jobs)}, {job.name}", file=sys.stderr)
        # What each run prints is progress here; the command's own output is the comparison.
        with redirect_stdout(sys.stderr):
            status = train(job.recipe, job.out)
        if status == INTERRUPTED:
            return False
    return True


def _is_finished(job: _Job) -> bool:
    """Tell whether the folder holds that recipe's finished run."""
    folder = RunFolder(job.out)
    return folder.result.exists() and folder.recipe.exists() and load_recipe(folder.recipe) == job.recipe
