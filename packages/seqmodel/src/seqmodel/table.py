"""An aligned plain table."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines whose columns align, the first to the left, the others to the right.

    >>> print(aligned([["bytes", "training"], ["weights", "8"], ["all", "1,024"]]))
    bytes    training
    weights         8
    all         1,024
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
