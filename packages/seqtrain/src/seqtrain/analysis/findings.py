"""What was found of heads, and what follows from something else that was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqtrain.analysis.node import Node

CLEAR = 0.9
"""Share of pairs in which exactly what is expected changes, from which on heads do a sub-task."""

WEAK = 0.75
"""Share from which on they do it weakly. Heads that carry something else, which agrees with the sub-task in half of all
questions, pass half of the pairs, and 48 of 64 once in 20,000 times."""

PARTS = {"SC": "ST", "SS": "ST", "MB": "MT"}
"""Sub-tasks that whoever does another does too."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Say that heads do a sub-task for one digit of the answer.

    Attributes:
        task: The sub-task.
        digit: Whose; None where it is of the whole question.
        target: For which digit of the answer; `digits + 1` is the sign.
        heads: One, or several that do it together, none of them alone: of one position, or where no position does it by
            itself, of several.
        share: Of the pairs in which exactly what is expected changed.
        pairs: How many there were.
    """

    task: str
    digit: int | None
    target: int
    heads: tuple[Node, ...]
    share: float
    pairs: int

    @property
    def clear(self) -> bool:
        """Whether it is clear that they do it."""
        return self.share >= CLEAR


def without_parts(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without those that follow from others: who tells all three cases tells two of them too.

    >>> heads = (Node(12, 0, False, 1),)
    >>> found = [Finding(task=t, digit=3, target=4, heads=heads, share=1.0, pairs=64) for t in ("ST", "SC")]
    >>> [finding.task for finding in without_parts(found)]
    ['ST']
    """
    whole = {(f.task, f.digit, f.target, head) for f in findings if f.clear for head in f.heads}
    return [f for f in findings if not all((PARTS.get(f.task), f.digit, f.target, head) in whole for head in f.heads)]
