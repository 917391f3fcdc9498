"""Whoever is stopped while saving leaves the old model or the new one, never a part."""

import json
import os
import subprocess
import sys
from pathlib import Path

import killed_saving
import pytest

from seqmodel.checkpoint_file import read_checkpoint, write_checkpoint
from seqmodel.pretrained_folder import read_pretrained, write_pretrained

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def outcomes(tmp_path, kind, how):
    program = [sys.executable, killed_saving.__file__, kind, how, tmp_path / "model"]
    result = subprocess.run(program, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


@needs_fork
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_process_killed_at_any_step_of_saving_leaves_the_old_model_or_the_new_one(tmp_path, kind):
    *killed, last = outcomes(tmp_path, kind, "steps")
    assert not any(one["ended"] for one in killed)
    assert last == {"left": "new", "ended": True}
    left = [one["left"] for one in killed]
    # At first the old model; from some step on the new one.
    assert left == sorted(left, reverse=True)
    assert set(left) == {"old", "new"}


@needs_fork
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_process_killed_while_it_saves_again_and_again_leaves_a_whole_model(tmp_path, kind):
    left = [one["left"] for one in outcomes(tmp_path, kind, "moments")]
    assert len(left) == killed_saving.MOMENTS
    assert set(left) <= {"old", "new"}


FULL = """
import resource, sys
import killed_saving
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
from pathlib import Path
try:
    killed_saving.save(sys.argv[1], Path(sys.argv[2]), killed_saving.NEW)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the size of files cannot be limited here")
@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("room", [0, 1, 4096, 1_000_000])
def test_where_a_file_finds_no_room_the_previous_one_stays_whole(tmp_path, kind, room):
    killed_saving.save(kind, tmp_path, killed_saving.OLD)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    program = [sys.executable, "-c", FULL, kind, tmp_path, str(room)]
    path = os.pathsep.join([str(Path(killed_saving.__file__).parent), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(program, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert result.stdout == "File too large\n"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_nothing_is_left_beside_what_is_saved(tmp_path):
    write_checkpoint(tmp_path / "model.safetensors", killed_saving.OLD)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    assert read_checkpoint(tmp_path / "model.safetensors").provenance == {"name": "old"}
    write_pretrained(tmp_path, killed_saving.NEW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    assert read_pretrained(tmp_path).provenance == {"name": "new"}
