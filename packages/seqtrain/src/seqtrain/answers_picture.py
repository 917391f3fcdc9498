"""The picture of how many questions were answered wrongly while runs went on."""

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import FuncFormatter

from seqtrain.pictures import SERIES, Picture, label, new_figure, painted
from seqtrain.run_history import RunHistory
from seqtrain.shown import thousands

_STROKES = {"add": "-", "sub": "--"}


def answers_wrong(histories: Mapping[str, RunHistory]) -> Picture | None:
    """Return the share of the validation questions that were answered wrongly, by operation.

    Args:
        histories: Runs by name; those that were asked no questions are left out, and without any there is no picture.
    """
    asked = {name: history for name, history in histories.items() if history.recipe.questions.digits}
    if not asked:
        return None
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    least = 1.0
    for place, (name, history) in enumerate(asked.items()):
        least = min(least, 1 / history.recipe.validation.rows)
        for operation in history.phases:
            series = history.series[f"validation_teacher_forced/{operation}"]
            axes.plot(
                series.steps,
                100 * np.maximum(1 - series.values, 0),
                color=SERIES[place % len(SERIES)],
                linestyle=_STROKES.get(operation, "-"),
                label=f"{name} {operation}".strip(),
            )
    axes.set_yscale("symlog", linthresh=100 * least)
    axes.set_ylim(0, 110)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    label(axes, x="training step", y="answers wrong (% of questions)")
    axes.legend()
    caption = (
        "How many of the validation questions are not answered rightly in every symbol; lower is better. Below one "
        "question in all of them the scale is linear, down to none."
    )
    return painted("answers-wrong", figure, caption)
