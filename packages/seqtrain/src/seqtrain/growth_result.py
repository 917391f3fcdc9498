"""All that `seqtrain growth` found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seqtrain.growth_axes import AxisName
from seqtrain.growth_figures import Point
from seqtrain.growth_slope import Slope
from seqtrain.growth_verdicts import Verdict

FORMAT = 1
"""Of the figures as JSON."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Hold what was found.

    Attributes:
        command: That makes it again.
        machine: Where it was measured.
        steps: How many were timed of each size.
        budget: As a person says it, like "8GB".
        points: Of each axis, the least first.
        slopes: Of each axis, by the names of `growth_figures.QUANTITIES`.
        verdicts: One for each axis.
        skipped: What could not grow, and why.
    """

    command: str
    machine: Mapping[str, Any]
    steps: int
    budget: str
    points: Mapping[AxisName, Sequence[Point]]
    slopes: Mapping[AxisName, Mapping[str, Slope]]
    verdicts: Sequence[Verdict]
    skipped: Mapping[AxisName, str]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "format": FORMAT,
            "command": self.command,
            "machine": dict(self.machine),
            "steps": self.steps,
            "budget": self.budget,
            "points": [point.to_dict() for points in self.points.values() for point in points],
            "slopes": {
                axis: {name: asdict(each) for name, each in found.items()} for axis, found in self.slopes.items()
            },
            "verdicts": [verdict.to_dict() for verdict in self.verdicts],
            "skipped": dict(self.skipped),
        }
