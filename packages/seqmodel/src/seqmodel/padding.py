"""Rows of zeros, so that matrix products on a CPU keep to one kernel."""

from torch import Tensor
from torch.nn.functional import pad

ROW_MULTIPLE = 16
"""Products of a multiple of 16 rows sum every row in one order; fewer rows may take kernels that
sum in another."""


def padded_length(rows: int) -> int:
    """Return the next multiple of `ROW_MULTIPLE`.

    >>> padded_length(1), padded_length(16), padded_length(17)
    (16, 16, 32)
    """
    return rows + -rows % ROW_MULTIPLE


def pad_rows(x: Tensor, rows: int) -> Tensor:
    """Append zeros to the last dimension but one until it has `rows` rows."""
    missing = rows - x.shape[-2]
    return pad(x, (0, 0, 0, missing)) if missing else x
