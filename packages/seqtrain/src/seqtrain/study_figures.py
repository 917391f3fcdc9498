"""What each run of a study came to, read from its folder."""

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqtrain.run_folder import RunFolder
from seqtrain.study_file import StudyRun


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Hold the figures of one run of a study, on the rows of its evaluation.

    Attributes:
        name: Of the run's folder.
        base: What it is a variation of.
        decision: What is varied; None for a base.
        option: How; for a base its seed.
        parameters: Weights of the model.
        steps: That it trained.
        minutes: That took.
        accuracy: Share of targets.
        share: Of the accuracy that the exact posterior is expected to have on these rows, or, of a model without
            probabilities, that it has there; None where unknown.
        regret: Nats a target above the least expected loss; None where unknown, or of a model without classes.
        distance: Mean of how far answers are off.
    """

    name: str
    base: str
    decision: str | None
    option: str
    parameters: int
    steps: int
    minutes: float
    accuracy: float
    share: float | None
    regret: float | None
    distance: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self)


def read_figures(run: StudyRun, folder: Path) -> Figures:
    """Return what a finished run came to.

    Raises:
        OSError: It has no result.
    """
    result = json.loads(RunFolder(folder).result.read_text(encoding="utf-8"))
    scores = result["scores"]
    overall = scores["model"]["overall"]
    standings: Mapping[str, Any] = (scores.get("standings") or {}).get("overall") or {}
    return Figures(
        name=run.name,
        base=run.base,
        decision=run.decision.title if run.decision else None,
        option=run.option,
        parameters=result["parameters"],
        steps=result["step"],
        minutes=result["seconds"] / 60,
        accuracy=overall["accuracy"],
        share=_share(standings),
        regret=standings.get("expected_regret"),
        distance=overall.get("distance"),
    )


def _share(standings: Mapping[str, Any]) -> float | None:
    """Return the expected share; of a model without probabilities that of the targets drawn."""
    if standings.get("expected_share") is not None:
        return float(standings["expected_share"])
    possible = standings.get("possible_accuracy")
    return standings["accuracy"] / possible if possible else None


@dataclass(frozen=True)
class Noise:
    """What a base reaches over its seeds.

    Attributes:
        mean: Of a figure.
        low: The least of it.
        high: The most of it.
    """

    mean: float
    low: float
    high: float


def noise(figures: Iterable[Figures], base: str, name: str) -> Noise | None:
    """Return what the runs of a base say of a figure; None where one of them does not know it.

    >>> runs = [Figures(name=f"a-{r}", base="a", decision=None, option="seed", parameters=1, steps=1, minutes=1,
    ...     accuracy=0.5, share=0.9, regret=r, distance=1.0) for r in (0.25, 0.75)]
    >>> noise(runs, "a", "regret")
    Noise(mean=0.5, low=0.25, high=0.75)
    """
    values = [getattr(each, name) for each in figures if each.base == base and each.decision is None]
    if not values or None in values:
        return None
    return Noise(statistics.fmean(values), min(values), max(values))
