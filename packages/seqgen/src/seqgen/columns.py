"""Plain tables whose columns align."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], header: Sequence[str] | None = None, right: Sequence[int] = ()) -> str:
    """Return rows of text as lines whose columns align; those in ``right`` to the right.

    >>> print(aligned([["1", "one"], ["10", "ten"]], ["n", "word"], right=[0]))
     n  word
     1  one
    10  ten
    """
    lines = [*([header] if header else []), *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
