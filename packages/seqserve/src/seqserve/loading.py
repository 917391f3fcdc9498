"""The choice of an engine: once, when a model loads."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from seqserve.compiled_engine import CompiledEngine
    from seqserve.torch_engine import TorchEngine

EngineName = Literal["auto", "compiled", "torch"]
"""Which engine: "compiled" is faster and needs no torch; "torch" runs every model; "auto" is the first that can."""


def load_engine(
    path: str | Path, engine: EngineName = "auto", *, threads: int | None = None
) -> "CompiledEngine | TorchEngine":
    """Load a checkpoint and choose the engine that runs it.

    Args:
        path: A checkpoint, a folder with one, or the name of a model packaged in seqmodel.
        engine: See `EngineName`.
        threads: Processor threads. None: one for the compiled engine, and torch's as they are; a number sets torch's
            for the whole process where the torch engine is chosen.

    Raises:
        seqmodel.CheckpointError: There is no checkpoint, or it is damaged.
        ValueError: The engine is unknown, or is "compiled" and cannot run this model.
    """
    if engine not in get_args(EngineName):
        known = ", ".join(map(repr, get_args(EngineName)))
        raise ValueError(f"engine: expected one of {known}, got {engine!r}")
    if engine != "torch":
        from seqmodel import find_checkpoint
        from seqserve.compiled_engine import CompiledEngine, unsupported

        content = find_checkpoint(path)
        if engine == "compiled" or unsupported(content) is None:
            return CompiledEngine(content, threads=threads or 1)
    from seqserve.torch_engine import TorchEngine

    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    return TorchEngine.load(path)
