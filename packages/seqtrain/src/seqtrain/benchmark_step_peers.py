"""The benchmark's peers: training frameworks, each told to do nothing but train.

They come with `pip install seqtrain[benchmark]`; nothing else in this package needs them. Both
train our model with our loss, torch's fused AdamW and our learning rates, on batches that lie
ready: what differs is the loop. Neither logs, saves, validates or shows anything.
"""

# S steps, B rows, T positions

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset

from seqtrain.benchmark_step import Contestant, Tick
from seqtrain.benchmark_step_loops import new_adamw, rate_of
from seqtrain.benchmark_step_works import Weights, Work
from seqtrain.losses import make_loss

HUGGING_FACE = "HF Trainer"
LIGHTNING = "Lightning"

PACKAGES = ("transformers", "accelerate", "lightning")
"""What the peers are made of, by the names that they are installed by."""


def peers() -> tuple[list[Contestant], dict[str, str]]:
    """Return the peers that are installed, and for each of the others why it is skipped."""
    found, skipped = list[Contestant](), dict[str, str]()
    makers = {HUGGING_FACE: hugging_face, LIGHTNING: lightning}
    for name, make in makers.items():
        try:
            found.append(make())
        except ImportError as error:
            skipped[name] = str(error)
    return found, skipped


def hugging_face() -> Contestant:
    """Return the `Trainer` of `transformers`."""
    import_module("accelerate")  # it would be missed only when training begins
    transformers: Any = import_module("transformers")

    class Ticking(transformers.TrainerCallback):  # type: ignore[misc]
        def __init__(self, tick: Tick) -> None:
            self.tick = tick

        def on_step_end(self, *_: object, **__: object) -> None:
            self.tick()

    class Ready(transformers.Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> Any:
            return self.accelerator.prepare(DataLoader(self.train_dataset, batch_size=None))

    def train(work: Work, tick: Tick) -> Weights:
        model, bfloat16 = _Learner(work), work.recipe.run.precision == "bfloat16"
        with TemporaryDirectory() as folder, _quiet():
            options = transformers.TrainingArguments(
                output_dir=folder,
                max_steps=work.steps,
                per_device_train_batch_size=work.recipe.data.batch,
                max_grad_norm=work.recipe.optimiser.clip_norm,
                bf16=bfloat16,
                use_cpu=True,
                logging_strategy="no",
                logging_nan_inf_filter=False,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                remove_unused_columns=False,
            )
            trainer = Ready(
                model=model,
                args=options,
                train_dataset=_Ready(work),
                optimizers=model.optimiser_and_rates(),
                callbacks=[Ticking(tick)],
            )
            trainer.remove_callback(transformers.PrinterCallback)
            trainer.train()
        return model.model.state_dict()

    return Contestant(name=HUGGING_FACE, train=train)


def lightning() -> Contestant:
    """Return the `Trainer` of `lightning` in its barest mode."""
    with _quiet():
        package: Any = import_module("lightning.pytorch")

    class Module(package.LightningModule):  # type: ignore[misc]
        def __init__(self, work: Work) -> None:
            super().__init__()
            self.learner = _Learner(work)
            self.clip_norm = work.recipe.optimiser.clip_norm

        def training_step(self, batch: dict[str, Tensor]) -> Tensor:
            loss: Tensor = self.learner(**batch)["loss"]
            return loss

        def configure_gradient_clipping(self, *_: object, **__: object) -> None:
            # Its own clipping refuses fused optimisers beside autocast.
            nn.utils.clip_grad_norm_(self.learner.parameters(), self.clip_norm)

        def configure_optimizers(self) -> Any:
            optimiser, rates = self.learner.optimiser_and_rates()
            return {"optimizer": optimiser, "lr_scheduler": {"scheduler": rates, "interval": "step"}}

    class Ticking(package.Callback):  # type: ignore[misc]
        def __init__(self, tick: Tick) -> None:
            self.tick = tick

        def on_train_batch_end(self, *_: object) -> None:
            self.tick()

    def train(work: Work, tick: Tick) -> Weights:
        module = Module(work)
        with _quiet():
            package.Trainer(
                max_steps=work.steps,
                accelerator="cpu",
                devices=1,
                precision="bf16-mixed" if work.recipe.run.precision == "bfloat16" else "32-true",
                barebones=True,
                callbacks=[Ticking(tick)],
            ).fit(module, DataLoader(_Ready(work), batch_size=None))
        return module.learner.model.state_dict()

    return Contestant(name=LIGHTNING, train=train)


class _Learner(nn.Module):
    """Our model and loss as one module, as frameworks want it."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.model = work.new_model()
        self._recipe = work.recipe
        self._loss = make_loss(work.recipe.loss, self.model.vocabulary.size, work.recipe.data.low)

    def forward(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        return {"loss": self._loss(self.model(inputs), targets, None)}

    def optimiser_and_rates(self) -> tuple[torch.optim.Optimizer, LambdaLR]:
        """Return the recipe's optimiser, and what sets its learning rate after every step."""
        optimiser = new_adamw(self._recipe, list(self.model.parameters()))
        peak = self._recipe.optimiser.learning_rate
        return optimiser, LambdaLR(optimiser, lambda step: rate_of(self._recipe, step) / peak)


class _Ready(Dataset[dict[str, Tensor]]):
    """The batches of all steps, each ready."""

    def __init__(self, work: Work) -> None:
        self._inputs_SBT = torch.from_numpy(work.batches.inputs)
        self._targets_SBT = torch.from_numpy(work.batches.targets)

    def __len__(self) -> int:
        return len(self._inputs_SBT)

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        return {"inputs": self._inputs_SBT[step], "targets": self._targets_SBT[step]}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the peers' advice to themselves: it is about what is switched off here."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric", "transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
