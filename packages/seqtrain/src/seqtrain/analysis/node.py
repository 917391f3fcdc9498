"""The nodes of a model: what a head, or a feed-forward layer, does at one position."""

import re
from dataclasses import dataclass
from typing import Self

from seqmodel import ModelConfig

_NAME = re.compile(r"P(\d+)L(\d+)(H|M)(\d+)", re.ASCII)


@dataclass(frozen=True, order=True)
class Node:
    """Name a head, or a feed-forward layer, at one position.

    Attributes:
        position: In the question with its answer.
        layer: Of the model.
        is_mlp: Whether it is the feed-forward layer; else it is a head.
        number: Of the head; 0 of a feed-forward layer.

    >>> str(Node(12, 0, False, 1)), str(Node(18, 0, True, 0))
    ('P12L0H1', 'P18L0M0')
    """

    position: int
    layer: int
    is_mlp: bool
    number: int

    @classmethod
    def parse(cls, name: str) -> Self:
        """Return the node of a name.

        >>> Node.parse("P12L0H1") == Node(12, 0, False, 1)
        True

        Raises:
            ValueError: It is none.
        """
        found = _NAME.fullmatch(name)
        if not found:
            raise ValueError(f"{name!r} is no node: expected a name like P12L0H1 (a head) or P18L0M0")
        position, layer, kind, number = found.groups()
        return cls(int(position), int(layer), kind == "M", int(number))

    def __str__(self) -> str:
        return f"P{self.position}L{self.layer}{'M' if self.is_mlp else 'H'}{self.number}"

    @property
    def place(self) -> str:
        """Where hooks find what it does: what the head read, or the hidden layer."""
        return f"blocks.{self.layer}.{'hidden' if self.is_mlp else 'heads'}"


def nodes_of(config: ModelConfig, positions: range) -> list[Node]:
    """Return every node of a model at these positions, in order.

    >>> [str(node) for node in nodes_of(ModelConfig(layers=1, heads=2, d_model=8), range(3, 4))]
    ['P3L0H0', 'P3L0H1', 'P3L0M0']
    """
    return [
        node
        for position in positions
        for layer in range(config.layers)
        for node in (
            *(Node(position, layer, False, head) for head in range(config.heads)),
            Node(position, layer, True, 0),
        )
    ]
