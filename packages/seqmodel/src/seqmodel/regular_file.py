"""Opening a file that has an end."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


@contextmanager
def open_regular(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file, or what a link leads to, for reading bytes; nothing is waited for.

    Raises:
        OSError: There is no such file, or it is a folder, a pipe or a device.
        ValueError: No file can have such a name.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "a device or a pipe, which may never end; give a file", os.fspath(path))
        yield file


def _without_waiting(path: str, flags: int) -> int:
    # To open a pipe is to wait for whoever writes to it, except in this mode, which Windows lacks.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
