"""Rows as tensors on the device where a model is trained."""

# S steps, R rows of a step, T positions

from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtrain.protocols import BatchSource


class TensorBatches(NamedTuple):
    """Hold the rows of consecutive steps as `Batches` does, each int64: inputs and targets (S, R, T), phases (S, R)."""

    inputs: Tensor
    targets: Tensor
    phases: Tensor


class TensorSource(Protocol):
    """Give any step's rows on a device."""

    def batches(self, first: int, count: int) -> TensorBatches:
        """Return the rows of the steps first, ..., first + count - 1."""
        ...


@runtime_checkable
class DeviceSource(BatchSource, Protocol):
    """A source that can draw its rows on a device, the same ones as on a CPU."""

    def on(self, device: torch.device) -> TensorSource | None:
        """Return the rows as the device draws them; None where it cannot."""
        ...


def tensors_of(source: BatchSource, device: torch.device) -> TensorSource:
    """Return a source's rows as tensors: a GPU draws them itself where the source can have it do so."""
    drawn = source.on(device) if device.type == "cuda" and isinstance(source, DeviceSource) else None
    return drawn or _Copied(source, device)


class _Copied:
    """Give rows that a CPU has drawn."""

    def __init__(self, source: BatchSource, device: torch.device) -> None:
        self._source, self._device = source, device

    def batches(self, first: int, count: int) -> TensorBatches:
        drawn = self._source.batches(first, count)
        return TensorBatches(*map(self._put, (drawn.inputs, drawn.targets, drawn.phases)))

    def _put(self, rows: NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(rows)
        if self._device.type == "cuda":  # from pinned memory, so that the next rows are drawn while the GPU works
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)
