"""A posterior kept on disk: the same answers, or one clear error."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from seqgen import (
    Ceilings,
    Posterior,
    PosteriorFileError,
    Universe,
    families,
    open_posterior,
    posterior_file,
    save_posterior,
    stored_posterior,
)
from seqgen.strategies import universes


def small() -> Universe:
    """A universe of two words a row."""
    return Universe([families.arithmetic(start=range(8), step=range(4)), families.geometric()], name="small")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    save_posterior(folder, Posterior.of(small()))
    return folder


@settings(max_examples=10)
@given(universes(max_families=2))
def test_what_is_opened_answers_as_what_was_saved(tmp_path_factory: pytest.TempPathFactory, universe: Universe) -> None:
    posterior = Posterior.of(universe)
    folder = tmp_path_factory.mktemp("posterior") / "kept"
    save_posterior(folder, posterior)
    opened = open_posterior(folder, universe, verify=True)
    if universe.length == 1:
        return
    values, lengths = universe.table
    prefixes = [row[: min(2, universe.length - 1)] for row in values[lengths > 1].astype(np.int64)[:20]]
    assert list(opened.batch(prefixes)) == list(posterior.batch(prefixes))
    assert Ceilings.of(opened).overall() == Ceilings.of(posterior).overall()


def test_arrays_stay_on_disk_until_they_are_read(saved: Path) -> None:
    assert all(isinstance(words, np.memmap) for words in open_posterior(saved, small()).keys)


def test_a_stored_posterior_is_built_once(tmp_path: Path) -> None:
    stages: list[str] = []
    first = stored_posterior(tmp_path / "kept", small(), stages.append)
    assert stages[-1] == "saving"
    stages.clear()
    assert stored_posterior(tmp_path / "kept", small(), stages.append).next([1, 2]) == first.next([1, 2])
    assert not stages


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def pickled(path: Path) -> None:
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)


def narrowed(path: Path) -> None:
    np.save(path, np.load(path).astype(np.uint16))


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


ANY_FILE = [cut, emptied, replaced_by_a_folder, Path.unlink]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *product(["keys0.npy", "keys1.npy", "order.npy", "common.npy"], [*ANY_FILE, pickled, narrowed]),
        *product(["posterior.json"], ANY_FILE),
    ],
)
def test_a_damaged_file_is_one_clear_error(saved: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(saved / name)
    with pytest.raises(PosteriorFileError, match=r"kept"):
        open_posterior(saved, small())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "no saved posterior"),
        ("null", "no saved posterior"),
        ("{}", "no saved posterior"),
        ('{"format": 1}', "no saved posterior"),
        ('{"format": 1, "universe": 5, "files": {}}', "another universe"),
        ('{"format": 2, "universe": "", "files": {}}', "format 2"),
        ("\xff", "no saved posterior"),
    ],
)
def test_a_wrong_manifest_is_one_clear_error(saved: Path, text: str, message: str) -> None:
    (saved / "posterior.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(PosteriorFileError, match=message):
        open_posterior(saved, small())


def test_checksums_of_a_wrong_kind_are_one_clear_error(saved: Path) -> None:
    manifest = json.loads((saved / "posterior.json").read_text())
    (saved / "posterior.json").write_text(json.dumps({**manifest, "files": [1]}))
    with pytest.raises(PosteriorFileError, match="kept"):
        open_posterior(saved, small(), verify=True)


@pytest.mark.parametrize("name", ["keys0.npy", "keys1.npy", "order.npy", "common.npy"])
def test_verifying_finds_a_flipped_bit(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[-1] ^= 1
    (saved / name).write_bytes(content)
    open_posterior(saved, small())
    with pytest.raises(PosteriorFileError, match=f"{name} is damaged"):
        open_posterior(saved, small(), verify=True)


@pytest.mark.parametrize(
    "other",
    [
        Universe([families.arithmetic(start=range(8), step=range(4))]),
        Universe([families.arithmetic(start=range(8), step=range(3)), families.geometric()]),
        Universe([families.arithmetic(start=range(8), step=range(4)), families.geometric()], shares=[1, 2]),
    ],
)
def test_another_universe_is_refused(saved: Path, other: Universe) -> None:
    with pytest.raises(PosteriorFileError, match="another universe"):
        open_posterior(saved, other)


def test_a_path_that_is_no_saved_posterior_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "empty").mkdir()
    for name in ("file", "empty", "missing"):
        with pytest.raises(PosteriorFileError, match=f"{name} holds no saved posterior"):
            open_posterior(tmp_path / name, small())


def test_what_exists_is_not_written_over(saved: Path) -> None:
    before = sorted((file.name, file.read_bytes()) for file in saved.iterdir())
    with pytest.raises(FileExistsError, match="kept"):
        save_posterior(saved, Posterior.of(small()))
    assert sorted((file.name, file.read_bytes()) for file in saved.iterdir()) == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_save_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(posterior_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_posterior(tmp_path / "kept", Posterior.of(small()))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save_posterior(tmp_path / "nowhere" / "kept", Posterior.of(small()))
