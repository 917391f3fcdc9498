"""What is known of a model's nodes, and how it is written."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from seqgen.arithmetic import Questions
from seqtrain.analysis.ablation import Failures
from seqtrain.analysis.clusters import Cluster
from seqtrain.analysis.findings import Finding
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node
from seqtrain.analysis.node_file import TaggedNode
from seqtrain.analysis.tags import (
    AMBIGUOUS_FROM,
    attention_tags,
    class_tags,
    cluster_tag,
    fail_tag,
    impact_tag,
    task_tag,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Hold all that was found of a model.

    Attributes:
        layout: Of its questions.
        heads: Of each layer.
        layers: Of the model.
        seed: What all questions were drawn by.
        accuracies: Share of varied questions answered rightly, by kind "S", "M", "N".
        kinds: Those that were analysed.
        questions: The varied questions that nodes were ablated on.
        failures: What fails without which node.
        attention: Mean weight of each position, for every head that matters.
        clusters: Heads whose results fall into three cases.
        findings: Heads that do sub-tasks.
    """

    layout: Layout
    heads: int
    layers: int
    seed: int
    accuracies: Mapping[str, float]
    kinds: str
    questions: Questions
    failures: list[Failures]
    attention: Mapping[Node, list[float]]
    clusters: list[Cluster]
    findings: list[Finding]

    @cached_property
    def nodes(self) -> list[TaggedNode]:
        """Every node of which something is known, with its tags, in order."""
        tags: dict[Node, list[str]] = {}
        names = np.array(self.questions.difficulties())
        for lost in self.failures:
            tags[lost.node] = [
                fail_tag(int(lost.failed_N.sum()), len(self.questions)),
                impact_tag(lost.impact),
                *class_tags(names[lost.failed_N].tolist()),
                *attention_tags(self.attention.get(lost.node, [])),
            ]
        for cluster in self.clusters:
            tag = cluster_tag(cluster.kind, cluster.digit, clear=cluster.clear)
            tags.setdefault(cluster.head, []).append(tag)
        done = {(f.task, f.digit, head) for f in self.findings if f.clear for head in f.heads}
        for found in self.findings:
            for head in found.heads:
                if found.clear or (found.task, found.digit, head) not in done:
                    tag = task_tag(found.task, found.digit, clear=found.clear)
                    if tag not in tags.setdefault(head, []):
                        tags[head].append(tag)
        return [TaggedNode(node, tuple(tags[node])) for node in sorted(tags)]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values: with counts and lists where tags hold rounded or joined ones."""
        names = np.array(self.questions.difficulties())
        return {
            "digits": self.layout.digits,
            "layers": self.layers,
            "heads": self.heads,
            "seed": self.seed,
            "questions": len(self.questions),
            "accuracies": dict(self.accuracies),
            "kinds": self.kinds,
            "impact_tags_ambiguous": self.layout.digits >= AMBIGUOUS_FROM,
            "failures": [
                {
                    "node": str(lost.node),
                    "failed": int(lost.failed_N.sum()),
                    "impact": list(lost.impact),
                    "difficulties": dict(sorted(Counter(names[lost.failed_N].tolist()).items())),
                    "attention": [round(share, 4) for share in self.attention.get(lost.node, [])],
                }
                for lost in self.failures
            ],
            "clusters": [
                {"head": str(c.head), "kind": c.kind, "digit": c.digit, "share": round(c.share, 4), "clear": c.clear}
                for c in self.clusters
            ],
            "findings": [
                {
                    "task": found.task,
                    "digit": found.digit,
                    "target": found.target,
                    "heads": [str(head) for head in found.heads],
                    "share": round(found.share, 4),
                    "pairs": found.pairs,
                    "clear": found.clear,
                }
                for found in self.findings
            ],
        }
