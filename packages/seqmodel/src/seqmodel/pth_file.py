"""Files of `torch.save`, read as data: the one place where a pickle is opened, and none is run.

A pickle is a program. `torch.load(weights_only=True)` runs only what builds tensors and plain
containers. Before that, the archive around it is read and written anew by Python: checksums must
be right, nothing may be compressed, so that it takes no more memory than its size, and torch is
shown only what was checked (of an entry that is marked as a folder it would make a tensor of
whatever lies in memory).
"""

import io
import os
import pickle
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import torch

from seqmodel.checkpoint_file import CheckpointError, one_line
from seqmodel.regular_file import open_regular

_MAGIC = b"PK\x03\x04"

# What reading damaged bytes may raise, in zipfile, in the unpickler and in torch.
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read_pth(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the dictionary in a file of `torch.save`, its tensors on the CPU.

    Raises:
        CheckpointError: There is no such file, or it is damaged, or of before torch 1.6, or holds
            more than tensors and plain containers.
    """
    path = Path(path)
    try:
        with open_regular(path) as file:
            data = file.read()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from error
    try:
        content = _load(data)
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path}: not run, as it holds more than tensors ({_reason(error)})") from error
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except _DAMAGE as error:
        raise CheckpointError(f"{path}: damaged, or not written by torch.save ({_reason(error)})") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: holds a {type(content).__name__}, not a dictionary of tensors")
    return content


def _load(data: bytes) -> Any:
    if not data.startswith(_MAGIC):
        raise CheckpointError("not a file that torch.save has written since torch 1.6")
    plain = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(plain, "w") as copy:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > len(data):
            raise CheckpointError("its content is compressed, which torch.save never does")
        if len({entry.filename for entry in entries}) < len(entries):
            raise CheckpointError("two of its entries have one name")
        for entry in entries:
            copy.writestr(entry.filename, archive.read(entry))
    plain.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd pickles, which are refused a moment later, or harmless
        return torch.load(plain, map_location="cpu", weights_only=True)


def _reason(error: Exception) -> str:
    """Return what an error says in one line, without torch's advice to trust the file."""
    lines = str(error).splitlines() or [""]
    line = next((line for line in lines if "GLOBAL" in line), lines[0])
    for advice in ("In PyTorch 2.6", "Please use"):
        line, _, _ = line.partition(advice)
    return one_line(line.strip().removeprefix("WeightsUnpickler error: ")) or type(error).__name__
