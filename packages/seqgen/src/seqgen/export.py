"""Rows of a stream as files for other tools: JSON Lines, NPZ, Parquet.

Memory does not grow with the number of rows; a file is written whole or not at all.
"""

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Literal, get_args

import numpy as np

from seqgen.arguments import integer
from seqgen.batch import Batch
from seqgen.files import whole_file
from seqgen.philox import STREAM_VERSION
from seqgen.stream import Stream
from seqgen.universes import UNIVERSE_VERSION

Format = Literal["jsonl", "npz", "parquet"]

_AT_ONCE = 8192

Advance = Callable[[int], object]


def provenance(stream: Stream, start: int, rows: int) -> dict[str, Any]:
    """Return what rows ``start`` to ``start + rows - 1`` of a stream can be rebuilt from, as plain JSON values."""
    span = stream.universe.span
    return {
        "stream_version": STREAM_VERSION,
        "universe": stream.universe.name,
        "universe_version": UNIVERSE_VERSION,
        "low": span.low,
        "high": span.high,
        "length": span.length,
        "overflow": span.overflow,
        "purpose": stream.purpose,
        "seed": stream.seed,
        "shortest": stream.shortest,
        "start": stream.start + stream.step * start,
        "step": stream.step,
        "rows": rows,
    }


def export(
    stream: Stream,
    path: str | os.PathLike[str],
    *,
    rows: int,
    start: int = 0,
    format: Format = "jsonl",  # noqa: A002 (what every tool calls it)
    advance: Advance = lambda _: None,
) -> None:
    """Write rows of a stream, each with its index, family and rule.

    Args:
        stream: the stream.
        path: the file.
        rows: how many rows.
        start: index of the first row.
        format: ``jsonl``: a line of JSON a row, with terms and formula. ``npz``: the arrays of :class:`Batch` and a
            text ``provenance``. ``parquet``: a column of lists and columns of names, provenance in the schema's
            metadata (needs pyarrow: ``pip install seqgen[parquet]``).
        advance: hears how many rows were written.

    Raises:
        ValueError: the format is unknown.
        ImportError: pyarrow is needed and missing.
    """
    if format not in get_args(Format):
        raise ValueError(f"format={format!r}: give one of {', '.join(get_args(Format))}")
    rows, start = integer("rows", rows, 0), integer("start", start, 0)
    if start + rows > len(stream):
        raise ValueError(f"start={start}, rows={rows}: the stream has {len(stream)} rows")
    write = {"jsonl": _write_jsonl, "npz": _write_npz, "parquet": _write_parquet}[format]
    with whole_file(path) as building:
        write(stream, str(building), start, rows, advance)


def batches(stream: Stream, start: int, rows: int) -> Iterator[Batch]:
    """Yield rows ``start`` to ``start + rows - 1`` in batches of bounded size."""
    for first in range(start, start + rows, _AT_ONCE):
        yield stream[first : min(first + _AT_ONCE, start + rows)]


def origin(stream: Stream, batch: Batch, i: int) -> dict[str, Any]:
    """Return where row ``i`` of a batch comes from, as plain JSON values."""
    family, rule = int(batch.families[i]), int(batch.rules[i])
    found = stream.universe.rule(family, rule)
    return {"index": int(batch.indices[i]), "family": found.family.name, "rule": rule, "formula": found.formula}


def _write_jsonl(stream: Stream, path: str, start: int, rows: int, advance: Advance) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps({"provenance": provenance(stream, start, rows)}) + "\n")
        for batch in batches(stream, start, rows):
            for i, terms in enumerate(batch.terms()):
                file.write(
                    json.dumps({"terms": terms, "ended": bool(batch.ended[i]), **origin(stream, batch, i)}) + "\n"
                )
            advance(len(batch))


def _write_npz(stream: Stream, path: str, start: int, rows: int, advance: Advance) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _write_array(archive, "provenance", np.array(json.dumps(provenance(stream, start, rows))))
        # One pass for each array: the members of an archive are written one after the other.
        for name in ("values", "lengths", "ended", "families", "rules", "indices"):
            shape = (rows, stream.universe.length) if name == "values" else (rows,)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                _write_header(member, shape, np.dtype(bool if name == "ended" else np.int64))
                for batch in batches(stream, start, rows):
                    array = getattr(batch, name)
                    member.write(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
                    if name == "values":
                        advance(len(batch))


def _write_header(member: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    description = {"descr": dtype.newbyteorder("<").str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, description)


def _write_array(archive: zipfile.ZipFile, name: str, array: Any) -> None:
    with archive.open(f"{name}.npy", "w") as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _write_parquet(stream: Stream, path: str, start: int, rows: int, advance: Advance) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError("Parquet needs pyarrow: pip install 'seqgen[parquet]'") from error
    schema = pa.schema(
        [
            ("index", pa.int64()),
            ("terms", pa.list_(pa.int64())),
            ("ended", pa.bool_()),
            ("family", pa.dictionary(pa.int32(), pa.string())),
            ("rule", pa.int64()),
            ("formula", pa.string()),
        ],
        metadata={"seqgen": json.dumps(provenance(stream, start, rows))},
    )
    with parquet.ParquetWriter(path, schema) as writer:
        for batch in batches(stream, start, rows):
            origins = [origin(stream, batch, i) for i in range(len(batch))]
            columns = {
                "index": batch.indices,
                "terms": list(batch.terms()),
                "ended": batch.ended,
                "family": [each["family"] for each in origins],
                "rule": batch.rules,
                "formula": [each["formula"] for each in origins],
            }
            writer.write_table(pa.table(columns, schema=schema))
            advance(len(batch))
