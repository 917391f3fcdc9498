"""What says that a node does a sub-task for a digit of the answer: its tags, or our own trials."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seqtrain.analysis.findings import CLEAR, WEAK
from seqtrain.analysis.hypothesis import Task
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node
from seqtrain.analysis.node_file import TaggedNode
from seqtrain.analysis.tags import WEAK as WEAK_TAG
from seqtrain.analysis.tags import impact_of, of_major, task_of

Evidence = Callable[[Task, int, bool], list[Node]]
"""Called with a sub-task, a digit of the answer, and whether weak signs are asked for; gives the nodes that do it."""


def evidence_of_tags(nodes: Sequence[TaggedNode], digits: int) -> Evidence:
    """Return what the tags of published files say.

    A node does a sub-task for a digit if it is tagged with it, does not come too late, and has an impact on the digit;
    where its impact is not told, or may be read in two ways, that is taken for granted.

    Args:
        nodes: With all their tags, those of both files.
        digits: Of each number.
    """
    layout = Layout(digits)
    impacts = {tagged.node: _impact(tagged, layout) for tagged in nodes}

    def evidence(task: Task, target: int, weak: bool) -> list[Node]:
        return [
            tagged.node
            for tagged in nodes
            if tagged.node.position <= layout.written_at(target) and target in impacts[tagged.node]
            for tag in tagged.tags
            if task_of(tag.removesuffix(WEAK_TAG) if weak else tag) == task
        ]

    return evidence


def _impact(tagged: TaggedNode, layout: Layout) -> Sequence[int]:
    for tag in of_major(tagged.tags, "Impact"):
        impact = impact_of(tag, layout.digits)
        if impact is not None:
            return impact
    return layout.targets


def evidence_of_findings(findings: Sequence[Mapping[str, Any]]) -> Evidence:
    """Return what our own trials say, each of which is for one digit of the answer.

    Args:
        findings: As `analysis.json` holds them.
    """

    def evidence(task: Task, target: int, weak: bool) -> list[Node]:
        least = WEAK if weak else CLEAR
        return [
            Node.parse(head)
            for found in findings
            if (found["task"], found["digit"], found["target"]) == (*task, target) and found["share"] >= least
            for head in found["heads"]
        ]

    return evidence
