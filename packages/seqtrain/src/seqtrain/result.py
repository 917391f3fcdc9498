"""What came of a run."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

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
        fields = asdict(self)
        del fields["out"]
        return json_values(fields)


def json_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested mappings with NaN and infinities, which JSON lacks, as None, and fractions as numbers.

    >>> json_values({"overall": {"log_loss": float("nan"), "targets": 3}})
    {'overall': {'log_loss': None, 'targets': 3}}
    """
    return {
        name: json_values(value) if isinstance(value, Mapping) else _json_value(value) for name, value in fields.items()
    }


def _json_value(value: Any) -> Any:
    if isinstance(value, Fraction):
        return float(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
