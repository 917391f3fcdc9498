"""How many leading terms of each rule are defined: an array (rows,), or None where all of all rules are."""

from typing import Any

import numpy as np

FOREVER = np.iinfo(np.int64).max
"""The count of a rule that does not end."""


def earlier(a: Any, b: Any) -> Any:
    """Return the counts of sequences that end where the first of two does."""
    if a is None or b is None:
        return b if a is None else a
    return np.minimum(a, b)


def defined_until(defined: Any, shape: tuple[int, ...], counts: Any = None) -> Any:
    """Return the counts, from where each of (n, rows) is ``defined`` (None: everywhere) and the counts before."""
    if defined is None:
        return counts
    everywhere = np.broadcast_to(np.asarray(defined, bool), np.broadcast_shapes(np.shape(defined), shape))
    lasting = np.logical_and.accumulate(everywhere, axis=0).sum(axis=0)
    return earlier(np.where(lasting == len(everywhere), FOREVER, lasting), counts)
