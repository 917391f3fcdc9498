"""The hypothesis of the whole algorithm tested against the nodes of a model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqtrain.analysis.evidence import Evidence
from seqtrain.analysis.hypothesis import Requirement, Task, requirements
from seqtrain.analysis.node import Node
from seqtrain.analysis.node_file import TaggedNode
from seqtrain.analysis.tags import KINDS

FOUND, PARTLY, WEAKLY, MISSING = "found", "partly", "weakly", "missing"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Say whether a requirement of the algorithm is met, and by which nodes.

    Attributes:
        requirement: What is required.
        status: "found"; "partly" where some sub-tasks of a way are done; "weakly" where one is done, but not clearly;
            "missing".
        nodes: That do it, or do it partly or weakly.
    """

    requirement: Requirement
    status: str
    nodes: tuple[Node, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        required = self.requirement
        return {
            "kind": required.kind,
            "target": required.target,
            "meaning": required.meaning,
            "ways": [[_name(task) for task in way] for way in required.ways],
            "status": self.status,
            "nodes": [str(node) for node in self.nodes],
        }


def verdicts(evidence: Evidence, digits: int, kinds: str) -> list[Verdict]:
    """Test every requirement of the algorithm.

    Args:
        evidence: Which nodes do what.
        digits: Of each number.
        kinds: Of questions that the model answers, of "S", "M", "N".
    """
    return [_verdict(evidence, required) for required in requirements(digits, kinds)]


def _verdict(evidence: Evidence, required: Requirement) -> Verdict:
    tasks = {task for way in required.ways for task in way}
    doing = {task: evidence(task, required.target, False) for task in tasks}
    partly = {node for found in doing.values() for node in found}
    for way in required.ways:
        if all(doing[task] for task in way):
            found = {node for task in way for node in doing[task]}
            return _made(required, FOUND, found)
    if partly:
        return _made(required, PARTLY, partly)
    weakly = {node for task in tasks for node in evidence(task, required.target, True)}
    return _made(required, WEAKLY if weakly else MISSING, weakly)


def _made(required: Requirement, status: str, nodes: set[Node]) -> Verdict:
    return Verdict(requirement=required, status=status, nodes=tuple(sorted(nodes)))


def joined(behaviors: Sequence[TaggedNode], features: Sequence[TaggedNode]) -> list[TaggedNode]:
    """Return the nodes of both files with all their tags."""
    tags: dict[Node, dict[str, None]] = {}
    for tagged in (*behaviors, *features):
        tags.setdefault(tagged.node, {}).update(dict.fromkeys(tagged.tags))
    return [TaggedNode(node, tuple(tags[node])) for node in sorted(tags)]


def digits_of(nodes: Sequence[TaggedNode]) -> int:
    """Return how many digits a model's numbers have: its last node is the one from where A0 is written.

    Raises:
        ValueError: There is none.
    """
    last = max((tagged.node.position for tagged in nodes), default=0)
    digits, rest = divmod(last - 2, 3)
    if rest or digits < 1:
        raise ValueError(f"the last node is at position {last}, from where no model writes A0: give --digits")
    return digits


def kinds_of(nodes: Sequence[TaggedNode]) -> str:
    """Return the kinds of questions that a model answers: those of which some fail without a node.

    >>> kinds_of([TaggedNode(Node(3, 0, False, 0), ("Math.Sub:M12", "Math.Add:A3.SP"))])
    'M'
    """
    tags = [tag for tagged in nodes for tag in tagged.tags]
    return "".join(
        kind
        for kind, major in KINDS.items()
        if any(re.fullmatch(rf"{re.escape(major)}:{kind}\d+", tag) for tag in tags)
    )


def counts(tested: Sequence[Verdict]) -> Mapping[str, int]:
    """Return how many requirements have each status."""
    return {status: sum(verdict.status == status for verdict in tested) for status in (FOUND, PARTLY, WEAKLY, MISSING)}


def _name(task: Task) -> str:
    name, digit = task
    return name if digit is None else f"A{digit}.{name}"
