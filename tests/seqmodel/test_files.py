import os
import signal
import stat
from pathlib import Path

import pytest

from seqmodel import atomic_path, write_atomically


def test_a_file_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with atomic_path(target) as new:
        new.write_bytes(b"half")
        assert target.read_bytes() == b"old"
        new.write_bytes(b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def fail_half_way(target, error):
    with atomic_path(target) as new:
        new.write_bytes(b"half")
        raise error


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(error):
        fail_half_way(target, error)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_file_has_the_usual_permissions(tmp_path):
    write_atomically(tmp_path / "ours", b"")
    (tmp_path / "usual").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "usual")]
    assert modes[0] == modes[1]


def test_the_new_file_is_on_the_disk_before_it_replaces_the_old_one(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr("os.fsync", lambda descriptor: flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink()))
    with atomic_path(tmp_path / "file") as new:
        new.write_bytes(b"new")
    assert flushed == [new, tmp_path]


def test_a_missing_folder_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "file", b"")


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    missing = tmp_path / "no" / "file"
    with pytest.raises(FileNotFoundError) as refused:
        write_atomically(missing, b"1")
    assert refused.value.filename == str(missing)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def die_half_way(target):
    """Let a process be killed when it has written half of a file."""
    child = os.fork()
    if not child:
        with atomic_path(target) as new:
            new.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


@needs_fork
def test_what_a_killed_process_left_goes_with_the_next_save(tmp_path):
    target, other = tmp_path / "file", tmp_path / "other"
    for path in (target, target, other):
        die_half_way(path)
    kept = [tmp_path / name for name in (".file.notes.tmp", ".file.0123abcd.tmpx", ".other.01234567.tmp.bak")]
    for path in kept:
        path.touch()
    assert len(list(tmp_path.iterdir())) == 6
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    left = set(tmp_path.iterdir()) - {target, *kept}
    assert [path.name[:7] for path in left] == [".other."]
    write_atomically(other, b"new")
    assert set(tmp_path.iterdir()) == {target, other, *kept}


def test_what_another_is_writing_at_that_moment_stays(tmp_path):
    target = tmp_path / "file"
    with atomic_path(target) as slow:
        slow.write_bytes(b"slow")
        write_atomically(target, b"quick")
        assert slow.read_bytes() == b"slow"
        assert target.read_bytes() == b"quick"
    assert target.read_bytes() == b"slow"
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_removed_is_no_reason_to_fail(tmp_path):
    abandoned = tmp_path / ".file.01234567.tmp"
    abandoned.mkdir()
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert abandoned.is_dir()
