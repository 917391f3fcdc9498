"""A name for a model's weights that no other weights have."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
