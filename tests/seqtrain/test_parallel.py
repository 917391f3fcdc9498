"""Several processes that train together take the steps that one would."""

import logging
import math
import subprocess
import sys
from contextlib import contextmanager

import killed_training
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from run_ends import end_of, scalars_of

from seqtrain import (
    IGNORE,
    Batches,
    StoppingState,
    Trainer,
    make_loss,
    recipe_from_dict,
    recipe_to_dict,
    recipe_to_toml,
)
from seqtrain.drawing import training_batches
from seqtrain.ending import reason_to_stop
from seqtrain.parallel import ALONE, Processes, joined
from seqtrain.resuming import agreed
from seqtrain.run_folder import RunFolder
from seqtrain.threads import threads_for

TERMS = 5
LOSSES = [
    {"kind": kind, "positions": positions, "targets": targets}
    for kind in ("cross-entropy", "distance-weighted", "distance")
    for positions in ("scored", "rows", "weighted")
    for targets in ("prefixes", "last")
]


def changed(recipe, **sections):
    table = recipe_to_dict(recipe)
    return recipe_from_dict({name: {**values, **sections.get(name, {})} for name, values in table.items()})


class Rows:
    """Rows of any length: one step's are given, every step has them. The last class is END, without a distance."""

    phases = ("only",)

    def __init__(self, targets):
        self.targets = np.array(targets)

    def batches(self, first, count):
        targets = np.repeat(self.targets[None], count, axis=0)
        inputs = np.where(targets == IGNORE, 0, targets)
        return Batches(inputs=inputs, targets=targets, phases=np.zeros(targets.shape[:2], np.int64))


def loss_and_gradient(loss, batch):
    """Of a model that is a table of the logits after each term."""
    table = torch.arange(TERMS * (TERMS + 1) + TERMS + 1, dtype=torch.float64).sin().view(TERMS + 1, -1)
    table.requires_grad_()
    value = loss(table[batch.inputs], batch.targets)
    (gradient,) = torch.autograd.grad(value, table)
    return value.item(), gradient


@settings(max_examples=40)
@given(st.data(), st.integers(2, 4), st.sampled_from(LOSSES))
def test_the_losses_and_gradients_of_all_shares_add_up_to_those_of_the_step(data, count, loss):
    lengths = data.draw(st.lists(st.integers(1, 6), min_size=count, max_size=9), "terms of each row")
    targets = [[data.draw(st.integers(0, TERMS)) for _ in range(n)] + [IGNORE] * (6 - n) for n in lengths]
    recipe = recipe_from_dict({"data": {"high": TERMS - 1}, "loss": loss})
    charge = make_loss(recipe.loss, TERMS)
    whole = next(training_batches(recipe, Rows(targets), 0))
    value, gradient = loss_and_gradient(charge, whole)
    if math.isnan(value):
        return  # nothing but END, and no distance to learn
    shares = [
        next(training_batches(recipe, Rows(targets), 0, processes=Processes(rank=rank, count=count)))
        for rank in range(count)
    ]
    assert sum(len(share.inputs) for share in shares) == len(targets)
    parts = [(share.weight, *loss_and_gradient(charge, share)) for share in shares if share.weight]
    assert sum(weight for weight, _, _ in parts) == pytest.approx(1)
    assert sum(weight * part for weight, part, _ in parts) == pytest.approx(value)
    torch.testing.assert_close(sum(weight * part for weight, _, part in parts), gradient)


@pytest.fixture
def only_member(tmp_path):
    """Membership in a group of one, where every sum is what this process has."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_rows_without_a_target_add_nothing_to_the_gradient(only_member):
    model = torch.nn.Linear(2, 1)
    loss = model(torch.ones(2)).sum() * math.nan
    assert Processes(count=2).backward(loss, model, 0.0) == 0
    assert all(torch.equal(weight.grad, torch.zeros_like(weight)) for weight in model.parameters())


def test_weights_that_are_held_still_are_given_no_gradient(only_member):
    model = torch.nn.Linear(2, 1)
    model.bias.requires_grad_(False)
    assert Processes(count=2).backward(model(torch.ones(2)).sum(), model, 0.5).isfinite()
    assert model.bias.grad is None
    assert torch.equal(model.weight.grad, torch.full((1, 2), 0.5))


def test_what_is_joined_already_stays_so(only_member):
    with joined() as processes:
        assert processes == ALONE
    assert torch.distributed.is_initialized()


def test_one_process_alone_answers_for_itself():
    rows = np.arange(6).reshape(1, 3, 2)
    with joined() as processes:
        assert processes is ALONE
    assert ALONE.share(rows) is rows
    assert ALONE.any_of(False, True) == [False, True]
    assert ALONE.seed(7) == 7
    assert len({Processes(rank=rank, count=3).seed(7) for rank in range(3)}) == 3


def test_cores_are_shared_by_the_processes_of_a_machine(tiny):
    recipe = changed(tiny, run={"threads": 0})
    alone = threads_for(recipe, parameters=10**9)
    together = threads_for(recipe, 10**9, Processes(count=4, here=2))
    assert together == max(1, alone // 2)


class Told(Processes):
    """Processes of which another one answers."""

    def any_of(self, *flags):
        return [flag or other for flag, other in zip(flags, self.other, strict=True)]

    def all_of(self, value):
        return [value, torch.tensor(12)]


@pytest.mark.parametrize(
    ("other", "reason"), [((True, False), "interrupted"), ((False, True), "time budget"), ((False, False), None)]
)
def test_what_one_process_hears_ends_all(tiny, other, reason, monkeypatch):
    monkeypatch.setattr(Told, "other", other, raising=False)
    found = reason_to_stop(tiny, step=1, seconds=0.0, stopping=StoppingState(), last_loss=1.0, processes=Told(count=2))
    assert found == reason


def test_processes_that_see_different_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no run, step 12, by process; it must be one folder"):
        agreed(None, RunFolder(tmp_path), Told(count=2))


def test_more_processes_than_rows_are_refused(tiny, tmp_path, monkeypatch):
    @contextmanager
    def nine():
        yield Processes(count=9)

    monkeypatch.setattr("seqtrain.trainer.joined", nine)
    with pytest.raises(ValueError, match=r"data\.batch is 8; it must be at least 9, the number of processes"):
        Trainer(tiny, tmp_path / "out").run()
    assert not (tmp_path / "out").exists()


LONG = {"budget": {"steps": 60}, "stopping": {"patience": 0}, "run": {"log_every": 3, "save_every": 4}}


def together(recipe, folder):
    """Train in one process, in two, and in two that are killed; return how each ended."""
    (folder / "recipe.toml").write_text(recipe_to_toml(recipe))
    program = [sys.executable, killed_training.__file__, "together", folder / "recipe.toml", folder]
    printed = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert printed.count('"killed": true') == 2 * killed_training.KILLS_TOGETHER
    return [end_of(folder / name) for name in ("alone", "whole", "killed")]


def test_two_processes_log_the_losses_of_one_and_go_on_to_their_own_bits(tiny, tmp_path, caplog):
    """Nine rows are five and four. Within 1e-5: the same terms are added up in another order, in float32."""
    recipe = changed(tiny, data={"batch": 9}, **LONG)
    alone, whole, killed = together(recipe, tmp_path)
    assert killed == whole
    logs = [scalars_of(tmp_path / name / "tensorboard") for name in ("alone", "whole")]
    assert logs[0].keys() == logs[1].keys()
    for tag, points in logs[0].items():
        np.testing.assert_allclose(logs[1][tag], points, rtol=1e-5, err_msg=tag)
    assert whole["model"] != alone["model"], "the other order shows in the last bits"

    with caplog.at_level(logging.INFO, "seqtrain"):
        result = Trainer(changed(recipe, budget={"steps": 64}), tmp_path / "whole").run()
    assert (result.reason, result.step) == ("steps done", 64)
    assert "'processes': '2'" in caplog.text
    assert "bits may differ" in caplog.text


def test_two_processes_draw_dropout_of_their_own_and_go_on_with_it(tiny, tmp_path):
    recipe = changed(
        tiny,
        budget=LONG["budget"],
        run=LONG["run"] | {"precision": "bfloat16"},
        model={"dropout": 0.3},
        optimiser={"kind": "muon"},
    )
    _, whole, killed = together(recipe, tmp_path)
    assert killed == whole
    states = [whole["tensors"][f"random:{name}"] for name in ("state", "state/1")]
    assert states[0] != states[1]
