"""Training that begins with a smaller model, and what of it holds still."""

import json
from dataclasses import replace

import pytest
import torch

from seqmodel import Placement, frozen_masks, load_checkpoint
from seqtrain import Trainer, recipe_from_dict
from seqtrain.loop import TrainingLoop
from seqtrain.model_predictor import model_predictor
from seqtrain.sources import Sources
from seqtrain.starting import begin_from
from seqtrain.state import load_state

SMALL = {
    "questions": {"digits": 2, "operation": "add"},
    "model": {"d_model": 8, "layers": 1, "heads": 1, "d_head": 4, "d_ff": 8, "activation": "relu"},
    "data": {"batch": 8},
    "optimiser": {"learning_rate": 0.01, "weight_decay": 0.1, "decay": "all"},
    "schedule": {"kind": "constant", "warmup": 0},
    "validation": {"every": 100, "rows": 16, "final_rows": 16},
    "stopping": {"restore": "last"},
    "budget": {"steps": 6},
    "run": {"threads": 1, "save_every": 100},
}
HELD = {"nothing": "ins1", "heads": "ins2", "heads and feed-forward": "ins3"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a small trained adder."""
    folder = tmp_path_factory.mktemp("small")
    Trainer(recipe_from_dict(SMALL), folder).run()
    return folder


def larger(small, hold="nothing", *, layers=(), **sections):
    table = {
        **SMALL,
        "questions": {"digits": 2, "operation": "mix"},
        "model": {**SMALL["model"], "layers": 2, "heads": 2, "d_ff": 12},
        "run": {**SMALL["run"], "seed": 3, "grow_from": str(small), "grow_layers": list(layers), "hold": hold},
    }
    for section, fields in sections.items():
        table[section] = {**table[section], **fields}
    return recipe_from_dict(table)


@pytest.mark.parametrize("layers", [(), (1,)])
def test_before_the_first_step_the_larger_model_answers_as_the_small_one_did(small, layers):
    recipe = larger(small, layers=layers)
    rows = Sources(recipe)
    loop = TrainingLoop(recipe, rows.training, rows.validation, None)
    grown = begin_from(recipe, loop.model)
    assert grown["placement"]["layers"] == list(layers or (0,))
    assert grown["from"] == {"name": str(small), "seed": 0, "step": 6}
    asked = rows.validation.batches(0, 3)
    told, known = (
        model_predictor(model.eval())(asked).log_probabilities
        for model in (loop.model, load_checkpoint(small / "model.safetensors").model)
    )
    torch.testing.assert_close(torch.from_numpy(told), torch.from_numpy(known), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
@pytest.mark.parametrize("hold", HELD)
def test_what_is_held_never_moves_and_is_not_remembered_through_a_resume_too(small, tmp_path, kind, hold):
    recipe = larger(small, hold, optimiser={"kind": kind}, budget={"steps": 7})
    rows = Sources(recipe)
    loop = TrainingLoop(recipe, rows.training, rows.validation, None)
    grown = begin_from(recipe, loop.model)
    before = {name: weight.clone() for name, weight in loop.model.state_dict().items()}
    masks = frozen_masks(Placement.from_dict(grown["placement"]), HELD[hold])
    assert bool(masks) == (hold != "nothing")

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    Trainer(recipe, whole).run()
    Trainer(replace(recipe, budget=replace(recipe.budget, steps=3)), parts).run()
    Trainer(recipe, parts).run()
    ends = load_state(whole / "state.safetensors"), load_state(parts / "state.safetensors")
    for group in ("model", "moments"):
        assert ends[0].tensors[group].keys() == ends[1].tensors[group].keys()
        for name, tensor in ends[0].tensors[group].items():
            assert torch.equal(tensor, ends[1].tensors[group][name]), name
    after, moments = ends[1].tensors["model"], ends[1].tensors["moments"]
    for name, weight in before.items():
        frozen = masks.get(name, torch.zeros(weight.shape, dtype=torch.bool))
        assert torch.equal(after[name][frozen], weight[frozen]), name
        assert frozen.all() or not torch.equal(after[name][~frozen], weight[~frozen]), name
        for key, moment in moments.items():
            if key.rpartition("/")[0] == name and moment.shape == weight.shape:
                assert not moment[frozen].any(), key
                assert frozen.all() or moment[~frozen].any(), key
    kept = load_checkpoint(whole / "model.safetensors").provenance["grown"]
    assert Placement.from_dict(kept["placement"]) == Placement.from_dict(grown["placement"])


def test_a_run_that_goes_on_needs_the_small_model_no_more(small, tmp_path):
    copy = tmp_path / "small.safetensors"
    copy.write_bytes((small / "model.safetensors").read_bytes())
    recipe = larger(copy, "heads", budget={"steps": 2})
    Trainer(recipe, tmp_path / "run").run()
    copy.unlink()
    longer = replace(recipe, budget=replace(recipe.budget, steps=4))
    assert Trainer(longer, tmp_path / "run").run().step == 4


def test_the_losses_of_all_steps_are_written_with_what_began_them(small, tmp_path):
    recipe = larger(small, "heads", layers=(1,), run={"keep_losses": True, "log_every": 2})
    logged = []

    class Log:
        def started(self, step): ...
        def close(self): ...
        def validated(self, step, evaluation): ...
        def logged(self, step, scalars):
            logged.append(scalars["loss"])

    Trainer(recipe, tmp_path / "run").run([Log()])
    written = json.loads((tmp_path / "run/training_loss.json").read_text())
    losses = written["TrainingLoss"]
    assert len(losses) == 6
    assert [sum(losses[k : k + 2]) / 2 for k in (0, 2, 4)] == pytest.approx(logged)
    config = written["Config"]
    assert config["model_name"] == "run"
    assert (config["insert_mode"], config["insert_late"]) == (2, True)
    assert (config["insert_n_layers"], config["insert_n_heads"]) == (1, 1)
    assert (config["insert_training_seed"], config["insert_n_training_steps"]) == (0, 6)
    assert (config["perc_add"], config["perc_sub"], config["perc_mult"]) == (34, 66, 0)
    assert config["final_loss"] == losses[-1]
    assert config["avg_final_loss"] == pytest.approx(sum(losses) / 6)
    plain = recipe_from_dict({**SMALL, "run": {**SMALL["run"], "keep_losses": True}, "budget": {"steps": 2}})
    Trainer(plain, tmp_path / "plain").run()
    config = json.loads((tmp_path / "plain/training_loss.json").read_text())["Config"]
    assert (config["insert_mode"], config["insert_late"], config["insert_n_layers"]) == (0, False, 0)
    assert (config["perc_add"], config["perc_sub"]) == (100, 0)


def test_losses_are_kept_through_a_resume(small, tmp_path):
    recipe = larger(small, run={"keep_losses": True})
    Trainer(recipe, tmp_path / "whole").run()
    Trainer(replace(recipe, budget=replace(recipe.budget, steps=4)), tmp_path / "parts").run()
    Trainer(recipe, tmp_path / "parts").run()
    whole, parts = (
        json.loads((tmp_path / name / "training_loss.json").read_text())["TrainingLoss"] for name in ("whole", "parts")
    )
    assert len(whole) == 6
    assert whole == parts


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"grow_from": "", "hold": "heads"}, "run.hold is 'heads'; it must be left out where run.grow_from names no"),
        ({"grow_from": "", "grow_layers": [1]}, r"run.grow_layers is \(1,\); it must be left out where run.grow_from"),
        ({"start_from": "default"}, "run.grow_from is .*; it must be left out where run.start_from names a model"),
        ({"hold": "everything"}, "run.hold is 'everything'; it must be one of 'nothing', 'heads', 'heads and feed-f"),
    ],
)
def test_what_does_not_fit_together_is_refused(small, run, message):
    with pytest.raises(ValueError, match=message):
        larger(small, run=run)


def test_a_model_that_has_no_place_is_refused_with_the_reason(small, tmp_path):
    recipe = larger(small, model={"d_model": 10})
    with pytest.raises(
        ValueError, match=r"run.grow_from is .*: a model of d_model 8 has no place in one of d_model 10"
    ):
        Trainer(recipe, tmp_path).run()
