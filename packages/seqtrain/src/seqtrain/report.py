"""The figures of a model as plain tables."""

import math

from seqtrain.evaluation import Metrics
from seqtrain.scores import Scores
from seqtrain.table import plain_table


def scores_report(scores: Scores) -> str:
    """Return accuracy, distance and loss per phase beside random guessing, then the other baselines."""
    random = _cells(scores.random)
    groups = {"all": scores.model.overall, **scores.model.phases}
    model_rows = [
        [name, *(cell for pair in zip(_cells(metrics), random, strict=True) for cell in pair)]
        for name, metrics in groups.items()
    ]
    header = ["model", "accuracy", "(random)", "distance", "(random)", "log-loss", "(random)"]
    rule_rows = [[name, *_cells(figures.overall)[:2]] for name, figures in scores.rules.items()]
    return (
        f"{plain_table(header, model_rows)}\n\n{plain_table(['without training', 'accuracy', 'distance'], rule_rows)}"
    )


def _cells(metrics: Metrics) -> list[str]:
    distance = "-" if math.isnan(metrics.distance) else f"{metrics.distance:.2f}"
    return [f"{100 * metrics.accuracy:.2f} %", distance, f"{metrics.log_loss:.3f}"]
