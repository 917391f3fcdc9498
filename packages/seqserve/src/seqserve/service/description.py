"""GET /v1/info: what answers here, down to the hash of its weights."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

import seqserve
from seqmodel import CheckpointFile
from seqserve.protocols import Engine
from seqserve.service.messages import Info, Promise
from seqserve.service.settings import Settings


def describe(settings: Settings, checkpoint: CheckpointFile, engine: Engine) -> Info:
    """Return the description of a service."""
    # An engine may promise nothing; one that does says first whether it is exact.
    promise = str(getattr(engine, "promise", "nothing is promised"))
    return Info(
        version=seqserve.__version__,
        model=settings.model,
        weights=weights_hash(checkpoint.tensors),
        parameters=sum(tensor.size for tensor in checkpoint.tensors.values()),
        low=engine.low,
        high=engine.high,
        configuration=checkpoint.config.to_dict(),
        vocabulary=checkpoint.vocabulary.to_dict(),
        engine=getattr(engine, "name", type(engine).__name__),
        promise=Promise(exact=promise.startswith("exact"), text=promise),
        limits=asdict(settings.limits),
        universe=settings.universe,
    )


def weights_hash(tensors: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of a model's weights: of each name, shape and float32 little-endian bytes, by name.

    >>> weights_hash({"a": np.zeros(2, np.float32)}) == weights_hash({"a": np.zeros(3, np.float32)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.ascontiguousarray(tensors[name], dtype="<f4")
        digest.update(f"{name} {tensor.shape}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()
