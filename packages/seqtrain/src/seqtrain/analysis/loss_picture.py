"""The loss over the batches of a training, from `training_loss.json`."""

import json
from pathlib import Path

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from seqtrain.pictures import MODEL, QUIET, Picture, label, new_figure, painted
from seqtrain.shown import thousands

_STRETCHES = 300
"""Into so many parts a long training is cut."""


def read_losses(path: Path) -> NDArray[np.float64]:
    """Return the loss of every training batch, float64 (steps,), from a file in the published form.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is none of this form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        losses = np.array(content["TrainingLoss"], np.float64)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: expected an object with a list of numbers TrainingLoss ({error!r})") from error
    if losses.ndim != 1 or not len(losses):
        raise ValueError(f"{path}: TrainingLoss is no list of numbers, or an empty one")
    return losses


def loss_picture(losses: NDArray[np.float64]) -> Picture:
    """Return the curve: the median of each stretch of batches, and how far apart their losses are."""
    figure = new_figure(12.6, 3.2)
    axes = figure.subplots()
    steps = np.arange(1, len(losses) + 1)
    stretches = np.array_split(np.arange(len(losses)), min(len(losses), _STRETCHES))
    middle = [float(steps[part].mean()) for part in stretches]
    low, median, high = (
        [float(value) for value in values]
        for values in zip(*(np.quantile(losses[part], [0, 0.5, 1]) for part in stretches), strict=True)
    )
    if len(stretches) < len(losses):
        axes.fill_between(middle, low, high, color=QUIET, alpha=0.25, linewidth=0, label="all batches")
    axes.plot(middle, median, color=MODEL, label="median")
    axes.legend()
    if (losses > 0).all():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    label(axes, x="training batch", y="loss (nats per answer token)")
    last = losses[-min(100, len(losses)) :].mean()
    caption = f"The training loss of {len(losses):,} batches; the mean of the last hundred is {last:.3g}."
    return painted("training-loss", figure, caption, wide=True)
