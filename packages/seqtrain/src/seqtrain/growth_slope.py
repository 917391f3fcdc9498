"""How fast something grows: the slope of a straight line through the logarithms."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Slope:
    """Hold the exponent p of y = c * x**p.

    Attributes:
        exponent: By least squares on the logarithms: 1 where y grows as x does, 2 as its square.
        error: Its standard error, from how far the points lie from the line; NaN of two points.
        last: That of the last two points alone: where a constant part hides growth, it is larger.
    """

    exponent: float
    error: float
    last: float

    def __str__(self) -> str:
        """Return exponent and error.

        >>> str(Slope(0.978, 0.021, 1.0)), str(Slope(1.0, math.nan, 1.0))
        ('0.98 ± 0.02', '1.00')
        """
        return f"{self.exponent:.2f}" if math.isnan(self.error) else f"{self.exponent:.2f} ± {self.error:.2f}"


def slope(x: Sequence[float], y: Sequence[float]) -> Slope | None:
    """Return how y grows with x; None of fewer than two different places, or where a value is not above 0.

    >>> str(slope([1, 2, 4, 8], [3, 12, 48, 192]))
    '2.00 ± 0.00'
    """
    if min([*x, *y], default=0) <= 0 or len(set(x)) < 2:
        return None
    places, heights = np.log(x), np.log(y)
    apart = places - places.mean()
    exponent = float(apart @ heights / (apart @ apart))
    off = heights - heights.mean() - exponent * apart
    free = len(places) - 2
    error = math.sqrt(float(off @ off) / free / float(apart @ apart)) if free else math.nan
    last = float((heights[-1] - heights[-2]) / (places[-1] - places[-2])) if places[-1] > places[-2] else exponent
    return Slope(exponent, error, last)
