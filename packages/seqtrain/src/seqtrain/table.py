"""An aligned plain table."""

from collections.abc import Sequence


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows under their header, first column left, the others right-aligned.

    >>> print(plain_table(["phase", "accuracy"], [["all", "61.2 %"], ["phase1", "7.0 %"]]))
    phase   accuracy
    all       61.2 %
    phase1     7.0 %
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
