"""What stands beside the figures of `seqserve load`, so that they can be read."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def machine(model: str) -> dict[str, Any]:
    """Return the model's name, the processors, and the versions of what was measured."""
    found = {"model": model, "processor": platform.machine(), "processors": os.cpu_count()}
    for package in ("uvicorn", "litserve"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
