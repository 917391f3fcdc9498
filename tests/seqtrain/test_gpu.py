"""On a GPU: the captured step is the step, rows and labels are those of a CPU, a run goes on to the same bits."""

import json
from dataclasses import replace

import pytest
import torch

from seqmodel import load_checkpoint
from seqtrain import Mixture, Trainer, recipe_from_dict
from seqtrain.callbacks import Callbacks
from seqtrain.device_mixture import DeviceMixture
from seqtrain.device_teacher import DeviceTeacher
from seqtrain.drawing import training_batches
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.recipe import Recipe
from seqtrain.teacher import Teacher, teacher_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

TABLE = {
    "model": {"d_model": 32, "layers": 2, "heads": 2, "value_periods": [2, 3, 5]},
    "data": {"batch": 32},
    "schedule": {"kind": "constant", "warmup": 3},  # a cosine knows the budget's end
    "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
    "stopping": {"restore": "last"},
    "validation": {"every": 10, "rows": 64, "final_rows": 200, "ceiling": False},
    "budget": {"steps": 20},
    "run": {"threads": 1, "log_every": 5, "save_every": 10, "device": "cuda"},
}

KINDS = {
    "plain": {},
    "bfloat16": {"run": {"precision": "bfloat16"}},
    "dropout": {"model": {"dropout": 0.2}},
    "muon": {"optimiser": {"kind": "muon"}},
    "sgd": {"optimiser": {"kind": "sgd", "learning_rate": 0.05}},
    "distance": {"loss": {"kind": "distance-weighted"}},
    "pure distance": {"loss": {"kind": "distance"}, "data": {"end": False}},
    "argmax": {"loss": {"kind": "distance-weighted", "prediction": "argmax"}},
    "labels": {"loss": {"labels": "posterior"}},
    "regression": {"loss": {"kind": "huber"}, "model": {"head": "regression"}, "data": {"end": False}},
    "full attention": {"loss": {"targets": "last"}, "model": {"attention": "full"}},
    "rotary": {"model": {"positions": "rotary"}},
    "post-norm": {"model": {"norm": "post"}, "optimiser": {"clip": "value"}},
    "short rows": {"data": {"short_terms": 4, "short_from": 4}},
}


def recipe(sections) -> Recipe:
    return recipe_from_dict(TABLE | {name: TABLE.get(name, {}) | fields for name, fields in sections.items()})


def questions(**run) -> Recipe:
    table = {name: TABLE[name] for name in ("schedule", "stopping", "validation", "budget")}
    return recipe_from_dict(
        table
        | {"model": {"d_model": 32, "layers": 2, "heads": 2, "d_ff": 64}, "questions": {"digits": 5}}
        | {"data": {"batch": 32}, "run": TABLE["run"] | run}
    )


def loop_of(recipe):
    return TrainingLoop(
        recipe, Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation"), Callbacks([])
    )


def after(loop, steps=6):
    """Return the losses and weights after some steps."""
    torch.manual_seed(7)
    recipe = loop.recipe
    teacher = teacher_of(recipe, loop.device) if recipe.loss.labels == "posterior" else None
    batches = training_batches(recipe, loop._source, 0, teacher, device=loop.device)
    losses = []
    for _ in range(steps):
        loop._update(next(batches))
        loop.step += 1
        losses.append(loop.losses.mean(1))
    return losses, {name: weight.cpu() for name, weight in loop.model.state_dict().items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_captured_step_is_the_step(kind):
    asked = recipe(KINDS[kind])
    losses, weights = after(loop_of(asked))
    plain = loop_of(asked)
    plain._steps._move = plain._steps._eager  # kernel by kernel
    expected_losses, expected = after(plain)
    assert losses == expected_losses
    assert len(set(losses)) == len(losses), "every step saw rows of its own"
    assert {name for name in expected if not torch.equal(weights[name], expected[name])} == set()


def test_a_capture_leaves_no_trace(monkeypatch):
    """Ten steps with captures of two shapes on the way are ten steps, with the random numbers of dropout too."""
    monkeypatch.setattr("seqtrain.captured_step.WARM_UPS", 5)
    _, many = after(loop_of(recipe(KINDS["dropout"])))
    monkeypatch.setattr("seqtrain.captured_step.WARM_UPS", 1)
    _, few = after(loop_of(recipe(KINDS["dropout"])))
    assert {name for name in few if not torch.equal(many[name], few[name])} == set()


@pytest.mark.parametrize("kind", ["plain", "labels"])
def test_a_gpu_trains_on_the_same_rows_to_nearly_the_same_weights(kind):
    asked = recipe(KINDS[kind])
    there, _ = after(loop_of(asked))
    here, _ = after(loop_of(replace(asked, run=replace(asked.run, device="cpu"))))
    assert there == pytest.approx(here, rel=1e-4)


def test_rows_and_labels_are_those_of_a_cpu():
    asked = recipe(KINDS["labels"])
    gpu = torch.device("cuda", 0)
    mixture, teacher, there = Mixture.of(asked, purpose="train"), Teacher(asked), DeviceTeacher(asked, gpu)
    drawn, found = mixture.batches(10**6, 3), DeviceMixture(mixture, gpu).batches(10**6, 3)
    for name in ("inputs", "targets", "phases"):
        assert (getattr(found, name).cpu().numpy() == getattr(drawn, name)).all()
    for inputs, targets in zip(found.inputs, found.targets, strict=True):
        assert torch.equal(there.labels(inputs, targets).cpu(), teacher.labels(inputs.cpu(), targets.cpu()))


@pytest.mark.parametrize("kind", ["dropout", "muon", "short rows", "questions"])
def test_a_run_that_was_cut_ends_with_the_same_bits(kind, tmp_path):
    asked = questions() if kind == "questions" else recipe(KINDS[kind])
    for folder, budgets in ("whole", [20]), ("cut", [7, 13, 20]):
        for steps in budgets:
            Trainer(replace(asked, budget=replace(asked.budget, steps=steps)), tmp_path / folder).run()
    whole, cut = (load_checkpoint(tmp_path / name / "model.safetensors") for name in ("whole", "cut"))
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, cut.model.state_dict()[name]), name


def test_a_grown_model_holds_still_what_it_must(tmp_path):
    small = replace(questions(), budget=replace(questions().budget, steps=5))
    Trainer(small, tmp_path / "small").run()
    grown = recipe_from_dict(
        {
            "model": {"d_model": 32, "layers": 3, "heads": 2, "d_ff": 64},
            "questions": {"digits": 6},
            "data": {"batch": 32},
            "budget": {"steps": 12},
            "validation": TABLE["validation"],
            "stopping": TABLE["stopping"],
            "run": TABLE["run"] | {"grow_from": str(tmp_path / "small" / "model.safetensors"), "hold": "heads"},
        }
    )
    Trainer(grown, tmp_path / "grown").run()
    before, after = (load_checkpoint(tmp_path / name / "model.safetensors").model for name in ("small", "grown"))
    held = [f"blocks.{layer}.attention.qkv.weight" for layer in range(2)]
    for name in held:
        assert torch.equal(before.state_dict()[name], after.state_dict()[name])
    assert not torch.equal(before.state_dict()["output.weight"], after.state_dict()["output.weight"])


def test_the_report_says_where_it_ran(tmp_path):
    Trainer(recipe({}), tmp_path).run()
    provenance = load_checkpoint(tmp_path / "model.safetensors").provenance
    assert provenance["arithmetic"]["device"] == torch.cuda.get_device_name(0)
    assert json.loads((tmp_path / "result.json").read_text())["step"] == 20
