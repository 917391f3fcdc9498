"""A user's sequences, read one after the other from JSON Lines or Parquet; what is wrong is named with its place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

_AT_ONCE = 8192
"""Rows of a Parquet file that are read together."""

_SHOWN = 60
"""Characters of a wrong value that an error quotes."""

_RIGHT = 'an array of integers, like [1, 2, 3], or an object with such an array as "terms"'


class ReadSequence(NamedTuple):
    """Hold a sequence of a file.

    Attributes:
        terms: Integers of any size.
        ended: Whether it is known to end behind them.
    """

    terms: list[int]
    ended: bool


def read_sequences(path: Path) -> Iterator[ReadSequence]:
    """Yield the sequences of a file, in constant memory.

    `.jsonl` (or `.ndjson`): an array of integers a line, or an object with such an array as "terms" and, if the
    sequence ends behind them, "ended": true; other fields are ignored, and so are blank lines and the line of
    provenance that an export of seqgen begins with. `.parquet`: a column "terms" of lists, and "ended" if there is one.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds something else; the message names the line or row, and quotes the value.
    """
    if path.suffix in (".jsonl", ".ndjson"):
        return _json_lines(path)
    if path.suffix == ".parquet":
        return _parquet(path)
    raise ValueError(f"{path} is no file of sequences: its name must end in .jsonl, .ndjson or .parquet")


def _json_lines(path: Path) -> Iterator[ReadSequence]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            where = f"{path}, line {number}"
            try:
                value = json.loads(line) if line.strip() else {"provenance": None}
            except (ValueError, RecursionError) as error:
                _refuse(where, line.decode(errors="replace").strip(), f"is not JSON ({error}); it must be {_RIGHT}")
            if isinstance(value, dict):
                if "provenance" in value and "terms" not in value:
                    continue
                if "terms" not in value:
                    _refuse(where, json.dumps(value), f'has no "terms"; it must be {_RIGHT}')
                yield _checked(value["terms"], value.get("ended", False), where)
            else:
                yield _checked(value, False, where)


def _parquet(path: Path) -> Iterator[ReadSequence]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError:
        raise ValueError(f"{path}: Parquet needs pyarrow: pip install 'seqtrain[parquet]'") from None
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if "terms" not in names:
                raise ValueError(f'{path} has no column "terms", but {", ".join(map(repr, names))}')
            columns = [name for name in ("terms", "ended") if name in names]
            number = 0
            for batch in file.iter_batches(_AT_ONCE, columns=columns):
                ended = batch["ended"].to_pylist() if "ended" in names else [False] * len(batch)
                for terms, ends in zip(batch["terms"].to_pylist(), ended, strict=True):
                    number += 1
                    yield _checked(terms, ends, f"{path}, row {number}")
    except ArrowInvalid as error:
        raise ValueError(f"{path} is no Parquet file, or a damaged one: {error}") from None


def _checked(terms: Any, ended: Any, where: str) -> ReadSequence:
    if not isinstance(terms, list):
        _refuse(where, json.dumps(terms, default=str), f"is no sequence; it must be {_RIGHT}")
    if not set(map(type, terms)) <= {int}:
        index, wrong = next((i, term) for i, term in enumerate(terms) if type(term) is not int)
        _refuse(where, json.dumps(wrong, default=str), f"is no integer (term {index + 1} of {len(terms)})")
    if not isinstance(ended, bool):
        _refuse(where, json.dumps(ended, default=str), 'is no value of "ended"; it must be true or false')
    return ReadSequence(terms, ended)


def _refuse(where: str, value: str, wrong: str) -> NoReturn:
    quoted = value if len(value) <= _SHOWN else value[: _SHOWN - 3] + "..."
    raise ValueError(f"{where}: {quoted} {wrong}")
