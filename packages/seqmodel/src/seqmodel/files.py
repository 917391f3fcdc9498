"""Files that are complete or not there."""

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
    left there under such a name is removed by the next one that succeeds. The block must write to
    the file of that name, which is there already and empty, and not put another in its place.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "answer"
    >>> with atomic_path(target) as new:
    ...     _ = new.write_text("42")
    >>> target.read_text()
    '42'
    """
    target = Path(path)
    temporary, folder = None, None
    try:
        folder = os.open(target.parent, os.O_RDONLY)
        temporary, lock = _new_file(target)
        try:
            yield temporary
            os.fsync(lock)
            temporary.replace(target)
        finally:
            os.close(lock)
        os.fsync(folder)
        remove_leftovers(target)
    except OSError as error:
        if error.filename in (str(temporary), str(target.parent)):  # names that nobody gave
            error.filename = str(target)
        raise
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if folder is not None:
            os.close(folder)


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what was to become the file `path` where its writer was killed; what is being written stays.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / ".answer.0a1b2c3d.tmp").write_text("4")
    >>> remove_leftovers(folder / "answer")
    >>> list(folder.iterdir())
    []
    """
    target = Path(path)
    ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.tmp")
    for found in target.parent.iterdir():
        if ours.fullmatch(found.name):
            with suppress(OSError):
                descriptor = os.open(found, os.O_WRONLY)
                try:
                    if _lock(descriptor, wait=False):
                        found.unlink()
                finally:
                    os.close(descriptor)


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path`, whole or not at all.

    Raises:
        OSError: The folder does not exist or cannot be written, or the disk is full.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _new_file(target: Path) -> tuple[Path, int]:
    """Make an empty file beside the target; return its name and a descriptor that keeps it locked while open.

    The system unlocks what a killed process had locked: so others know that it is abandoned.
    """
    while True:
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            continue
        except OSError as error:
            error.filename = str(target)
            raise
        _lock(descriptor, wait=True)
        if os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)  # another process took it for abandoned before it was locked


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file until it is closed; return whether that was possible."""
    if sys.platform == "win32":
        return False
    with suppress(OSError):  # another has it, or the drive knows no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return True
    return False
