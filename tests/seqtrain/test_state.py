import pytest
import torch

from seqtrain import StoppingState
from seqtrain.state import RunState, load_state, save_state


@pytest.fixture
def state(tiny):
    return RunState(
        recipe=tiny,
        step=7,
        seconds=1.5,
        stopping=StoppingState(best_loss=0.1, best_step=3, reference=0.2, waited=1),
        reason="interrupted",
        arithmetic={"threads": "1"},
        rows={"training": "abc"},
        tensors={"model": {"a:b": torch.tensor([1.0, 2.0])}, "random": {"state": torch.get_rng_state()}},
    )


def test_a_state_comes_back_as_it_was(state, tmp_path):
    path = tmp_path / "state.safetensors"
    save_state(path, state)
    back = load_state(path)
    for name in ("recipe", "step", "seconds", "stopping", "reason", "arithmetic", "rows"):
        assert getattr(back, name) == getattr(state, name)
    assert back.tensors.keys() == state.tensors.keys()
    assert torch.equal(back.tensors["model"]["a:b"], state.tensors["model"]["a:b"])


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.9])
def test_a_truncated_state_is_one_clear_error(state, tmp_path, share):
    path = tmp_path / "state.safetensors"
    save_state(path, state)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"state\.safetensors is no state of a run, or a damaged one"):
        load_state(path)


def test_a_state_that_cannot_be_written_leaves_the_one_before(state, tmp_path, monkeypatch):
    path = tmp_path / "state.safetensors"
    save_state(path, state)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_state(path, state)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
