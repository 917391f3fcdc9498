"""Answers to a file of sequences that survive a kill: written beside their place, with a record of how far they are."""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

from seqmodel import write_atomically
from seqserve.counted_lines import CountedLines

if sys.platform != "win32":
    import fcntl

_FORMAT = 1
_SECONDS = 1.0
"""Seconds between two records: what a kill costs at most."""


class ResumableOutput:
    """Write answers batch by batch to `FILE.part`, which becomes `FILE` when all are there.

    `FILE.part.json` records how much of the input has been answered, and by how many bytes. Whoever is killed and
    comes again with the same question is told to go on there; what was written behind the record is written again.

    Args:
        path: Where the answers are to be.
        asked: What is asked, as JSON values; a record of another question is refused.
        lines: The input. What has been answered is read over when this is entered.

    Attributes:
        answered: How many prompts have their answers.

    Raises, when entered:
        ValueError: The answers are there already, another process writes them, they are of another question, or the
            input does not begin with what was answered.
        OSError: A file cannot be read or written.
    """

    def __init__(self, path: str | Path, asked: dict[str, Any], lines: CountedLines) -> None:
        self._path = Path(path)
        self._part = self._path.with_name(f"{self._path.name}.part")
        self._record = self._path.with_name(f"{self._path.name}.part.json")
        self._asked = json.loads(json.dumps(asked))
        self._lines = lines
        self._file: BinaryIO | None = None
        self._parts: list[str] = []
        self._recorded: dict[str, Any] = {}
        self._saved = 0.0  # seconds of the monotonic clock
        self.answered = 0

    def __enter__(self) -> Self:
        if self._path.exists():
            raise ValueError(f"out: {self._path} is there already, and whole: remove it or name another file")
        record = self._read_record()
        self._file = self._opened()
        try:
            self._go_on(self._file, record)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file is None:
            return
        with self._file:
            if kind is not None:
                with suppress(OSError):  # a full disk, perhaps: the record before holds
                    self._save()
                return
            self._save()
        self._part.rename(self._path)
        self._record.unlink()

    def write(self, text: str) -> None:
        """Take a part of the answers to the prompts that have been read of the input and are not answered yet."""
        self._parts.append(text)

    def commit(self, count: int) -> int:
        """Append all parts taken: they answer `count` prompts, all that have been read of the input. Return `count`."""
        assert self._file is not None, "entered"  # noqa: S101
        self._file.write("".join(self._parts).encode())
        self._file.flush()
        self._parts.clear()
        self.answered += count
        self._recorded = self._standing(self._file.tell())
        if time.monotonic() - self._saved >= _SECONDS:
            self._save()
        return count

    def _standing(self, size: int) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "asked": self._asked,
            "answered": self.answered,
            "lines": self._lines.lines,
            "bytes": self._lines.bytes,
            "sha256": self._lines.hash,
            "written": size,
        }

    def _save(self) -> None:
        assert self._file is not None, "entered"  # noqa: S101
        os.fsync(self._file.fileno())
        write_atomically(self._record, json.dumps(self._recorded).encode())
        self._saved = time.monotonic()

    def _read_record(self) -> dict[str, Any] | None:
        if not self._part.exists():
            return None
        try:
            record = json.loads(self._record.read_bytes())
            if not isinstance(record, dict) or record.get("format") != _FORMAT:
                raise ValueError
        except FileNotFoundError:
            if not self._part.stat().st_size:  # killed before it began
                return None
            raise ValueError(f"out: {self._part} is there without its record: remove it or name another file") from None
        except ValueError:
            raise ValueError(f"out: {self._record} is no record of this version: remove it and {self._part}") from None
        for name in sorted({*record["asked"], *self._asked}):
            before, now = record["asked"].get(name), self._asked.get(name)
            if before != now:
                raise ValueError(
                    f"out: {self._part} was begun with {name} {before}, now it is {now}: ask as before, or remove it"
                )
        return record

    def _opened(self) -> BinaryIO:
        file = self._part.open("ab")
        if sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                raise ValueError(f"out: another process writes {self._part}: wait for it") from None
        return file

    def _go_on(self, file: BinaryIO, record: dict[str, Any] | None) -> None:
        """Read over what has been answered, and cut off what was written since."""
        if record is not None:
            enough = self._lines.skip(lines=record["lines"], size=record["bytes"])
            if not enough or self._lines.hash != record["sha256"]:
                raise ValueError(
                    f"out: the input does not begin with what {self._part} answers: remove it to begin anew"
                )
            if os.fstat(file.fileno()).st_size < record["written"]:
                raise ValueError(f"out: {self._part} is shorter than its record says: remove it")
            file.truncate(record["written"])
            self.answered = record["answered"]
        self._recorded = record or self._standing(0)
        self._save()
        self._saved = 0.0  # the first batch is recorded at once
