"""The folder of a run: what lies where, and what may be done with it."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqmodel import write_atomically
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_to_toml


class RunFolder:
    """Name the files of a run.

    Attributes:
        model: The best weights, as a seqmodel checkpoint.
        state: Everything needed to go on.
        recipe: The whole recipe, every field written out.
        result: What came of it, as JSON; there once the run has ended.
        tensorboard: The logs.
        report: The page about the run, and its pictures, once they were asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = path / "model.safetensors"
        self.state = path / "state.safetensors"
        self.recipe = path / "recipe.toml"
        self.result = path / "result.json"
        self.tensorboard = path / "tensorboard"
        self.report = path / "report"

    def prepare(self) -> None:
        """Make the folder and prove that it can be written.

        Raises:
            OSError: It cannot.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.path) as probe:
            probe.write(b"x")

    def clear(self) -> None:
        """Remove an earlier run's files, and nothing else."""
        for file in (self.model, self.state, self.recipe, self.result):
            file.unlink(missing_ok=True)
        for folder in (self.tensorboard, self.report):
            if folder.exists():
                shutil.rmtree(folder)

    @contextmanager
    def named_in_errors(self) -> Iterator[None]:
        """Add to an OSError of the block what is wrong where, and that earlier saves are whole."""
        try:
            yield
        except OSError as error:
            reason = f"{error.strerror or error}; what was saved before is whole"
            raise OSError(error.errno, reason, error.filename or str(self.path)) from error

    def write_recipe(self, recipe: Recipe) -> None:
        """Write the recipe."""
        write_atomically(self.recipe, recipe_to_toml(recipe).encode())

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write what came of the run."""
        write_atomically(self.result, (json.dumps(result, indent=2) + "\n").encode())
