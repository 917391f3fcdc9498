"""Files for other tools hold the stream's rows, whole or not at all, in memory that does not grow."""

import importlib
import json
import os
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen import (
    END,
    Posterior,
    Stream,
    Universe,
    export,
    export_next_term_task,
    families,
    regenerate,
)
from seqgen.export import Format
from seqgen.strategies import universes
from seqgen.universe import TABLE_FROM


def small() -> Universe:
    """Rows full and short."""
    return Universe([families.arithmetic(start=range(64), step=range(0, 40, 8)), families.geometric()], name="small")


module = importlib.import_module("seqgen.export")
"""The module: the package gives the function the same name."""

STREAM = Stream(small(), "export", 3)
STREAM.universe.expect(TABLE_FROM)  # lists all rows now, so that no test measures it
FORMATS: list[Format] = ["jsonl", "npz", "parquet"]


def items(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@settings(max_examples=15)
@given(universes(max_families=2), st.integers(0, 2**40), st.integers(0, 12))
def test_json_lines_hold_rows_and_what_rebuilds_them(
    tmp_path_factory: pytest.TempPathFactory, universe: Universe, start: int, rows: int
) -> None:
    path = tmp_path_factory.mktemp("export") / "rows.jsonl"
    stream = Stream(universe, "export", 5)
    export(stream, path, rows=rows, start=start)
    first, *written = items(path)
    batch = stream[start : start + rows]
    assert [row["terms"] for row in written] == list(batch.terms())
    assert [row["ended"] for row in written] == batch.ended.tolist()
    provenance = first["provenance"]
    del provenance["start"], provenance["step"], provenance["rows"]
    for row in written:
        origin = {name: row[name] for name in ("index", "family", "rule")}
        rebuilt = regenerate({**provenance, **origin}, within=universe)
        assert list(rebuilt.terms) == row["terms"]
        assert rebuilt.rule.formula == row["formula"]


def test_the_provenance_of_a_shard_names_its_rows_in_the_whole_stream(tmp_path: Path) -> None:
    export(STREAM.shard(1, 4), tmp_path / "shard.jsonl", rows=5, start=2)
    first, *rows = items(tmp_path / "shard.jsonl")
    start, step = first["provenance"]["start"], first["provenance"]["step"]
    assert [row["index"] for row in rows] == [start + step * i for i in range(5)] == [9, 13, 17, 21, 25]


@pytest.mark.parametrize("rows", [0, 1, 20_000])
def test_npz_holds_the_batch(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "rows.npz"
    export(STREAM, path, rows=rows, start=7, format="npz")
    batch = STREAM[7 : 7 + rows]
    with np.load(path) as loaded:
        assert sorted(loaded) == ["ended", "families", "indices", "lengths", "provenance", "rules", "values"]
        for name in ("values", "lengths", "ended", "families", "rules", "indices"):
            assert loaded[name].dtype == getattr(batch, name).dtype
            assert np.array_equal(loaded[name], getattr(batch, name))
        assert json.loads(str(loaded["provenance"]))["start"] == 7


@pytest.mark.parametrize("rows", [0, 9000])
def test_parquet_holds_the_rows(tmp_path: Path, rows: int) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    export(STREAM, path, rows=rows, start=5, format="parquet")
    table = parquet.read_table(path)
    batch = STREAM[5 : 5 + rows]
    assert table.column("terms").to_pylist() == list(batch.terms())
    assert table.column("ended").to_pylist() == batch.ended.tolist()
    assert table.column("index").to_pylist() == batch.indices.tolist()
    assert table.column("rule").to_pylist() == batch.rules.tolist()
    names = [STREAM.universe.families[i].name for i in batch.families]
    assert table.column("family").to_pylist() == names
    assert json.loads(table.schema.metadata[b"seqgen"])["rows"] == rows


def test_task_items_carry_the_exact_posterior_of_their_answers(tmp_path: Path) -> None:
    posterior = Posterior.of(small())
    path = tmp_path / "task.jsonl"
    written = export_next_term_task(STREAM, path, rows=300, posterior=posterior)
    assert written == len(items(path)) == 300
    ends = 0
    for item in items(path):
        index = item["record"]["index"]
        row = STREAM[index]
        assert regenerate(item["record"], within=small()) == row
        prompt = [int(term) for term in item["prompt"].split(", ")]
        answer = END if item["answer"] == "END" else int(item["answer"])
        ends += answer is END
        # The prompt ends where the docstring says.
        longest = len(row.terms) if len(row.terms) < 9 else 8
        assert len(prompt) == min(1 + index % 8, longest)
        assert (*prompt, *([] if answer is END else [answer])) == row.terms[: len(prompt) + 1]
        known = posterior.next(prompt)
        assert item["posterior"] == float(known.probability(answer)) > 0
        assert item["ceiling"] == float(known.probability(known.mode)) >= item["posterior"]
        assert item["entropy"] == known.entropy
        assert item["formula"] == row.rule.formula
    assert ends


@pytest.mark.parametrize("least", [0.25, Fraction(1, 2), 1])
def test_items_that_cannot_be_known_are_left_out(tmp_path: Path, least: float) -> None:
    export_next_term_task(STREAM, tmp_path / "all.jsonl", rows=200)
    written = export_next_term_task(STREAM, tmp_path / "some.jsonl", rows=200, min_posterior=least)
    knowable = [item for item in items(tmp_path / "all.jsonl") if item["posterior"] >= least]
    assert items(tmp_path / "some.jsonl") == knowable
    assert 0 < written == len(knowable) < 200


@pytest.fixture(params=[*FORMATS, "next-term"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "parquet":
        pytest.importorskip("pyarrow")
    return str(request.param)


def write(kind: str, path: Path, rows: int, advance: Any = lambda _: None) -> None:
    if kind == "next-term":
        export_next_term_task(STREAM, path, rows=rows, advance=advance)
    else:
        export(STREAM, path, rows=rows, format=kind, advance=advance)  # type: ignore[arg-type]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_midway_leaves_the_old_file_and_no_other(tmp_path: Path, kind: str, failure: BaseException) -> None:
    path = tmp_path / "rows"
    path.write_text("old")
    heard: list[int] = []

    def advance(rows: int) -> None:
        heard.append(rows)
        if len(heard) == 2:
            raise failure

    with pytest.raises(type(failure)):
        write(kind, path, 20_000, advance)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_progress_adds_up_to_the_rows(tmp_path: Path, kind: str) -> None:
    heard: list[int] = []
    write(kind, tmp_path / "rows", 10_000, heard.append)
    assert sum(heard) == 10_000


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write("jsonl", tmp_path / "link", 3)
    assert (tmp_path / "link").is_symlink()
    assert len(items(tmp_path / "real")) == 4


def test_a_device_or_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no plain file"):
        write("jsonl", tmp_path / "pipe", 3)
    assert (tmp_path / "pipe").is_fifo()


def peak(kind: str, path: Path, rows: int) -> int:
    tracemalloc.start()
    try:
        write(kind, path, rows)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Memory is for a batch, or two: the next is made while the last is still there. Python keeps up to 2,000 tuples of
    # each size that nobody needs any more, for the next ones: they are there before it is counted.
    monkeypatch.setattr(module, "_AT_ONCE", 256)
    peak(kind, tmp_path / "warm", 20 * 512)
    few = peak(kind, tmp_path / "few", 512)
    assert peak(kind, tmp_path / "many", 20 * 512) < 1.3 * few


@pytest.fixture(autouse=True)
def no_temporary_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.glob(".*"))
