"""The windows of a file as integer arrays on the disk: built once, mapped into memory, found by content.

They lie in a folder `.seqtrain` beside the file, which may be removed at any time; where that folder cannot be
written, in a temporary one that goes with the process.
"""

import atexit
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from seqgen import row_hash
from seqtrain.sequence_reading import ReadSequence, read_sequences
from seqtrain.windows import Cut, Part, windows_of

VERSION = 1
"""Part of every key: a change of the arrays, or of what is cut how, raises it."""

_TERMS_AT_ONCE = 1 << 18
_SHAPE = np.dtype([("length", "<u2"), ("skipped", "<u2"), ("ended", "?")])

_log = logging.getLogger("seqtrain")


class WindowStore:
    """The windows of all parts of a file.

    Args:
        path: The file.
        cut: How it is cut.

    Attributes:
        key: What the windows are a function of: content and cut.

    Raises:
        OSError: The file cannot be read, or the arrays not be written.
        ValueError: It holds something else than sequences; see `read_sequences`.
    """

    def __init__(self, path: Path, cut: Cut) -> None:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        description = json.dumps({"version": VERSION, "content": content, **asdict(cut)}, sort_keys=True)
        self.key = hashlib.sha256(description.encode()).hexdigest()
        self._cut = cut
        self._folder = _found_or_built(path, cut, self.key)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy in another process maps the same arrays by."""
        return {name: value for name, value in self.__dict__.items() if name != "_arrays"}

    def size(self, part: Part) -> int:
        """Return how many windows a part has."""
        return len(self._arrays[f"{part}-firsts"])

    def take(self, part: Part, places: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return some windows of a part.

        Returns:
            Tokens, (N, context + 1) with 0 where there is none, and records of length, skipped and ended, (N,).
        """
        firsts_N, shapes_N = (self._arrays[f"{part}-{array}"][places] for array in ("firsts", "shapes"))
        within_L = np.arange(self._cut.context + 1)
        exists_NL = within_L < shapes_N["length"][:, None]
        tokens_NL = self._arrays["tokens"][np.where(exists_NL, firsts_N[:, None] + within_L, 0)]
        return np.where(exists_NL, tokens_NL, 0), shapes_N

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {name: _mapped(self._folder / name, dtype) for name, dtype in _dtypes(self._cut).items()}


def _dtypes(cut: Cut) -> dict[str, np.dtype[Any]]:
    """Return the type of each array by its name."""
    tokens = {"tokens": np.min_scalar_type(cut.vocabulary.size - 1).newbyteorder("<")}
    firsts = {f"{part}-firsts": np.dtype("<i8") for part in cut.limits()}
    return tokens | firsts | {f"{part}-shapes": _SHAPE for part in cut.limits()}


def _mapped(path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    # An empty file cannot be mapped.
    return np.memmap(path, dtype, mode="r") if path.stat().st_size else np.empty(0, dtype)


def _found_or_built(path: Path, cut: Cut, key: str) -> Path:
    """Return the folder of a file's windows."""
    beside = path.parent / ".seqtrain"
    folder = beside / key[:32]
    if folder.is_dir():
        return folder
    try:
        beside.mkdir(exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=beside))
    except OSError as error:
        _log.info("%s cannot be written (%s): the windows of %s are cut anew each time", beside, error.strerror, path)
        building = folder = Path(tempfile.mkdtemp(prefix="seqtrain-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        before = path.stat()
        _build(path, cut, building)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ValueError(f"{path} was changed while it was read")
        if building != folder and not folder.is_dir():
            building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return folder


def _build(path: Path, cut: Cut, folder: Path) -> None:
    """Write the arrays of all parts, in constant memory."""
    written = sequences = outside = empty = 0
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in _dtypes(cut)}
        for chunk in _chunks(read_sequences(path)):
            fitted = [cut.fitted(sequence) for sequence in chunk]
            kept = [sequence for sequence in fitted if sequence is not None]
            sequences += len(chunk)
            empty += len(chunk) - len(kept)
            outside += sum(old is not new for old, new in zip(chunk, fitted, strict=True) if old.terms)
            if kept:
                written += _write(kept, cut, files, written)
        for file in files.values():
            file.flush()
            os.fsync(file.fileno())
    low, high = cut.vocabulary.low, cut.vocabulary.high
    if not sequences:
        raise ValueError(f"{path} holds no sequence")
    if empty == sequences:
        raise ValueError(f"{path}: nothing is left of its {sequences:,} sequences, as their terms leave {low}..{high}")
    if outside:
        said = f"of {sequences:,} sequences {outside:,} leave {low}..{high} (overflow {cut.overflow!r})"
        _log.warning("%s: %s; %s have no term left", path, said, f"{empty:,}")


def _chunks(sequences: Iterable[ReadSequence]) -> Iterator[list[ReadSequence]]:
    chunk: list[ReadSequence] = []
    size = 0
    for sequence in sequences:
        chunk.append(sequence)
        size += len(sequence.terms) + 1
        if size >= _TERMS_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _write(kept: list[ReadSequence], cut: Cut, files: Mapping[str, IO[bytes]], written: int) -> int:
    """Append some sequences behind the tokens written so far; return how many tokens they are."""
    vocabulary = cut.vocabulary
    lengths = np.array([len(sequence.terms) for sequence in kept], np.int64)
    ended = np.array([sequence.ended for sequence in kept]) & vocabulary.end
    terms = np.array([term for sequence in kept for term in sequence.terms], np.int64)
    firsts = np.cumsum(lengths) - lengths
    files["tokens"].write((terms - vocabulary.low).astype(_dtypes(cut)["tokens"]).tobytes())
    windows = windows_of(lengths, ended, cut.context)
    hashes = _hashes(terms, firsts, lengths)[windows.sequences]
    shapes = np.empty(len(windows.sequences), _SHAPE)
    shapes["length"], shapes["skipped"] = windows.lengths, windows.skipped
    shapes["ended"] = ended[windows.sequences]
    places = (written + firsts[windows.sequences] + windows.starts).astype("<i8")
    for part, (low, high) in cut.limits().items():
        chosen = (hashes >= low) & (hashes < high)
        files[f"{part}-firsts"].write(places[chosen].tobytes())
        files[f"{part}-shapes"].write(shapes[chosen].tobytes())
    return len(terms)


def _hashes(terms: NDArray[np.int64], firsts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the row hash of each sequence; those of one length together, so that none is padded."""
    hashes = np.empty(len(lengths), np.uint64)
    for length in np.unique(lengths):
        (chosen,) = np.nonzero(lengths == length)
        hashes[chosen] = row_hash(terms[firsts[chosen, None] + np.arange(length)], lengths[chosen])
    return hashes
