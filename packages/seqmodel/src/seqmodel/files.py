"""Files that are complete or not there."""

import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name to write to; when the block ends well, that file takes the place of `path`.

    The new file is on the disk before the old one goes, so that a crash leaves one or the other.
    If the block raises, `path` is untouched and nothing remains beside it.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "answer"
    >>> with atomic_path(target) as new:
    ...     _ = new.write_text("42")
    >>> target.read_text()
    '42'
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(target)
    except OSError as error:
        if error.filename == str(temporary):  # a name that nobody gave
            error.filename = str(target)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    _flush(target.parent)


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` left beside it when they were killed; nobody may be writing it now.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / ".answer.0a1b2c3d.tmp").write_text("4")
    >>> remove_leftovers(folder / "answer")
    >>> list(folder.iterdir())
    []
    """
    target = Path(path)
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.{'[0-9a-f]' * 8}.tmp"):
        leftover.unlink(missing_ok=True)


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path`, whole or not at all.

    Raises:
        OSError: The folder does not exist or cannot be written, or the disk is full.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
