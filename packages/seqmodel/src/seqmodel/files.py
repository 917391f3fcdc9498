"""Files that are complete or not there."""

import glob
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name to write to; when the block ends well, that file takes the place of `path`.

    The new file is on the disk before the old one goes, so that a crash leaves one or the other.
    If the block raises, `path` is untouched and nothing remains beside it. What a killed process
    left there under such a name is removed by the next one that succeeds, unless others are writing
    in the folder at that moment.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "answer"
    >>> with atomic_path(target) as new:
    ...     _ = new.write_text("42")
    >>> target.read_text()
    '42'
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    folder = None
    try:
        folder = os.open(target.parent, os.O_RDONLY)
        _lock(folder, alone=False)
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        os.fsync(folder)
        if _lock(folder, alone=True):
            _remove_abandoned(target)
    except OSError as error:
        if error.filename in (str(temporary), str(target.parent)):  # names that nobody gave
            error.filename = str(target)
        raise
    finally:
        if folder is not None:
            temporary.unlink(missing_ok=True)
            os.close(folder)


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


def _lock(folder: int, *, alone: bool) -> bool:
    """Lock an open folder until it is closed, beside others or alone; return whether that was possible.

    The system unlocks what a killed process had locked.
    """
    if sys.platform == "win32":
        return False
    with suppress(OSError):  # some network drives have no locks
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        return True
    return False


def _remove_abandoned(target: Path) -> None:
    """Remove what was to become this file, when nobody writes in its folder."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.tmp")
    for path in target.parent.iterdir():
        if ours.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()
