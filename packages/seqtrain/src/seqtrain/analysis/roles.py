"""What a node is for, in a word: by its sub-tasks, and else by what fails without it."""

from collections.abc import Sequence

from seqtrain.analysis.findings import PARTS
from seqtrain.analysis.node_file import TaggedNode
from seqtrain.analysis.tags import of_major, task_of

ROLES = {
    "own digit": ("SA", "MD", "ND"),
    "carry or borrow": ("SC", "SS", "ST", "MB", "MT", "NB", "STC", "MTC", "NTC"),
    "operation": ("OPR",),
    "sign": ("GT", "SGN"),
}
"""The roles of heads, each with its sub-tasks."""


def tasks_of(tagged: TaggedNode) -> list[tuple[str, int | None]]:
    """Return the sub-tasks that a node clearly does, each with its digit."""
    return [task for tag in tagged.tags if (task := task_of(tag)) is not None]


def roles_of(tagged: TaggedNode) -> list[str]:
    """Return the roles of a node, in the order of `ROLES`.

    >>> from seqtrain.analysis.node import Node
    >>> roles_of(TaggedNode(Node(12, 0, False, 1), ("Algo:A3.ST", "Algo:A1.SA", "Algo:A2.SA")))
    ['own digit', 'carry or borrow']
    """
    names = {name for name, _ in tasks_of(tagged)}
    return [role for role, tasks in ROLES.items() if names.intersection(tasks)]


def fail_percent(tagged: TaggedNode) -> int | None:
    """Return the per cent of questions that fail without a node, or None where none does."""
    for tag in of_major(tagged.tags, "Fail%"):
        _, _, percent = tag.partition(":")
        return int(percent)
    return None


def lines_of(tasks: Sequence[tuple[str, int | None]]) -> list[str]:
    """Return sub-tasks in few short lines: those of one digit together, without those that are part of another.

    >>> lines_of([("SA", 3), ("MD", 3), ("SC", 2), ("ST", 2), ("OPR", None)])
    ['A3 SA MD', 'A2 ST', 'OPR']
    """
    by_digit: dict[int | None, list[str]] = {}
    for name, digit in tasks:
        if (PARTS.get(name), digit) not in tasks:
            by_digit.setdefault(digit, []).append(name)
    return [" ".join([*([] if digit is None else [f"A{digit}"]), *names]) for digit, names in by_digit.items()]
