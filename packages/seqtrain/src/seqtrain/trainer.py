"""A run from its first step, or from where it was left, to its checkpoint and figures."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch

from seqmodel import IntegerVocabulary, save_checkpoint
from seqtrain._checks import fail
from seqtrain.asked_rows import groups_of
from seqtrain.baselines import rule_baselines
from seqtrain.callbacks import Callbacks
from seqtrain.device import device_of, gpus, lies_apart, name_of
from seqtrain.evaluation import evaluate
from seqtrain.freed_memory import keeping_freed_memory
from seqtrain.ideal import possible_validation
from seqtrain.interrupt import InterruptFlag
from seqtrain.loop import TrainingLoop
from seqtrain.metrics import Evaluation, Metrics
from seqtrain.mixture import vocabulary_of
from seqtrain.parallel import Processes, joined
from seqtrain.possible import Possible
from seqtrain.predictions import Predictor
from seqtrain.protocols import BatchSource, Callback, fingerprints
from seqtrain.provenance import provenance
from seqtrain.recipe import Recipe
from seqtrain.result import Result, summary
from seqtrain.resuming import agreed, finished_for, own_folder, resumable_state
from seqtrain.run_folder import RunFolder
from seqtrain.run_memory import require_memory
from seqtrain.scores import score
from seqtrain.sources import Sources
from seqtrain.starting import begin_from
from seqtrain.state import RunState, save_state
from seqtrain.stopping import StopReason
from seqtrain.tensorboard_log import TensorBoardLog, figures_of
from seqtrain.threads import threads_for, using_threads
from seqtrain.training_loss_file import training_loss

_log = logging.getLogger("seqtrain")


class Trainer:
    """Train a model by a recipe and keep its best weights, or the last ones.

    Args:
        recipe: What to do.
        out: The run's folder; see `RunFolder`. Left out, it is the recipe's own one below `runs`. A run
            of the same recipe that it holds goes on where it was left.
        source: Training rows, if not those the recipe describes.
        validation: Rows to validate on, likewise.
        evaluation: Rows for the figures at the end, likewise.
        fresh: Remove a run that the folder holds, and start over.

    Raises:
        ValueError: The recipe asks for a GPU and there is none, or for what rows of one's own cannot give.
        TypeError: It is a file's name, say, and no recipe.
    """

    def __init__(
        self,
        recipe: Recipe,
        out: Path | str | None = None,
        *,
        source: BatchSource | None = None,
        validation: BatchSource | None = None,
        evaluation: BatchSource | None = None,
        fresh: bool = False,
    ) -> None:
        if not isinstance(recipe, Recipe):
            raise TypeError(f"recipe is {recipe!r}; it must be a Recipe, as load_recipe or recipe_from_dict makes it")
        if source is not None and recipe.data.short_terms:
            fail("data.short_terms", recipe.data.short_terms, "0 with a source of one's own")
        if source is not None and recipe.loss.labels == "posterior":
            fail("loss.labels", "posterior", "'drawn' with a source of one's own: its rules are not known")
        device_of(recipe)  # a GPU that is not there is refused before rows are made, which takes seconds
        self.recipe = recipe
        self.folder = RunFolder(own_folder(recipe) if out is None else Path(out))
        self.fresh = fresh
        given = {"training": source, "validation": validation, "evaluation": evaluation}
        self._own_rows = tuple(use for use, rows in given.items() if rows is not None)
        rows = Sources(recipe)
        self.source = source or rows.training
        self.validation = validation or rows.validation
        self.evaluation = evaluation or rows.evaluation
        self._rows = fingerprints(training=self.source, validation=self.validation)

    def run(self, callbacks: Sequence[Callback] = ()) -> Result:
        """Train, or go on, until there is a reason to stop; keep the weights that the recipe names whatever it is.

        The first Ctrl-C, or SIGTERM, ends training in order. A run that has ended is not trained again: its
        figures are measured anew. Under `torchrun` every process calls this; the first one alone tells its
        callbacks, writes, and returns scores.

        Raises:
            OSError: The folder cannot be written, or the disk is full; the last save is whole.
            ValueError: The recipe asks for a GPU and there is none; the run takes more than `budget.memory`; the folder
                holds a run of another recipe, and `fresh` was not asked for; or another process trains in it.
        """
        device = device_of(self.recipe)
        require_memory(self.recipe, own_rows="training" in self._own_rows, apart=lies_apart(self.recipe))
        with joined() as processes, self._held(processes), torch.random.fork_rng(devices=gpus(device)):
            state = agreed(self._saved(), self.folder, processes)
            torch.manual_seed(processes.seed(self.recipe.run.seed))
            observers = [*callbacks, self._tensorboard()] if processes.first else []
            result = self._run(state, observers, processes)
            processes.wait()
            return result

    def _saved(self) -> RunState | None:
        return None if self.fresh else resumable_state(self.folder, self.recipe, self._rows)

    @contextmanager
    def _held(self, processes: Processes) -> Iterator[None]:
        if processes.count > self.recipe.data.batch:
            fail("data.batch", self.recipe.data.batch, f"at least {processes.count}, the number of processes")
        with self.folder.prepared() if processes.first else nullcontext(), self.folder.named_in_errors():
            yield

    def _tensorboard(self) -> Callback:
        vocabulary, rows = vocabulary_of(self.recipe), self.recipe.validation.rows

        def overall(rule: Predictor) -> Metrics:
            return evaluate(rule, self.validation, rows=rows, terms=vocabulary.size).overall

        return TensorBoardLog(
            self.folder.tensorboard,
            phases=tuple(dict.fromkeys(group.phase for group in groups_of(self.validation))),
            terms=vocabulary.size if isinstance(vocabulary, IntegerVocabulary) else None,
            figures=figures_of(self.recipe),
            context=self.recipe.model.context,
            beside={name: partial(overall, rule) for name, rule in rule_baselines(vocabulary).items()},
        )

    def _run(self, state: RunState | None, callbacks: Sequence[Callback], processes: Processes) -> Result:
        recipe, callback = self.recipe, Callbacks(callbacks)
        loop = TrainingLoop(recipe, self.source, self.validation, callback, processes)
        if state is None:
            loop.grown = begin_from(recipe, loop.model)
        if processes.first:
            # Nothing of an earlier run is removed before it is known that this one can begin.
            if state is None:
                self.folder.clear()
            self.folder.write_recipe(recipe)
        with using_threads(threads_for(recipe, loop.parameters, processes)), keeping_freed_memory():
            reason = finished_for(state, recipe)
            if reason is None:
                loop.stand_beside(self._possible_validation() if processes.first else None)
            if state is not None:
                loop.restore(state)
            return self._conclude(loop, reason or self._train(loop, callback))

    def _train(self, loop: TrainingLoop, callback: Callback) -> StopReason:
        def save_model() -> None:
            figure = "validation_loss" if self.recipe.model.head == "regression" else "validation_log_loss"
            self._save_model(loop, {figure: loop.kept.loss(loop.stopping)})

        def save(reason: StopReason | None = None) -> None:
            state = loop.capture(reason)
            if first:
                save_state(self.folder.state, state)
                save_model()

        first, together = loop.processes.first, loop.processes.count
        others = f", processes: {together}" if together > 1 else ""
        where = f"{name_of(loop.device)}, threads: {torch.get_num_threads()}{others}"
        with InterruptFlag(quiet=not first) as interrupt:
            _log.info("training %s weights on %s", f"{loop.parameters:,}", where)
            self._warn(loop)
            if first:
                self.folder.result.unlink(missing_ok=True)  # what an earlier budget came to
            try:
                callback.started(loop.step)
                reason = loop.train(save=save, interrupted=lambda: interrupt.raised)
                save(reason)
                if reason == "interrupted":
                    loop.keep_if_best()
                    if first:
                        save_model()
            finally:
                callback.close()
        return reason

    def _warn(self, loop: TrainingLoop) -> None:
        """Say what a recipe may not be meant to do."""
        recipe, steps = self.recipe, self.recipe.budget.total_steps
        if loop.settled_at >= steps:
            field = "epochs * epoch" if recipe.budget.epochs else "steps"
            _log.warning(
                "the curriculum reaches its final mixture at step %d, but budget.%s is %d",
                loop.settled_at,
                field,
                steps,
            )
        if recipe.loss.kind == "distance" and recipe.data.end:
            _log.warning(
                "END has no distance, so with loss.kind 'distance' it is never learned: data.end = false suits it"
            )

    def _conclude(self, loop: TrainingLoop, reason: StopReason) -> Result:
        """Measure the weights that are kept and write what came of the run, in the first process."""
        seconds, scores, first = loop.seconds, None, loop.processes.first
        if first and reason != "interrupted":
            rows = self.recipe.validation.final_rows
            # Rows of another source have no universe that is known here.
            possible = None if "evaluation" in self._own_rows else Possible.of(self.recipe)
            scores = score(loop.kept.model(), self.evaluation, rows=rows, possible=possible, loss=self.recipe.loss)
            self._save_model(loop, summary(scores.model))
        result = Result(
            out=self.folder.path,
            reason=reason,
            step=loop.step,
            seconds=seconds,
            best_step=loop.kept.step(loop.step, loop.stopping),
            best_loss=loop.kept.loss(loop.stopping),
            parameters=loop.parameters,
            threads=torch.get_num_threads(),
            scores=scores,
        )
        if first:
            if self.recipe.run.keep_losses:
                name, losses = self.folder.path.resolve().name, loop.losses.each(loop.step)
                self.folder.write_losses(training_loss(name, self.recipe, losses, loop.grown))
            self.folder.write_result(result.to_dict())
        return result

    def _possible_validation(self) -> Evaluation | None:
        """Return what the exact posterior reaches on the validation rows, if it is known; it itself is let go."""
        posterior = None if "validation" in self._own_rows else Possible.of(self.recipe).posterior
        return None if posterior is None else possible_validation(self.recipe, posterior)

    def _save_model(self, loop: TrainingLoop, figures: Mapping[str, Any]) -> None:
        step, own = loop.kept.step(loop.step, loop.stopping), self._own_rows
        origin = provenance(self.recipe, step=step, figures=figures, rows=self._rows, own_rows=own, grown=loop.grown)
        save_checkpoint(self.folder.model, loop.kept.model(), origin)
