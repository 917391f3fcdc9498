"""Measuring a model, or a simple rule, on rows it was not trained on.

Every scored target counts once. *Accuracy* is the share whose most probable class is the target,
END included. *Distance* is the mean of |prediction - target| over the targets that are integers,
where the prediction is the most probable integer: a target of END has no distance, and a
predicted END does not save a model from naming one. *Log-loss* is plain cross-entropy in nats, END
included, whatever the training loss is, which stands beside it. *Sequence accuracy* is that of whole
rows; see `Metrics`.
"""

from seqtrain.asked_rows import asked_rows, groups_of
from seqtrain.metrics import Evaluation
from seqtrain.predictions import Predictor
from seqtrain.protocols import BatchSource
from seqtrain.tally import Tally


def evaluate(
    predict: Predictor, source: BatchSource, *, rows: int, terms: int, possible: Evaluation | None = None
) -> Evaluation:
    """Return the figures over the first rows of a source.

    Args:
        predict: The predictor.
        source: Rows; its step 0, 1, ... are read until there are enough.
        rows: How many rows count; fewer where the source has fewer.
        terms: Size of the vocabulary; classes from there on are no integers.
        possible: What the exact posterior reaches on these rows, to stand beside the figures.

    Raises:
        ValueError: No target of these rows is scored.
    """
    tally = None
    for asked in asked_rows(source, rows):
        tally = tally or Tally(groups_of(source), asked.targets.shape[1], terms)
        tally.add(asked, predict(asked.batches))
    if tally is None:
        raise ValueError(f"rows is {rows}; it must be at least 1")
    return tally.evaluation(possible)
