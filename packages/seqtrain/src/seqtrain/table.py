"""An aligned plain table."""

from collections.abc import Sequence

from seqmodel.table import aligned


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows under their header, first column left, the others right-aligned.

    >>> print(plain_table(["phase", "accuracy"], [["all", "61.2 %"], ["phase1", "7.0 %"]]))
    phase   accuracy
    all       61.2 %
    phase1     7.0 %
    """
    return aligned([header, *rows])
