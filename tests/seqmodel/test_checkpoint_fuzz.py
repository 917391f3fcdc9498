"""Bytes that are no whole checkpoint, and what else lies under a name, are refused in one clear line."""

import json
import os
import pickle
import tracemalloc
from pathlib import Path

import pytest
import torch
from checkpoint_forgery import (
    PROVENANCE,
    description_and_tensors,
    forged,
    genuine,
    header_end,
    raw,
    refusal,
    refusal_of,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqmodel import CheckpointError, load_checkpoint, read_checkpoint

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return genuine(tmp_path_factory.mktemp("saved"))


def test_a_forgery_by_the_rules_is_accepted(tmp_path, saved):
    path = tmp_path / "same.safetensors"
    path.write_bytes(forged(*description_and_tensors(saved)))
    assert read_checkpoint(path).provenance == PROVENANCE
    assert path.read_bytes() == saved


# Bytes


def regions(data):
    """Return where the length, the header, the description in it, and the tensors begin and end."""
    start = data.index(b'{\\"config')
    return {
        "length": (0, 8),
        "header": (8, header_end(data)),
        "description": (start, data.index(b'}"}', start)),
        "tensors": (header_end(data), len(data)),
    }


@pytest.mark.parametrize("region", ["length", "header", "description", "tensors"])
@same_folder
@given(data=st.data())
def test_truncation_anywhere_is_refused(tmp_path, saved, region, data):
    first, end = regions(saved)[region]
    refusal(tmp_path, saved[: data.draw(st.integers(first, end - 1))])


@same_folder
@given(extra=st.binary(min_size=1, max_size=20))
def test_more_behind_the_end_is_refused(tmp_path, saved, extra):
    refusal(tmp_path, saved + extra)


@pytest.mark.parametrize("region", ["length", "header", "description", "tensors"])
@settings(same_folder, max_examples=150)
@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(tmp_path, saved, region, data):
    first, end = regions(saved)[region]
    place = data.draw(st.integers(first, end - 1))
    changed = bytearray(saved)
    changed[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "changed.safetensors"
    path.write_bytes(bytes(changed))
    try:
        content = read_checkpoint(path)
    except CheckpointError:
        refusal(tmp_path, bytes(changed))
    else:
        # White space in the header is all that may differ.
        assert saved[place : place + 1].isspace()
        assert description_and_tensors(bytes(changed))[0] == description_and_tensors(saved)[0]
        assert content.provenance == PROVENANCE


@same_folder
@given(pieces=st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 10**4)), min_size=1, max_size=4))
def test_pieces_in_another_order_are_refused(tmp_path, saved, pieces):
    data = b"".join(saved[min(piece) : max(piece)] for piece in pieces)
    if data != saved:
        refusal(tmp_path, data)


@same_folder
@given(st.binary(max_size=300))
def test_bytes_that_are_no_checkpoint_are_refused(tmp_path, data):
    assert "not a safetensors file" in refusal(tmp_path, data)


@same_folder
@given(st.binary(max_size=100) | st.text().map(str.encode))
def test_a_header_of_anything_is_refused(tmp_path, header):
    assert "safetensors file" in refusal(tmp_path, raw(header))


ENTRY = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a safetensors file"),
        (b"\xff" * 8, "not a safetensors file"),
        ((2**40).to_bytes(8, "little") + b"{}", "not a safetensors file"),
        (raw(b"\xff\xfe"), "not a safetensors file"),
        (raw("{}".encode("utf-16")), "not a safetensors file"),
        (raw('\ufeff{"__metadata__":{}}'), "not a safetensors file"),
        (raw("[]"), "not a safetensors file"),
        (raw("[" * 100_000), "nested too deeply"),
        (raw('{"a":' * 100_000), "nested too deeply"),
        (raw('{"a":1' + "0" * 5000 + "}"), "not a safetensors file"),
        (raw(f"{{{ENTRY},{ENTRY}}}", b"0000"), "field 'a' is there twice"),
        (raw('{"__metadata__":{"seqmodel":"{}","seqmodel":"{}"}}'), "field 'seqmodel' is there twice"),
        (raw('{"__metadata__":{},"__metadata__":{}}'), "field '__metadata__' is there twice"),
        (raw("{}"), "not one of seqmodel"),
        (raw('{"__metadata__":null}'), "not one of seqmodel"),
        (raw('{"__metadata__":["seqmodel"]}'), "not one of seqmodel"),
        (raw('{"__metadata__":{"seqmodel":{}}}'), "not one of seqmodel"),
        (raw('{"__metadata__":{"seqmodel":"{}","more":""}}'), "not one of seqmodel"),
        (raw(f'{{"__metadata__":{{"format":"pt"}},{ENTRY}}}', b"0000"), "not one of seqmodel"),
        (raw('{"__metadata__":{"seqmodel":"{"}}'), "its description is not JSON"),
        (raw('{"__metadata__":{"seqmodel":"[]"}}'), "expected a JSON object, got a list"),
        (raw('{"__metadata__":{"seqmodel":"' + "[" * 100_000 + '"}}'), "nested too deeply"),
        (raw('{"__metadata__":{"seqmodel":"{}"}}'), "no format number"),
    ],
    ids=range(23),
)
def test_other_files_are_told_apart(tmp_path, data, message):
    assert message in refusal(tmp_path, data)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"dtype": "BF16"}, "tensor 'output.bias' is BF16, not F32"),
        ({"dtype": "F4"}, "tensor 'output.bias' is F4, not F32"),
        ({"dtype": None}, "tensor 'output.bias' is None, not F32"),
        ({"dtype": ["F32"]}, "tensor 'output.bias' is ['F32'], not F32"),
        ({"shape": [2**63]}, "damaged"),
        ({"shape": [2**40, 2**40]}, "damaged"),
        ({"shape": [-11]}, "damaged"),
        ({"shape": [11.0]}, "damaged"),
        ({"shape": []}, "damaged"),
        ({"shape": [22]}, "damaged"),
        ({"data_offsets": [0, 2**62]}, "damaged"),
        ({"data_offsets": [44, 0]}, "damaged"),
        ({"data_offsets": [0]}, "damaged"),
        ({"more": 1}, "tensor 'output.bias' must have data_offsets, dtype, shape"),
    ],
)
def test_an_entry_that_lies_of_its_tensor_is_refused(tmp_path, saved, entry, message):
    header = json.loads(saved[8 : header_end(saved)])
    header["output.bias"] |= entry
    assert message in refusal(tmp_path, raw(json.dumps(header), saved[header_end(saved) :]))


@pytest.mark.parametrize("entry", [None, 1, "F32", [], {}])
def test_an_entry_that_is_none_is_refused(tmp_path, saved, entry):
    header = json.loads(saved[8 : header_end(saved)])
    header["output.bias"] = entry
    assert "tensor 'output.bias' must have data_offsets, dtype, shape" in refusal(
        tmp_path, raw(json.dumps(header), saved[header_end(saved) :])
    )


# What else lies under a name


def test_a_large_file_of_another_kind_is_not_read(tmp_path):
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.write(raw(f'{{"__metadata__":{{"format":"pt"}},{ENTRY}}}'))
        file.truncate(2**40)  # it takes no place on the disk
    tracemalloc.start()
    assert "not one of seqmodel" in refusal_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3e6


def test_a_pickle_is_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was run",))

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert "not a safetensors file" in refusal(tmp_path, pickle.dumps(Trap(), protocol))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_of_torch_save_is_refused(tmp_path, zipped):
    path = tmp_path / "model.safetensors"
    torch.save({"weight": torch.zeros(2)}, path, _use_new_zipfile_serialization=zipped)
    assert "not a safetensors file" in refusal(tmp_path, path.read_bytes())


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "missing: No such file" in refusal_of(tmp_path / "missing")
    assert "Is a directory" in refusal_of(tmp_path)
    (tmp_path / "file").touch()
    assert "Not a directory" in refusal_of(tmp_path / "file" / "model.safetensors")


def test_links_that_lead_nowhere_or_to_themselves_are_refused(tmp_path):
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    assert "No such file" in refusal_of(tmp_path / "nowhere")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert "symbolic links" in refusal_of(tmp_path / "round")
    (tmp_path / "folder").symlink_to(tmp_path)
    assert "Is a directory" in refusal_of(tmp_path / "folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "a device or a pipe, which may never end" in refusal_of(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert "a device or a pipe, which may never end" in refusal_of(tmp_path / "link")
    assert "a device or a pipe, which may never end" in refusal_of(Path("/dev/zero"))


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(CheckpointError, match="null byte"):
        load_checkpoint("model\0.safetensors")
