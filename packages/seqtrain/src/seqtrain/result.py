"""What came of a run."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from seqtrain.metrics import Evaluation
from seqtrain.scores import Scores
from seqtrain.stopping import StopReason


@dataclass(frozen=True, kw_only=True)
class Result:
    """Say what came of a run.

    Attributes:
        out: The run's folder.
        reason: Why training ended.
        step: Finished training steps.
        seconds: Time spent training, over all sessions.
        best_step: The step whose weights were kept.
        best_loss: Their validation log-loss, in nats a term; with head "regression" the loss that was
            minimised.
        parameters: Weights of the model.
        threads: CPU threads that training used.
        scores: Figures of the kept weights on fresh rows; None after an interrupt.
    """

    out: Path
    reason: StopReason
    step: int
    seconds: float
    best_step: int
    best_loss: float
    parameters: int
    threads: int
    scores: Scores | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the folder as JSON values."""
        fields = {name: getattr(self, name) for name in ("reason", "step", "seconds", "best_step", "best_loss")}
        fields |= {"parameters": self.parameters, "threads": self.threads}
        return json_values(fields) | {"scores": None if self.scores is None else scores_json(self.scores)}


def scores_json(scores: Scores) -> dict[str, Any]:
    """Return scores as JSON values; by family and position at once only how the model stands."""
    found = json_values(asdict(scores))
    evaluations = [found["model"], *found["rules"].values()]
    if found["model"]["possible"] is not None:
        evaluations.append(found["model"]["possible"])
    for each in evaluations:
        del each["cells"]
    for each in evaluations[1:]:
        del each["possible"]
    return found


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Return as JSON values what a checkpoint says of itself: figures of all rows, by phase and by position."""
    found = json_values(asdict(evaluation))
    return {name: found[name] for name in ("rows", "overall", "phases", "positions", "held_out")}


def json_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested mappings with NaN and infinities, which JSON lacks, as None, and fractions as numbers.

    Keys become text, as they do in JSON.

    >>> json_values({"overall": {"log_loss": float("nan"), "targets": 3}})
    {'overall': {'log_loss': None, 'targets': 3}}
    """
    return {str(name): _json_value(value) for name, value in fields.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return json_values(value)
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, tuple):
        return [_json_value(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
