"""Which combinations of a family's parameters are valid: filtered once, in chunks, with bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seqgen.family import Family


class NoRulesError(ValueError):
    """A family has no valid rule in its span."""


LISTED_LIMIT = 40_000_000
"""The largest product that is filtered and listed."""

CHUNK = 1 << 15
"""Rules evaluated at once: their columns stay in the processor's cache."""


def list_valid(family: Family) -> NDArray[np.int64]:
    """Return the indices into the family's product of its valid rules, ascending.

    A combination is valid where the family admits it and its row has the terms that the span asks for: at least 4,
    or all of them under ``reject``.

    Raises:
        ValueError: the family is too large to be listed, or no combination is valid.
    """
    size = family.size_of_product
    if not family.listed:
        raise ValueError(
            f"{family.name} has {size} combinations, more than the {LISTED_LIMIT} that can be listed: "
            "it can be indexed and sampled, but takes no part in a listing or a posterior"
        )
    least = family.span.least
    valid = []
    for start in range(0, size, CHUNK):
        combinations = np.arange(start, min(start + CHUNK, size))
        admitted = family.admits(family.columns(combinations))
        if admitted is not True:
            combinations = combinations[np.broadcast_to(admitted, combinations.shape)]
        if not len(combinations):
            continue
        _, lengths = family.rows(combinations, least)
        valid.append(combinations[lengths == least])
    listed = np.concatenate(valid) if valid else np.empty(0, np.int64)
    if not len(listed):
        raise NoRulesError(
            f"{family.name}: none of its {size} combinations yields {least} terms in "
            f"{family.span.low}..{family.span.high}; widen a parameter or the range"
        )
    return listed
