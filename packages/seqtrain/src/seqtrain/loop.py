"""The training loop: next batch, loss, clip, step, validate, decide."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqmodel import Transformer
from seqtrain.cadence import validation_due
from seqtrain.clipping import clip_gradients
from seqtrain.curriculum import Curriculum
from seqtrain.device import autocast, device_of, gpu_random, restore_gpu_random
from seqtrain.drawing import TrainingBatch
from seqtrain.ending import reason_to_stop
from seqtrain.evaluation import evaluate
from seqtrain.losses import make_loss
from seqtrain.metrics import Evaluation
from seqtrain.mixture import vocabulary_of
from seqtrain.model_predictor import model_predictor, predicted_classes
from seqtrain.optimiser import make_optimisers, moments, restore_moments, set_learning_rate
from seqtrain.parallel import ALONE, Processes
from seqtrain.protocols import IGNORE, BatchSource, Callback, fingerprints
from seqtrain.provenance import arithmetic
from seqtrain.recipe import Recipe
from seqtrain.schedule import learning_rate
from seqtrain.short_rows import step_batches
from seqtrain.state import RunState
from seqtrain.stopping import StoppingState, StopReason
from seqtrain.teacher import Teacher


class _Update(NamedTuple):
    """Outputs (B, T, V), the learning rate used, the gradient's norm before clipping."""

    outputs: Tensor
    learning_rate: float
    gradient_norm: Tensor


class TrainingLoop:
    """Hold what training changes: weights, moments, step, best weights and time.

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
        self._weights = list(self.model.parameters())  # the model takes a while to find them
        self._optimisers = make_optimisers(recipe.optimiser, self.model)
        self._loss = make_loss(recipe.loss, self.model.vocabulary.size, recipe.data.low)
        self._loss_sum = torch.zeros((), device=self.device)
        self._best: dict[str, Tensor] = {}
        self._last_loss = 0.0
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
        run = self.recipe.run
        if not self._best:
            self._validate()
            save()
        teacher = Teacher(self.recipe) if self.recipe.loss.labels == "posterior" else None
        batches = step_batches(self.recipe, self._source, self.step, teacher, self.processes, self.device)
        while (reason := self._reason_to_stop(interrupted())) is None:
            batch = next(batches)
            update = self._update(batch)
            self.step += 1
            if self.step % run.log_every == 0:
                self._log(batch, update)
            if validation_due(
                self.recipe,
                step=self.step,
                seconds=self.seconds,
                stopping=self.stopping,
                processes=self.processes,
            ):
                self._validate()
            if self.step % run.save_every == 0:
                save()
        if reason in ("steps done", "time budget") and self.stopping.last_step != self.step:
            self._validate()
        return reason

    def _update(self, batch: TrainingBatch) -> _Update:
        recipe = self.recipe
        with autocast(recipe, self.device):
            outputs_BTV = self.model(batch.inputs, lengths=batch.lengths, last=recipe.questions.answer)
        loss = self._loss(outputs_BTV, batch.targets, batch.labels)
        loss = self.processes.backward(loss, self.model, batch.weight)
        gradient_norm = clip_gradients(recipe.optimiser, self._weights)
        rate = learning_rate(
            self.step,
            schedule=recipe.schedule,
            peak=recipe.optimiser.learning_rate,
            steps=recipe.budget.total_steps,
        )
        set_learning_rate(self._optimisers, rate / recipe.optimiser.learning_rate)
        for optimiser in self._optimisers:
            optimiser.step()
        for weight in self._weights:  # here, so that no gradient takes memory while the next step saves activations
            weight.grad = None
        self._loss_sum += loss
        return _Update(outputs_BTV.detach(), rate, gradient_norm)

    def _log(self, batch: TrainingBatch, update: _Update) -> None:
        before, self._logged = self._logged, (time.monotonic(), self.step)
        self._last_loss = self._loss_sum.item() / self.recipe.run.log_every
        self._loss_sum.zero_()
        right_BT = predicted_classes(self.model, update.outputs) == batch.targets
        right, scored = self.processes.total(torch.stack([right_BT.sum(), (batch.targets != IGNORE).sum()]))
        shares = np.bincount(batch.phases, minlength=len(self._source.phases)) / len(batch.phases)
        scalars = {
            "loss": self._last_loss,
            "accuracy": (right / scored).item(),
            "learning_rate": update.learning_rate,
            "gradient_norm": update.gradient_norm.item(),
            "steps_per_second": (self.step - before[1]) / (self._logged[0] - before[0]),
        }
        for name, share in zip(self._source.phases, shares.tolist(), strict=True):
            scalars[f"share/{name}"] = share
        self._callback.logged(self.step, scalars)

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
        self._last_loss = self.stopping.last_loss
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
            self._best = {name: t.clone() for name, t in self.model.state_dict().items()}

    def _reason_to_stop(self, interrupted: bool) -> StopReason | None:
        return reason_to_stop(
            self.recipe,
            step=self.step,
            seconds=self.seconds,
            stopping=self.stopping,
            last_loss=self._last_loss,
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
            tensors={
                "model": self.model.state_dict(),
                "best": self._best,
                "moments": moments(self._optimisers, self.model),
                "loss": {"sum": self._loss_sum, "last": torch.tensor(self._last_loss, dtype=torch.float64)},
                "random": self.processes.generators() | gpu_random(self.device),
            },
        )

    def restore(self, state: RunState) -> None:
        """Continue from a state."""
        tensors = state.tensors
        self.model.load_state_dict(tensors["model"])
        self._best = {name: weight.to(self.device) for name, weight in tensors["best"].items()}
        restore_moments(self._optimisers, self.model, tensors.get("moments", {}))
        self._loss_sum = tensors["loss"]["sum"].to(self.device)
        self._last_loss = tensors["loss"].get("last", torch.zeros(())).item()  # states of before lack it
        self.processes.restore_generator(tensors["random"])
        restore_gpu_random(tensors["random"], self.device)
        self.step, self.stopping = state.step, state.stopping
        self._seconds_before, self._since = state.seconds, time.monotonic()
        self._logged = self._since, self.step

    @property
    def kept_step(self) -> int:
        """The step whose weights `kept_model` has."""
        return self.step if self._keeps_last() else self.stopping.best_step

    @property
    def kept_loss(self) -> float:
        """The validation loss of those weights; of the last weights, what was last measured."""
        return self.stopping.last_loss if self._keeps_last() else self.stopping.best_loss

    def kept_model(self) -> Transformer:
        """Return a model with the weights that the recipe keeps, ready to predict."""
        kept = Transformer(self.model.config, self.model.vocabulary)
        kept.exact = False
        kept.load_state_dict(self.model.state_dict() if self._keeps_last() else self._best)
        return kept.to(self.device).eval()

    def _keeps_last(self) -> bool:
        return self.recipe.stopping.restore == "last" and all(
            weight.isfinite().all() for weight in self.model.state_dict().values()
        )
