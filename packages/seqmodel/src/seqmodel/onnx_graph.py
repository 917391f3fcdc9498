"""An ONNX graph that grows by one operation a call."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET = 17
"""The oldest with LayerNormalization; runtimes read it since 2022."""

_IR_VERSION = 8  # came with that opset


class Graph:
    """Collect the operations and the fixed tensors of a graph.

    What a call returns is a name, which later calls may take.

    >>> graph = Graph()
    >>> doubled = graph.add("Add", "x", "x")
    >>> graph.add("Mul", doubled, graph.tensor("three", np.array(3.0)))
    'mul_1'
    """

    FLOAT32 = TensorProto.FLOAT
    FLOAT64 = TensorProto.DOUBLE

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._tensors: dict[str, TensorProto] = {}

    def tensor(self, name: str, value: NDArray[Any]) -> str:
        """Hold a tensor of fixed numbers; the same name again is the same tensor."""
        if name not in self._tensors:
            self._tensors[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def add(self, operation: str, *inputs: str, result: str | None = None, **attributes: Any) -> str:
        """Add an operation with one output, and name that: as `result` says, or by a number."""
        name = result or self._next(operation)
        self._nodes.append(helper.make_node(operation, inputs, [name], name, **attributes))
        return name

    def split(self, x: str, parts: int) -> list[str]:
        """Split the last dimension into equal parts."""
        name = self._next("Split")
        names = [f"{name}_{number}" for number in range(parts)]
        self._nodes.append(helper.make_node("Split", [x], names, name, axis=-1))
        return names

    def finish(
        self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto], notes: dict[str, str]
    ) -> bytes:
        """Return a model with this graph as a file's bytes; the same calls give the same ones."""
        graph = helper.make_graph(self._nodes, "seqmodel", inputs, outputs, list(self._tensors.values()))
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, producer_name="seqmodel", opset_imports=[opset], ir_version=_IR_VERSION)
        helper.set_model_props(model, notes)
        return bytes(model.SerializeToString(deterministic=True))

    def _next(self, operation: str) -> str:
        return f"{operation.lower()}_{len(self._nodes)}"
