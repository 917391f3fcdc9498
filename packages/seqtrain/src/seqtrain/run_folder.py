"""The folder of a run: what lies where, and what may be done with it."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqmodel import write_atomically
from seqmodel.files import remove_leftovers
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_to_toml


class RunFolder:
    """Name the files of a run.

    Attributes:
        model: The best weights, as a seqmodel checkpoint.
        state: Everything needed to go on.
        recipe: The whole recipe, every field written out.
        result: What came of it, as JSON; there once the run has ended.
        losses: The loss of every step, as JSON, if it was asked for; likewise.
        tensorboard: The logs.
        report: The page about the run, and its pictures, once they were asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = path / "model.safetensors"
        self.state = path / "state.safetensors"
        self.recipe = path / "recipe.toml"
        self.result = path / "result.json"
        self.losses = path / "training_loss.json"
        self.tensorboard = path / "tensorboard"
        self.report = path / "report"

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Make the folder, prove that it can be written, and keep it to this process during the block.

        What a process that was killed while it saved has left is removed.

        Raises:
            OSError: It cannot be written.
            ValueError: Another process is at work in it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.path) as probe:
            probe.write(b"x")
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            self._lock(descriptor)
            for file in self._files:
                remove_leftovers(file)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        """Lock the folder until the descriptor is closed, be it by the death of the process."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            right = "wait for its end, or choose another folder"
            raise ValueError(f"{self.path} is in use: another process trains in it; {right}") from None
        except OSError:
            pass  # some network file systems lock no folders

    @property
    def _files(self) -> tuple[Path, ...]:
        # In the order in which they are removed: a model without a state would be refused.
        return self.model, self.state, self.recipe, self.result, self.losses

    def clear(self) -> None:
        """Remove an earlier run's files, and nothing else."""
        for file in self._files:
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

    def write_losses(self, losses: Mapping[str, Any]) -> None:
        """Write the loss of every step."""
        write_atomically(self.losses, (json.dumps(losses) + "\n").encode())

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write what came of the run."""
        write_atomically(self.result, (json.dumps(result, indent=2) + "\n").encode())
