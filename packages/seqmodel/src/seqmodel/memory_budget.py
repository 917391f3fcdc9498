"""The largest batch that a memory has room for."""

import re
from bisect import bisect_right
from typing import Any

from seqmodel.config import ModelConfig
from seqmodel.limits import LARGEST
from seqmodel.memory import memory_account
from seqmodel.memory_extent import ROW_MULTIPLE
from seqmodel.vocabularies import Vocabulary

_UNITS = {"": 1} | {f"{prefix}B": 1000**power for power, prefix in enumerate(("", "K", "M", "G", "T"))}
_UNITS |= {f"{prefix}iB": 1024**power for power, prefix in enumerate(("K", "M", "G", "T"), start=1)}

_MOST = 2**63
"""Of any unit: more than there is, and few enough to count with."""

_ROW = 8
"""Bytes that a row takes at least: one token."""


def largest_batch(config: ModelConfig, vocabulary: Vocabulary, *, budget: int, **options: Any) -> int | None:
    """Return how many rows fit at most.

    Args:
        config: The architecture.
        vocabulary: What it reads and predicts.
        budget: Bytes.
        options: Those of `memory_account`, without `batch`.

    Returns:
        The largest batch whose account is within the budget; None where not even one row fits.

    Raises:
        ValueError: An option is impossible.

    >>> from seqmodel import IntegerVocabulary
    >>> largest_batch(ModelConfig(), IntegerVocabulary(), budget=8 * 10**9)
    25937
    """

    def total(batch: int) -> int:
        return memory_account(config, vocabulary, batch=batch, **options).total

    most = min(budget // _ROW, LARGEST - 1)
    slots = options.get("slots", 0)
    if slots and not options.get("training", True):
        # A batch that leaves slots out copies the others' keys and values: the whole may need less.
        if total(slots) <= budget:
            return int(slots)
        most = slots - 1
    # Padded, 15 rows may need more than 16; but 32 never need less than 16.
    multiple = ROW_MULTIPLE if options.get("exact") else 1
    found = bisect_right(range(1, most // multiple + 1), budget, key=lambda count: total(count * multiple))
    candidates = range(min(most, found * multiple + multiple - 1), max(found * multiple, 1) - 1, -1)
    return next((batch for batch in candidates if total(batch) <= budget), None)


def byte_count(text: str) -> int:
    """Read a number of bytes: 8GB is 8 * 1000**3 of them, 8GiB 8 * 1024**3.

    >>> byte_count("8GB"), byte_count("1.5 MiB"), byte_count("640")
    (8000000000, 1572864, 640)

    Raises:
        ValueError: It is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?i?B|)", text)
    if match is None or match[2] not in _UNITS or not 0 < float(match[1]) < _MOST:
        raise ValueError(f"{text!r} is no amount of memory: expected one like 8GB, 512MiB or 1000000")
    return int(float(match[1]) * _UNITS[match[2]])
