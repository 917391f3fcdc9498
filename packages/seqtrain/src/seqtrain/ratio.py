"""Ratios of sums over rows, and how far chance in the rows may have moved them.

A row's targets go right and wrong together, so that each row counts as one observation: the variance of a ratio of
sums is that of its linearisation over rows (Cochran, Sampling Techniques, 1977, section 2.11). A share has Wilson's
interval (Wilson, 1927) at the number of independent targets that would have this variance, no more than there are
(Korn and Graubard, 1998, do so with another interval): unlike "plus or minus" it never leaves 0 to 1, and a share of 1
has one too.
"""

# R rows, T positions, D = T + 1 depths (0: the whole row, k: position k), G groups

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TWO_SIDED_95 = 1.959964


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Hold a ratio of sums over rows, x to n.

    Attributes:
        weight: The sum of n; where that is 0, value and error are NaN.
        value: The ratio.
        error: Half the width of its 95 % interval, if that is symmetric.
        clusters: How many independent targets there are if those of a row are the same again.
    """

    weight: float
    value: float
    error: float
    clusters: float

    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval of a ratio that is a share.

        >>> Ratio(weight=100, value=1.0, error=0.0, clusters=50).interval()[1]
        1.0
        """
        p, z = self.value, TWO_SIDED_95
        effective = self.clusters
        if 0 < p < 1:
            variance = (self.error / z) ** 2
            effective = min(self.weight, p * (1 - p) / variance) if variance else self.weight
        if not effective > 0:
            return math.nan, math.nan
        middle = p + z * z / (2 * effective)
        spread = z * math.sqrt(p * (1 - p) / effective + (z / (2 * effective)) ** 2)
        whole = 1 + z * z / effective
        # It holds the share itself, 0 and 1 included, whatever is rounded.
        return max(0.0, min(p, (middle - spread) / whole)), min(1.0, max(p, (middle + spread) / whole))


class RatioSums:
    """Sums over rows by group and depth, from which the ratio of any groups follows; memory does not grow with rows.

    Args:
        groups: G.
        positions: T.
    """

    def __init__(self, groups: int, positions: int) -> None:
        self._sums_GDS = np.zeros((groups, positions + 1, 5))

    def add(self, amounts_RT: NDArray[np.float64], weights_RT: NDArray[np.float64], runs: "GroupRuns") -> None:
        """Add rows, sorted by group: of each target what it adds to x and to n; 0 where it does not count."""
        x_RD, n_RD = (_with_whole_rows(each) for each in (amounts_RT, weights_RT))
        sums_RDS = np.stack([n_RD, n_RD * n_RD, x_RD, x_RD * x_RD, x_RD * n_RD], axis=-1)
        self._sums_GDS[runs.groups] += np.add.reduceat(sums_RDS, runs.starts, axis=0)

    def ratio(self, chosen_G: NDArray[np.bool_], depth: int) -> Ratio:
        """Return the ratio over some groups at a depth: 0 for whole rows, k for position k."""
        n, nn, x, xx, xn = self._sums_GDS[chosen_G, depth].sum(0).tolist()
        if not n:
            return Ratio(weight=0.0, value=math.nan, error=math.nan, clusters=0.0)
        value = x / n
        squares = xx - 2 * value * xn + value * value * nn
        # Rounding may leave less than nothing; NaN stays NaN.
        error = TWO_SIDED_95 * math.sqrt(0.0 if squares < 0 else squares) / n
        return Ratio(weight=n, value=value, error=error, clusters=n * n / nn)


@dataclass(frozen=True, kw_only=True)
class GroupRuns:
    """Say where each group begins in rows that are sorted by group.

    Attributes:
        groups: Those that have rows, ascending.
        starts: The first row of each.
    """

    groups: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, group_R: NDArray[np.int64]) -> "GroupRuns":
        """Find them."""
        groups, starts = np.unique(group_R, return_index=True)
        return cls(groups=groups, starts=starts)


def _with_whole_rows(values_RT: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([values_RT.sum(1, keepdims=True), values_RT], axis=1)
