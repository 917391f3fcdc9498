"""The same recipe on a CPU and on a GPU. There is no GPU here, so that what can be known without one is tested."""

import logging
from contextlib import nullcontext
from itertools import repeat
from types import SimpleNamespace

import pytest
import torch

from seqtrain import Mixture, Trainer, recipe_from_dict, recipe_to_dict
from seqtrain.callbacks import Callbacks
from seqtrain.cli import main
from seqtrain.device import autocast, device_of, gpu_random, gpus, lies_apart, name_of, restore_gpu_random
from seqtrain.drawing import training_batches
from seqtrain.flat_weights import FlatWeights
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.recipe import RunRecipe
from seqtrain.state import load_state, save_state

CPU = torch.device("cpu")
GPU = torch.device("cuda", 0)


def changed(recipe, **sections):
    table = recipe_to_dict(recipe)
    for section, values in sections.items():
        table[section] |= values
    return recipe_from_dict(table)


def on(device):
    return recipe_from_dict({"run": {"device": device}})


@pytest.fixture
def a_gpu(monkeypatch):
    """Let torch say that it finds a GPU, of which nothing more is asked."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.current_device", lambda: 0)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: f"GPU {device.index}")


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


def test_auto_is_a_gpu_where_there_is_one(a_gpu):
    assert [device_of(on(name)) for name in ("auto", "cuda", "cpu")] == [GPU, GPU, CPU]
    assert (name_of(GPU), gpus(GPU)) == ("GPU 0", [GPU])
    assert lies_apart(on("auto"))


def test_auto_is_the_cpu_where_there_is_none(no_gpu):
    assert [device_of(on(name)) for name in ("auto", "cpu")] == [CPU, CPU]
    assert (name_of(CPU), gpus(CPU)) == ("cpu", [])
    assert [lies_apart(on(name)) for name in ("auto", "cpu", "cuda")] == [False, False, True]


def test_a_gpu_that_is_missing_is_said_to_be_before_any_rows_are_made(no_gpu, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("seqtrain.trainer.Sources", None)
    path = tmp_path / "gpu.toml"
    path.write_text('[run]\ndevice = "cuda"\n')
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 2
    assert "run.device is 'cuda'; it must be 'cpu' or 'auto' here: torch" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_gpu_s_random_numbers_go_on_where_they_were(monkeypatch):
    held = {"gpu": torch.tensor([7], dtype=torch.uint8)}
    monkeypatch.setattr("torch.cuda.get_rng_state", lambda _: held["gpu"])
    monkeypatch.setattr("torch.cuda.set_rng_state", lambda state, _: held.update(gpu=state))
    states = gpu_random(GPU)
    assert gpu_random(CPU) == {}
    held["gpu"] = None
    restore_gpu_random(states, CPU)
    restore_gpu_random({}, GPU)
    assert held["gpu"] is None
    restore_gpu_random(states, GPU)
    assert held["gpu"] is states["gpu"]


def test_several_processes_train_on_cpus(a_gpu, monkeypatch):
    monkeypatch.setattr("torch.distributed.is_torchelastic_launched", lambda: True)
    assert device_of(on("auto")) == CPU
    with pytest.raises(ValueError, match=r"run.device is 'cuda'; .* several processes train on CPUs"):
        device_of(on("cuda"))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_autocast_is_on_the_device_of_the_model(precision):
    recipe = recipe_from_dict({"run": {"precision": precision}})
    with autocast(recipe, CPU):
        made = torch.ones(2, 2) @ torch.ones(2, 2)
    assert made.dtype == getattr(torch, precision)


@pytest.mark.parametrize(
    "sections",
    [
        {"loss": {"kind": "cross-entropy"}},
        {"loss": {"kind": "distance-weighted", "positions": "rows"}},
        {"loss": {"kind": "distance-weighted", "prediction": "argmax", "positions": "weighted"}},
        {"loss": {"kind": "cross-entropy", "labels": "posterior"}},
        {"loss": {"kind": "huber"}, "model": {"head": "regression"}, "data": {"end": False}},
        {"loss": {"kind": "cross-entropy", "targets": "last"}, "model": {"attention": "full"}},
        {"loss": {"kind": "cross-entropy"}, "optimiser": {"kind": "muon"}},
    ],
    ids=["cross-entropy", "distance", "argmax", "labels", "regression", "full attention", "muon"],
)
def test_a_step_is_wholly_on_its_device_and_reads_nothing_back(tiny, monkeypatch, sections):
    """On torch's device without data, which refuses tensors from elsewhere, and has no number to give."""
    meta = torch.device("meta")
    monkeypatch.setattr("seqtrain.loop.device_of", lambda _: meta)
    monkeypatch.setattr("seqtrain.training_step.autocast", lambda *_: nullcontext())
    monkeypatch.setattr("seqtrain.optimiser.torch.optim.AdamW", lambda groups, **_: torch.optim.SGD(groups, lr=1.0))
    recipe = changed(tiny, **sections)
    rows = [Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation")]
    loop = TrainingLoop(recipe, *rows, Callbacks([]))
    teacher = None
    if recipe.loss.labels == "posterior":
        shape = (8, 8, loop.model.vocabulary.outputs)
        teacher = SimpleNamespace(of_steps=lambda *_: repeat(torch.zeros(shape, device=meta)))
    batches = training_batches(recipe, rows[0], 0, teacher, device=meta)
    for _ in range(2):
        update = loop._update(next(batches))
    assert {update.outputs.device, update.gradient_norm.device, loop.losses.sum.device} == {meta}
    assert {weight.device for weight in loop.model.state_dict().values()} == {meta}
    with pytest.raises(RuntimeError, match="meta"):
        update.gradient_norm.item()


def test_moments_are_put_back_where_the_weights_are():
    model = torch.nn.Linear(2, 2, device="meta")
    flat = FlatWeights([torch.optim.AdamW(model.parameters())])
    flat.restore(
        model, {"weight/exp_avg": torch.ones(2, 2), "bias/exp_avg": torch.ones(2), "bias/step": torch.ones(())}
    )
    assert {name: moment.device.type for name, moment in flat.moments(model).items()} == {
        f"{name}/{moment}": "meta" for name in ("weight", "bias") for moment in ("exp_avg", "step")
    }


def test_a_run_goes_on_on_another_device_with_a_warning(tiny, tmp_path, caplog):
    Trainer(changed(tiny, run={"device": "cpu"}, budget={"steps": 7}), tmp_path).run()
    path = tmp_path / "state.safetensors"
    state = load_state(path)
    assert state.arithmetic["device"] == "cpu"
    save_state(path, state.__class__(**(vars(state) | {"arithmetic": state.arithmetic | {"device": "GPU 0"}})))
    with caplog.at_level(logging.INFO, "seqtrain"):
        assert Trainer(changed(tiny, run={"device": "auto"}), tmp_path).run().step == 20
    assert "changed for the rest of the run: run.device was 'cpu', is 'auto'" in caplog.text
    assert "'device': 'GPU 0'" in caplog.text
    assert "bits may differ" in caplog.text


def test_the_field_names_what_there_is():
    with pytest.raises(ValueError, match=r"run.device is 'tpu'; it must be one of 'cpu', 'cuda', 'auto'"):
        on("tpu")
    assert RunRecipe().device == "auto"
