"""Files of `torch.save` are data: what is damaged or more than tensors is refused, and nothing is run."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqmodel import CheckpointError, ModelConfig
from seqmodel.pth_file import read_pth

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

STATE = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(-torch.inf), "c": torch.tensor([True, False])}


class Trap:
    """A pickle of this makes a file when it is run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def bytes_of(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


SAVED = bytes_of(STATE)


def repacked(data, pickled=None, compression=zipfile.ZIP_STORED):
    """Return an archive with right checksums, perhaps with another pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, pickled if pickled is not None and name.endswith("data.pkl") else old.read(name))
    return buffer.getvalue()


def pickle_in(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("archive/data.pkl")


def refusal(tmp_path, data):
    path = tmp_path / "broken.pth"
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as error:
        read_pth(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    return str(error.value)


def same(content):
    return content.keys() == STATE.keys() and all(torch.equal(content[name], STATE[name]) for name in STATE)


def test_a_state_dict_is_read(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(STATE, path)
    assert same(read_pth(path))
    path.write_bytes(repacked(SAVED))
    assert same(read_pth(path))


def test_a_program_is_not_run(tmp_path):
    ran = tmp_path / "ran"
    assert "holds more than tensors" in refusal(tmp_path, bytes_of({"a": Trap(str(ran))}))
    assert "not a file that torch.save has written" in refusal(tmp_path, pickle.dumps(Trap(str(ran))))
    old = bytes_of({"a": Trap(str(ran))}, _use_new_zipfile_serialization=False)
    assert "not a file that torch.save has written" in refusal(tmp_path, old)
    assert not ran.exists()
    pickle.loads(pickle.dumps(Trap(str(ran))))  # noqa: S301  (it would have)
    assert ran.exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"model": STATE, "config": ModelConfig()}, "seqmodel.config.ModelConfig"),
        (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        ({"a": Path("a")}, "pathlib"),
    ],
    ids=["configuration", "module", "path"],
)
def test_other_objects_are_refused_by_name_and_without_advice_to_trust_them(tmp_path, content, named):
    message = refusal(tmp_path, bytes_of(content))
    assert named in message
    assert "weights_only" not in message
    assert "safe_globals" not in message


@pytest.mark.parametrize(("content", "kind"), [([torch.zeros(1)], "list"), (torch.zeros(1), "Tensor"), (7, "int")])
def test_what_is_no_dictionary_is_refused(tmp_path, content, kind):
    assert f"holds a {kind}, not a dictionary of tensors" in refusal(tmp_path, bytes_of(content))


def test_a_compressed_archive_is_refused_before_it_is_unpacked(tmp_path):
    zeros = bytes_of({"a": torch.zeros(10**5)})
    bomb = repacked(zeros, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < len(zeros) / 50
    assert "its content is compressed" in refusal(tmp_path, bomb)


def test_an_entry_marked_as_a_folder_is_read_all_the_same(tmp_path):
    marked = bytearray(SAVED)
    with zipfile.ZipFile(io.BytesIO(SAVED)) as archive:
        place = archive.start_dir  # the table of entries; each has its attributes at place 38
        for _ in archive.infolist():
            marked[place + 38] |= 0x10
            place += 46 + sum(int.from_bytes(marked[place + at : place + at + 2], "little") for at in (28, 30, 32))
    path = tmp_path / "marked.pth"
    path.write_bytes(marked)
    assert same(read_pth(path))


def test_two_entries_of_one_name_are_refused(tmp_path):
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(buffer := io.BytesIO(SAVED), "a") as archive,
    ):
        archive.writestr("archive/data.pkl", pickle_in(SAVED))
    assert "two of its entries have one name" in refusal(tmp_path, buffer.getvalue())


def test_another_archive_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme", "nothing here")
    assert "damaged, or not written by torch.save" in refusal(tmp_path, buffer.getvalue())


@same_folder
@given(st.integers(0, len(SAVED) - 1))
def test_truncation_anywhere_is_refused(tmp_path, length):
    refusal(tmp_path, SAVED[:length])


@settings(same_folder, max_examples=500)
@given(st.integers(0, len(SAVED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_no_tensor(tmp_path, place, change):
    changed = bytearray(SAVED)
    changed[place] ^= change
    path = tmp_path / "changed.pth"
    path.write_bytes(changed)
    try:
        content = read_pth(path)
    except CheckpointError:
        refusal(tmp_path, changed)
    else:
        assert same(content)


@settings(same_folder, max_examples=300)
@given(st.data())
def test_a_forged_pickle_with_right_checksums_is_refused_or_holds_a_dictionary(tmp_path, data):
    forged = bytearray(pickle_in(SAVED))
    for _ in range(data.draw(st.integers(1, 3))):
        forged[data.draw(st.integers(0, len(forged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "forged.pth"
    path.write_bytes(repacked(SAVED, bytes(forged)))
    try:
        assert isinstance(read_pth(path), dict)
    except CheckpointError:
        refusal(tmp_path, path.read_bytes())


@pytest.mark.parametrize(
    ("place", "reason"),
    [("missing", "No such file or directory"), (".", "Is a directory"), ("/dev/zero", "a device or a pipe")],
)
def test_what_is_no_file_is_named(tmp_path, place, reason):
    path = tmp_path / place
    with pytest.raises(CheckpointError, match=rf"cannot read {path}: {reason}"):
        read_pth(path)
