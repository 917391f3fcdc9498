"""The figures of a model as plain tables."""

import math

from seqgen import Ceiling
from seqtrain.ceiling import OVERALL
from seqtrain.evaluation import Metrics
from seqtrain.scores import Scores
from seqtrain.table import plain_table

FIGURES = ("accuracy", "distance", "log-loss")


def scores_report(scores: Scores) -> str:
    """Return each phase's figures beside random guessing and the ceiling, then those of the other baselines."""
    groups = {OVERALL: scores.model.overall, **scores.model.phases}
    random = _cells(scores.random)
    header = ["model"]
    for figure in FIGURES:
        header += [figure, "(random)", *(["(ceiling)"] if scores.ceilings else [])]
    rows = []
    for name, metrics in groups.items():
        beside = [_cells(metrics), random, *([_ceiling_cells(scores.ceilings[name])] if scores.ceilings else [])]
        rows.append([name, *(cell for figure in zip(*beside, strict=True) for cell in figure)])
    rule_rows = [[name, *_cells(figures.overall)[:2]] for name, figures in scores.rules.items()]
    return f"{plain_table(header, rows)}\n\n{plain_table(['without training', *FIGURES[:2]], rule_rows)}"


def _cells(metrics: Metrics) -> list[str]:
    return _shown(metrics.accuracy, metrics.distance, metrics.log_loss)


def _ceiling_cells(ceiling: Ceiling) -> list[str]:
    accuracy, distance = (
        math.nan if figure is None else float(figure) for figure in (ceiling.accuracy, ceiling.distance)
    )
    return _shown(accuracy, distance, ceiling.loss)


def _shown(accuracy: float, distance: float, log_loss: float) -> list[str]:
    cells = (f"{100 * accuracy:.2f} %", f"{distance:.2f}", f"{log_loss:.3f}")
    return ["-" if cell.startswith("nan") else cell for cell in cells]
