"""A training step as a graph that a GPU runs by itself: one launch in the place of hundreds."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

Step = Callable[..., tuple[Tensor, ...]]
"""From tensors, or None in their place, to tensors; everything else it changes lies where it did before."""

Shapes = tuple[tuple[torch.Size, torch.dtype] | None, ...]

WARM_UPS = 2
"""Runs before a capture: what is made at the first use is there then."""


class _Graph(NamedTuple):
    """A captured step, the tensors that it reads, and those that it writes."""

    graph: torch.cuda.CUDAGraph
    given: tuple[Tensor | None, ...]
    made: tuple[Tensor, ...]


class CapturedStep:
    """Run a step as captured graphs, one for each combination of its inputs' shapes.

    What it returns is overwritten by the next step. A replay computes what the step itself does, with the random
    numbers that it would draw; capturing leaves no trace in weights, moments and random numbers.

    Args:
        step: What is captured. It must not look at a value on the device.
        state: Names all tensors that it changes in place, as they are when it is called.
    """

    def __init__(self, step: Step, state: Callable[[], Mapping[str, Tensor]]) -> None:
        self._step, self._state = step, state
        self._graphs: dict[Shapes, _Graph] = {}
        self._pool: Any = None

    def __call__(self, *given: Tensor | None) -> tuple[Tensor, ...]:
        """Take the step, on inputs that lie on the GPU."""
        shapes = tuple(None if each is None else (each.shape, each.dtype) for each in given)
        if shapes not in self._graphs:
            self._graphs[shapes] = self._capture(given)
        graph = self._graphs[shapes]
        for read, each in zip(graph.given, given, strict=True):
            if read is not None and each is not None:
                read.copy_(each)
        graph.graph.replay()
        return graph.made

    def _capture(self, given: tuple[Tensor | None, ...]) -> _Graph:
        read = tuple(None if each is None else each.clone() for each in given)
        self._warm_up(read)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            made = self._step(*read)
        self._pool = graph.pool()  # graphs of other shapes run at other times: their memory may be the same
        return _Graph(graph, read, made)

    def _warm_up(self, read: tuple[Tensor | None, ...]) -> None:
        """Run the step and undo what it did, on a stream of its own, as torch asks for before a capture."""
        before = {name: tensor.detach().clone() for name, tensor in self._state().items()}
        random = torch.cuda.get_rng_state()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                self._step(*read)
            with torch.no_grad():
                for name, tensor in self._state().items():
                    if name in before:
                        tensor.copy_(before[name])
                    else:  # a moment that was not there before begins at zero
                        tensor.zero_()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.set_rng_state(random)
