"""`seqtrain study`: train every recipe of a folder, then lay the runs side by side."""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path

from seqmodel.command import INTERRUPTED
from seqtrain.compare_command import compare
from seqtrain.recipe_file import load_recipe
from seqtrain.run_command import run
from seqtrain.run_folder import RunFolder


def study(options: argparse.Namespace) -> int:
    """Train what is not trained yet, write the page about all, and return the command's exit status.

    Raises:
        ValueError: The folder holds fewer than two recipes, or one that is none.
    """
    folder = Path(options.folder)
    files = sorted(folder.glob("*.toml"))
    if len(files) < 2:
        raise ValueError(f"{options.folder} holds {len(files)} files *.toml: a study takes two recipes or more")
    for file in files:
        load_recipe(file, options.overrides)  # all are read before the first is trained
    out = Path(options.out) if options.out else Path("runs") / folder.resolve().name
    runs = [str(out / file.stem) for file in files]
    for number, (file, folder_of_run) in enumerate(zip(files, runs, strict=True), 1):
        if _is_finished(file, Path(folder_of_run), options):
            continue
        print(f"seqtrain: run {number} of {len(files)}, {file.stem}", file=sys.stderr)
        # What each run prints is progress here; the command's own output is the comparison.
        with redirect_stdout(sys.stderr):
            status = run(
                argparse.Namespace(
                    recipe=str(file),
                    out=folder_of_run,
                    memory=None,
                    overrides=options.overrides,
                    threads=options.threads,
                    fresh=False,
                )
            )
        if status == INTERRUPTED:
            return status
    comparison = out / "comparison"
    return compare(argparse.Namespace(runs=runs, out=str(comparison), rows=options.rows, json=options.json))


def _is_finished(file: Path, folder_of_run: Path, options: argparse.Namespace) -> bool:
    """Tell whether the folder holds that recipe's finished run."""
    folder = RunFolder(folder_of_run)
    if not (folder.result.exists() and folder.recipe.exists()):
        return False
    overrides = [*options.overrides, *([f"run.threads={options.threads}"] if options.threads else [])]
    return load_recipe(folder.recipe) == load_recipe(file, overrides)
