"""The training loop: next batch, loss, clip, step, validate, decide."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from seqmodel import Transformer
from seqtrain.cadence import validation_due
from seqtrain.curriculum import Curriculum
from seqtrain.device import device_of, gpu_random, restore_gpu_random
from seqtrain.drawing import TrainingBatch
from seqtrain.ending import reason_to_stop
from seqtrain.evaluation import evaluate
from seqtrain.kept_weights import KeptWeights
from seqtrain.metrics import Evaluation
from seqtrain.mixture import vocabulary_of
from seqtrain.model_predictor import model_predictor
from seqtrain.parallel import ALONE, Processes
from seqtrain.protocols import BatchSource, Callback, fingerprints
from seqtrain.provenance import arithmetic
from seqtrain.recipe import Recipe
from seqtrain.short_rows import step_batches
from seqtrain.state import RunState
from seqtrain.stopping import StoppingState, StopReason
from seqtrain.teacher import teacher_of
from seqtrain.training_losses import TrainingLosses
from seqtrain.training_scalars import batch_scalars
from seqtrain.training_step import TrainingStep, Update


class TrainingLoop:
    """Hold what training changes: weights, moments, step, best weights and time.

    Attributes:
        grown: Where a smaller model lies in this one, if it was grown from one; else empty.
        kept, losses: The weights that the run keeps; its steps' losses.

    Args:
        recipe: What to do.
        source: Training rows.
        validation: Rows of the final mixture.
        callback: Told of everything.
        processes: Those that train together; all of them must call the same methods in the same order.
    """

    def __init__(
        self,
        recipe: Recipe,
        source: BatchSource,
        validation: BatchSource,
        callback: Callback,
        processes: Processes = ALONE,
    ) -> None:
        self.recipe = recipe
        self.processes = processes
        self.device = device_of(recipe)
        self.model = Transformer(recipe.model, vocabulary_of(recipe), seed=recipe.run.seed).to(self.device)
        self.model.exact = False  # every batch has one shape: nothing is gained by padding
        self.step = 0
        self.stopping = StoppingState()
        self._source = source
        self._validation = validation
        self._callback = callback
        self._possible: Evaluation | None = None
        self._steps = TrainingStep(recipe, self.model, self.device, processes)
        self.losses = TrainingLosses(self.device, steps=recipe.budget.total_steps if recipe.run.keep_losses else 0)
        self.grown: Mapping[str, Any] = {}
        self.kept = KeptWeights(recipe.stopping, self.model)
        self.settled_at = Curriculum(recipe.curriculum).settled_at
        self._seconds_before = 0.0
        self._since = time.monotonic()
        self._logged = self._since, 0

    @property
    def parameters(self) -> int:
        """How many weights the model has."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def stand_beside(self, possible: Evaluation | None) -> None:
        """Take what the exact posterior reaches on the validation rows, if that is known; time begins to count now."""
        self._possible = possible
        self._since = time.monotonic()
        self._logged = self._since, self.step

    @property
    def seconds(self) -> float:
        """Time spent training, over all sessions."""
        return self._seconds_before + time.monotonic() - self._since

    def train(self, *, save: Callable[[], None], interrupted: Callable[[], bool]) -> StopReason:
        """Train until there is a reason to stop, and return it.

        Args:
            save: Called before the first step and every `run.save_every` steps.
            interrupted: Asked before each step whether to stop.
        """
        with self._steps.holding(self.grown):
            return self._train(save, interrupted)

    def _train(self, save: Callable[[], None], interrupted: Callable[[], bool]) -> StopReason:
        recipe, run = self.recipe, self.recipe.run
        if not self.kept.best:
            self._validate()
            save()
        teacher = teacher_of(recipe, self.device) if recipe.loss.labels == "posterior" else None
        batches = step_batches(recipe, self._source, self.step, teacher, self.processes, self.device)
        while (reason := self._reason_to_stop(interrupted())) is None:
            batch = next(batches)
            update = self._update(batch)
            self.step += 1
            if self.step % run.log_every == 0:
                self._log(batch, update)
            seconds, stopping = self.seconds, self.stopping
            if validation_due(recipe, step=self.step, seconds=seconds, stopping=stopping, processes=self.processes):
                self._validate()
            if self.step % run.save_every == 0:
                save()
        if reason in ("steps done", "time budget") and self.stopping.last_step != self.step:
            self._validate()
        return reason

    def _update(self, batch: TrainingBatch) -> Update:
        update = self._steps.take(self.step, batch)
        self.losses.add(self.step, update.loss)
        return update

    def _log(self, batch: TrainingBatch, update: Update) -> None:
        before, self._logged = self._logged, (time.monotonic(), self.step)
        scalars = {
            "loss": self.losses.mean(self.recipe.run.log_every),
            "learning_rate": update.learning_rate,
            "gradient_norm": update.gradient_norm.item(),
            "steps_per_second": (self.step - before[1]) / (self._logged[0] - before[0]),
        }
        seen = batch_scalars(self.model, update.outputs, batch, self._source, self.processes)
        self._callback.logged(self.step, scalars | seen)

    def keep_if_best(self) -> None:
        """Let the present weights be the best if they are, outside the recipe's validations.

        A state captured before knows nothing of it, so a run that goes on from there is not changed. Weights that were
        just validated are not measured again.
        """
        if self.stopping.last_step != self.step:
            self._observe(self._measure())

    def _validate(self) -> None:
        figures = self._measure()
        self._observe(figures)
        self.losses.last = self.stopping.last_loss
        if figures is not None:
            self._callback.validated(self.step, figures)

    def _measure(self) -> Evaluation | None:
        """Return the figures of the validation rows in the first process, and None in the others."""
        if not self.processes.first:
            return None
        self.model.eval()
        figures = evaluate(
            model_predictor(self.model, self.recipe.loss),
            self._validation,
            rows=self.recipe.validation.rows,
            terms=self.model.vocabulary.size,
            possible=self._possible,
        )
        self.model.train()
        return figures

    def _observe(self, figures: Evaluation | None) -> None:
        stopping, watched = self.recipe.stopping, torch.zeros(2, dtype=torch.float64)
        if figures is not None:
            overall = figures.overall
            watched[0] = overall.training_loss if self.model.config.head == "regression" else overall.log_loss
            watched[1] = overall.accuracy
        loss, accuracy = self.processes.total(watched).tolist()
        self.stopping = self.stopping.observe(
            step=self.step,
            loss=loss,
            accuracy=accuracy,
            monitor=stopping.monitor,
            min_delta=stopping.min_delta,
            armed=self.step > self.settled_at,
            seconds=self.seconds,
        )
        if self.stopping.best_step == self.step:
            self.kept.keep()

    def _reason_to_stop(self, interrupted: bool) -> StopReason | None:
        return reason_to_stop(
            self.recipe,
            step=self.step,
            seconds=self.seconds,
            stopping=self.stopping,
            last_loss=self.losses.last,
            interrupted=interrupted,
            processes=self.processes,
        )

    def capture(self, reason: StopReason | None) -> RunState:
        """Return the state that `restore` continues from, the same in every process."""
        return RunState(
            recipe=self.recipe,
            step=self.step,
            seconds=self.seconds,
            stopping=self.stopping,
            reason=reason,
            arithmetic=arithmetic(self.recipe),
            rows=fingerprints(training=self._source, validation=self._validation),
            grown=self.grown,
            tensors={
                "model": self.model.state_dict(),
                "best": self.kept.best,
                "moments": self._steps.moments(),
                "loss": self.losses.tensors(self.step),
                "random": self.processes.generators() | gpu_random(self.device),
            },
        )

    def restore(self, state: RunState) -> None:
        """Continue from a state."""
        tensors = state.tensors
        self.model.load_state_dict(tensors["model"])
        self.kept.restore(tensors["best"])
        self._steps.restore(tensors.get("moments", {}))
        self.losses.restore(tensors["loss"])
        self.grown = state.grown
        self.processes.restore_generator(tensors["random"])
        restore_gpu_random(tensors["random"], self.device)
        self.step, self.stopping = state.step, state.stopping
        self._seconds_before, self._since = state.seconds, time.monotonic()
        self._logged = self._since, self.step
