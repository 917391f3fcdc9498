"""A file read line by line, that knows how far it has been read, and what that was."""

import hashlib
import os
import stat
from typing import BinaryIO

_PIECE = 1 << 20


class CountedLines:
    r"""Read lines, and count and hash all that was read.

    Args:
        file: Read from where it stands.

    Attributes:
        lines: How many lines were read.
        bytes: How many bytes these were.

    >>> import io
    >>> first, again = (CountedLines(io.BytesIO(b"1 2\n3 4\n5\n")) for _ in range(2))
    >>> first.readline(), first.readline(), first.lines, first.bytes
    (b'1 2\n', b'3 4\n', 2, 8)
    >>> again.skip(lines=2, size=8), again.hash == first.hash, again.readline()
    (True, True, b'5\n')
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.lines = 0
        self.bytes = 0

    @property
    def hash(self) -> str:
        """The SHA-256 of all that was read."""
        return self._digest.hexdigest()

    @property
    def size(self) -> int | None:
        """How many bytes there are in all, those that were read among them; None where nobody knows."""
        try:
            status = os.fstat(self._file.fileno())
        except OSError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, or so many bytes of it; empty at the end."""
        line = self._file.readline(size)
        self.lines += bool(line)
        self._took(line)
        return line

    def skip(self, *, lines: int, size: int) -> bool:
        """Read what is so many lines and bytes; return whether there was as much."""
        end = self.bytes + size
        while self.bytes < end and (piece := self._file.read(min(_PIECE, end - self.bytes))):
            self._took(piece)
        self.lines += lines
        return self.bytes == end

    def _took(self, piece: bytes) -> None:
        self.bytes += len(piece)
        self._digest.update(piece)
