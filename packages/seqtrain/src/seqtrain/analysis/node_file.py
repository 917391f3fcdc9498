"""Published node files, `behaviors.json` and `features.json`: a list of nodes with their tags."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from seqmodel import write_atomically
from seqtrain.analysis.node import Node
from seqtrain.analysis.tags import of_major

_FIELDS = ("position", "layer", "is_head", "num", "tags")


@dataclass(frozen=True)
class TaggedNode:
    """Hold a node and what is said of it.

    Attributes:
        node: The node.
        tags: "Major:Minor" each, in the file's order; unknown ones are kept.
    """

    node: Node
    tags: tuple[str, ...]

    @property
    def tasks(self) -> "TaggedNode":
        """The node with its `Algo` tags alone, as `features.json` holds it."""
        return TaggedNode(self.node, tuple(of_major(self.tags, "Algo")))

    @property
    def behaviors(self) -> "TaggedNode":
        """The node with all its other tags, as `behaviors.json` holds it."""
        return TaggedNode(self.node, tuple(tag for tag in self.tags if tag not in self.tasks.tags))

    def to_dict(self) -> dict[str, Any]:
        """Return the node as JSON values, in the published schema.

        >>> TaggedNode(Node(12, 0, False, 1), ("Fail%:3",)).to_dict()
        {'position': 12, 'layer': 0, 'is_head': True, 'num': 1, 'tags': ['Fail%:3']}
        """
        node = self.node
        values = (node.position, node.layer, not node.is_mlp, node.number, list(self.tags))
        return dict(zip(_FIELDS, values, strict=True))

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Return the node that JSON values describe.

        Raises:
            ValueError: They describe none; says what is wrong.
        """
        if not isinstance(values, Mapping) or any(name not in values for name in _FIELDS):
            raise ValueError(f"{values!r} is no node: it needs {', '.join(_FIELDS)}")
        position, layer, is_head, number, tags = (values[name] for name in _FIELDS)
        for name, value in (("position", position), ("layer", layer), ("num", number)):
            if type(value) is not int or value < 0:
                raise ValueError(f"{name}={value!r}: expected an integer of at least 0")
        if type(is_head) is not bool:
            raise ValueError(f"is_head={is_head!r}: expected true or false")
        if not isinstance(tags, list) or not all(isinstance(tag, str) and ":" in tag for tag in tags):
            raise ValueError(f"tags={tags!r}: expected a list of texts such as 'Fail%:3'")
        return cls(Node(position, layer, not is_head, number), tuple(tags))


def write_nodes(path: Path, nodes: Iterable[TaggedNode]) -> None:
    """Write a node file, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    write_atomically(path, json.dumps([node.to_dict() for node in nodes]).encode())


def read_nodes(path: Path) -> list[TaggedNode]:
    """Read a node file: one of ours or a published one.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no node file, or names a node twice; says where and what is wrong.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, list):
        raise ValueError(f"{path}: expected a list of nodes, got {type(content).__name__}")
    nodes: dict[Node, TaggedNode] = {}
    for place, values in enumerate(content):
        try:
            found = TaggedNode.from_dict(values)
        except ValueError as error:
            raise ValueError(f"{path}, node {place}: {error}") from error
        if found.node in nodes:
            raise ValueError(f"{path}, node {place}: {found.node} stands there twice")
        nodes[found.node] = found
    return list(nodes.values())
