"""The pictures of how a run went: losses, accuracy, the optimiser's scalars, the curriculum."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from seqtrain.answers_picture import answers_wrong
from seqtrain.curriculum import Curriculum
from seqtrain.measured_run import MeasuredRun
from seqtrain.pictures import INK, MODEL, POSSIBLE, QUIET, SERIES, Picture, label, logarithmic, new_figure, painted
from seqtrain.recipe import CurriculumRecipe
from seqtrain.run_history import RunHistory, Series
from seqtrain.shown import number, percent, thousands


def curves(run: MeasuredRun) -> list[Picture]:
    """Return what was logged; a curve that was not is left out."""
    if run.history.recipe.questions.digits:
        drawn = [_losses(run), answers_wrong({"": run.history}), _accuracy(run), *_scalars(run.history)]
    else:
        drawn = [_losses(run), _regret(run), _accuracy(run), _shares(run), *_scalars(run.history)]
    return [picture for picture in drawn if picture is not None]


def _losses(run: MeasuredRun) -> Picture | None:
    series = run.history.series
    training, validation = series.get("training/loss"), series.get("validation_log_loss/all")
    if validation is None or np.isnan(validation.values).any():
        return _training_loss(run.history, training)
    figure, axes = _chart()
    plain = run.history.recipe.loss.kind == "cross-entropy"
    if training is not None and plain:
        axes.plot(training.steps, training.values, color=QUIET, linewidth=1, label="training rows")
    axes.plot(validation.steps, validation.values, color=MODEL, marker=".", label="validation rows")
    _mark_kept(axes, run, validation)
    if run.validation_possible is not None:
        axes.axhline(run.validation_possible.log_loss, color=POSSIBLE, linestyle="--", label="what is possible there")
    logarithmic(axes)
    label(axes, x="training step", y="log-loss (nats per term)")
    axes.legend()
    caption = "How surprised the model is by the next term; lower is better."
    if training is not None and plain:
        caption += f" Training rows {_trained_on(run)}."
    if run.validation_possible is not None:
        possible = number(run.validation_possible.log_loss)
        caption += f" The dashed line is the exact posterior on the same validation rows: {possible}"
        ceiling = None if run.standings is None else run.standings.overall.ceiling_log_loss
        caption += "." if ceiling is None else f", {ceiling:.4f} over all rows there are."
    if not plain:
        caption += " The training loss is another one, so it is not shown beside it."
    return painted("log-loss", figure, caption)


def _trained_on(run: MeasuredRun) -> str:
    if run.history.recipe.questions.digits:
        return "are as the recipe asks for them, validation rows are uniform"
    return "follow the curriculum, validation rows are of the final mixture all the time"


def _training_loss(history: RunHistory, training: Series | None) -> Picture | None:
    if training is None:
        return None
    figure, axes = _chart()
    axes.plot(training.steps, training.values, color=MODEL)
    logarithmic(axes)
    label(axes, x="training step", y=f"training loss ({history.recipe.loss.kind})")
    caption = "The loss that training minimises. This model gives no probabilities, so it has no log-loss."
    return painted("training-loss", figure, caption)


def _regret(run: MeasuredRun) -> Picture | None:
    validation = run.history.series.get("validation_log_loss/all")
    if validation is None or run.validation_possible is None or np.isnan(validation.values).any():
        return None
    figure, axes = _chart()
    regret = Series(steps=validation.steps, values=validation.values - run.validation_possible.log_loss)
    axes.plot(regret.steps, regret.values, color=MODEL, marker=".")
    _mark_kept(axes, run, regret)
    if (regret.values > 0).all():
        logarithmic(axes)
    label(axes, x="training step", y="regret (nats per term)")
    last = regret.values[-1]
    caption = (
        "What is left to learn: validation log-loss minus that of the exact posterior on the same rows; "
        f"0 is perfect. At the last validation it is {last:.4f}."
    )
    return painted("regret", figure, caption)


def _accuracy(run: MeasuredRun) -> Picture | None:
    series = run.history.series
    training, validation = series.get("training/accuracy"), series.get("validation_accuracy/all")
    if validation is None:
        return None
    figure, axes = _chart()
    if training is not None:
        axes.plot(training.steps, 100 * training.values, color=QUIET, linewidth=1, label="training rows")
    axes.plot(validation.steps, 100 * validation.values, color=MODEL, marker=".", label="validation rows")
    _mark_kept(axes, run, Series(steps=validation.steps, values=100 * validation.values))
    if run.validation_possible is not None:
        axes.axhline(
            100 * run.validation_possible.accuracy, color=POSSIBLE, linestyle="--", label="what is possible there"
        )
    axes.set_ylim(bottom=0)
    label(axes, x="training step", y="accuracy (% of terms)")
    axes.legend()
    caption = "How often the likeliest term is the right one."
    if training is not None:
        caption += f" Training rows: a single batch each time; they {_trained_on(run)}."
    if run.validation_possible is not None:
        possible = percent(run.validation_possible.accuracy)
        caption += f" The dashed line is the exact posterior on the same validation rows: {possible}"
        ceiling = None if run.standings is None else run.standings.overall.ceiling_accuracy
        caption += "." if ceiling is None else f", {percent(ceiling)} over all rows there are."
    return painted("accuracy", figure, caption)


def turning_steps(recipe: CurriculumRecipe, last: int) -> NDArray[np.int64]:
    """Return the steps up to the last one between which shares move along straight lines, ascending."""
    turns = {0, last}
    for stage in recipe.stages:
        before = {stage.start - 1} if not stage.transition else set()  # a jump is one step wide
        turns |= before | {stage.start, stage.start + stage.transition}
    return np.array(sorted(step for step in turns if 0 <= step <= last), np.int64)


def _shares(run: MeasuredRun) -> Picture:
    recipe = run.history.recipe
    curriculum, total = Curriculum(recipe.curriculum), recipe.budget.total_steps
    shown = min(total, 3 * curriculum.settled_at) or total
    steps = turning_steps(recipe.curriculum, shown)
    shares_SN = 100 * curriculum.shares(steps)
    figure, axes = _chart()
    colours = [SERIES[k % len(SERIES)] for k in range(len(curriculum.names))]
    axes.stackplot(steps, *shares_SN.T, colors=colours, labels=curriculum.names, alpha=0.75, linewidth=0)
    if run.history.step < shown:
        axes.axvline(run.history.step, color=INK, linestyle=":", label="so far")
    axes.set_xlim(0, shown)
    axes.set_ylim(0, 100)
    label(axes, x="training step", y="share of the rows (%)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=min(5, len(curriculum.names) + 1))
    caption = (
        "Which universe a training row is drawn from, as the recipe has it at every step. From step "
        f"{curriculum.settled_at:,} to the end at {total:,} the mixture is the final one."
    )
    return painted("curriculum", figure, caption)


def _scalars(history: RunHistory) -> list[Picture]:
    """Return learning rate, gradient norm and throughput, as far as they were logged."""
    pictures, optimiser = [], history.recipe.optimiser
    rate = history.series.get("training/learning_rate")
    if rate is not None:
        figure, axes = _chart()
        axes.plot(rate.steps, rate.values, color=MODEL)
        axes.set_ylim(bottom=0)
        axes.ticklabel_format(axis="y", style="plain")
        label(axes, x="training step", y="learning rate (per step)")
        kind = history.recipe.schedule.kind
        caption = f"How far a step goes: at most {optimiser.learning_rate:g}, by the schedule {kind!r}."
        pictures.append(painted("learning-rate", figure, caption))
    norm = history.series.get("training/gradient_norm")
    if norm is not None:
        figure, axes = _chart()
        axes.plot(norm.steps, norm.values, color=MODEL, linewidth=1)
        caption = "How long the gradient is, before clipping."
        if optimiser.clip == "norm" and optimiser.clip_norm:
            axes.axhline(optimiser.clip_norm, color=POSSIBLE, linestyle="--", label="clipped from here on")
            axes.legend()
            over = float((norm.values > optimiser.clip_norm).mean())
            caption += f" {percent(over, 1)} of the logged steps were clipped, to {optimiser.clip_norm:g}."
        logarithmic(axes)
        label(axes, x="training step", y="norm (nats per unit of weight)")
        pictures.append(painted("gradient-norm", figure, caption))
    speed = history.series.get("training/steps_per_second")
    if speed is not None:
        figure, axes = _chart()
        rows = speed.values * history.recipe.data.batch
        axes.plot(speed.steps, rows, color=MODEL, linewidth=1)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(FuncFormatter(thousands))
        label(axes, x="training step", y="throughput (rows per second)")
        caption = (
            f"Rows learned from in a second, validations included: {np.median(rows):,.0f} in the middle "
            f"({np.median(rows) * history.recipe.model.context:,.0f} terms). Dips are validations, or a busy machine."
        )
        pictures.append(painted("throughput", figure, caption))
    return pictures


def _chart() -> tuple[Figure, Axes]:
    """Return a figure with axes over the steps."""
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    return figure, axes


def _mark_kept(axes: Axes, run: MeasuredRun, validation: Series) -> None:
    """Ring the weights that the checkpoint holds."""
    at: NDArray[np.bool_] = validation.steps == run.kept_step
    if at.any():
        axes.plot(
            validation.steps[at],
            validation.values[at],
            color=INK,
            fillstyle="none",
            linestyle="none",
            marker="o",
            markersize=9,
            label="kept weights",
        )
