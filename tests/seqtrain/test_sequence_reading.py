"""What a file of sequences may hold, and how wrong ones are refused: by file, line and value."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

import seqgen
from seqtrain.sequence_reading import ReadSequence, read_sequences

SEQUENCES = st.lists(st.tuples(st.lists(st.integers(-(2**70), 2**70), max_size=5), st.booleans()), max_size=5)


def read(path):
    return list(read_sequences(path))


@given(SEQUENCES)
def test_json_lines_come_back_as_they_were_written(tmp_path_factory, sequences):
    path = tmp_path_factory.mktemp("read") / "mine.jsonl"
    lines = [json.dumps({"terms": terms, "ended": ended, "note": "x"}) for terms, ended in sequences]
    lines += [json.dumps(terms) for terms, _ in sequences]
    path.write_text("\n\n".join(lines))
    expected = [ReadSequence(*sequence) for sequence in sequences]
    assert read(path) == expected + [ReadSequence(terms, ended=False) for terms, _ in sequences]


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), max_size=5))
def test_parquet_comes_back_as_it_was_written(tmp_path_factory, sequences):
    path = tmp_path_factory.mktemp("read") / "mine.parquet"
    parquet.write_table(pa.table({"terms": pa.array(sequences, pa.list_(pa.int64()))}), path)
    assert read(path) == [ReadSequence(terms, ended=False) for terms in sequences]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_export_of_seqgen_is_read_as_it_is(tmp_path, kind):
    stream = seqgen.Stream(seqgen.phase(2), purpose="train", seed=3)
    path = tmp_path / f"rows.{kind}"
    seqgen.export(stream, path, rows=50, format=kind)
    batch = stream[0:50]
    assert batch.ended.any()
    assert not batch.ended.all()
    expected = [ReadSequence(terms, ended) for terms, ended in zip(batch.terms(), batch.ended.tolist(), strict=True)]
    assert read(path) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1, 2", "line 2: [1, 2 is not JSON ("),
        ("[1, 2.0]", "line 2: 2.0 is no integer (term 2 of 2)"),
        ("[true]", "line 2: true is no integer (term 1 of 1)"),
        ('{"terms": [1, "2", null]}', 'line 2: "2" is no integer (term 2 of 3)'),
        ("7", "line 2: 7 is no sequence; it must be an array of integers, like [1, 2, 3]"),
        ('{"term": [1]}', 'line 2: {"term": [1]} has no "terms"; it must be an array of integers'),
        ('{"terms": 5}', "line 2: 5 is no sequence"),
        ('{"terms": [5], "ended": 1}', 'line 2: 1 is no value of "ended"; it must be true or false'),
        ("[" * 100_000, "line 2: " + "[" * 57 + "... is not JSON"),
        ("[" + "9" * 5000 + "]", "line 2: [" + "9" * 56 + "... is not JSON"),
    ],
)
def test_a_wrong_line_is_refused_by_file_line_and_value(tmp_path, line, message):
    path = tmp_path / "mine.jsonl"
    path.write_text(f"[1, 2, 3]\n{line}\n[4]\n")
    with pytest.raises(ValueError, match=r"mine.jsonl, line 2") as caught:
        read(path)
    assert message in str(caught.value)
    assert len(str(caught.value)) - len(str(path)) < 400


def test_a_line_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"[1]\n\xff\xfe\xfa\n")
    with pytest.raises(ValueError, match=r"mine.jsonl, line 2: .* is not JSON"):
        read(path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"values": [[1]]}, "has no column \"terms\", but 'values'"),
        ({"terms": [[1], [2, None]]}, "row 2: null is no integer (term 2 of 2)"),
        ({"terms": [[1], None]}, "row 2: null is no sequence"),
        ({"terms": [[1], [2.5]]}, "row 1: 1.0 is no integer (term 1 of 1)"),
        ({"terms": [1, 2]}, "row 1: 1 is no sequence"),
        ({"terms": [[1]], "ended": [None]}, 'row 1: null is no value of "ended"'),
    ],
)
def test_a_wrong_parquet_file_is_refused_by_file_row_and_value(tmp_path, columns, message):
    path = tmp_path / "mine.parquet"
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(ValueError, match=r"mine.parquet") as caught:
        read(path)
    assert message in str(caught.value)


def test_what_is_no_parquet_file_is_refused(tmp_path):
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"PAR1 and then something else PAR1")
    with pytest.raises(ValueError, match=r"mine.parquet is no Parquet file, or a damaged one"):
        read(path)


def test_another_kind_of_file_is_refused(tmp_path):
    np.save(tmp_path / "mine.npy", np.arange(3))
    with pytest.raises(ValueError, match=r"mine.npy is no file of sequences: its name must end in .jsonl"):
        read(tmp_path / "mine.npy")


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"mine.parquet: Parquet needs pyarrow: pip install 'seqtrain\[parquet\]'"):
        read(tmp_path / "mine.parquet")
