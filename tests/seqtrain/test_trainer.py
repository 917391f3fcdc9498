import json
import logging
import os
import signal
import threading

import numpy as np
import pytest
import torch
from run_ends import scalars_of

from seqmodel import load_checkpoint
from seqtrain import Batches, BatchSource, Callback, Trainer, load_recipe, recipe_from_dict, recipe_to_dict


def changed(recipe, **sections):
    table = recipe_to_dict(recipe)
    for section, values in sections.items():
        table[section] |= values
    return recipe_from_dict(table)


class StopAt:
    """A callback that presses Ctrl-C at a step."""

    def __init__(self, step, times=1):
        self.step, self.times = step, times

    def started(self, step):
        pass

    def logged(self, step, scalars):
        if step == self.step:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)

    def validated(self, step, evaluation):
        pass

    def close(self):
        self.closed = True


def test_a_run_leaves_model_state_recipe_logs_and_result(tiny, tmp_path):
    result = Trainer(tiny, tmp_path / "a" / "run").run()
    out = tmp_path / "a" / "run"
    assert {path.name for path in out.iterdir()} == {
        "model.safetensors",
        "state.safetensors",
        "recipe.toml",
        "tensorboard",
        "result.json",
    }
    assert load_recipe(out / "recipe.toml") == tiny
    written = json.loads((out / "result.json").read_text())
    assert written == result.to_dict()
    assert (written["reason"], written["step"]) == ("steps done", 20)
    checkpoint = load_checkpoint(out / "model.safetensors")
    assert checkpoint.provenance["recipe"] == recipe_to_dict(tiny)
    assert checkpoint.provenance["figures"]["overall"]["targets"] == result.scores.model.overall.targets


def test_metrics_are_logged_beside_their_baselines(tiny, tmp_path):
    Trainer(tiny, tmp_path).run()
    logged = scalars_of(tmp_path / "tensorboard")
    figures = {
        f"validation_{name}/{group}"
        for name in ("accuracy", "distance", "log_loss", "training_loss", "teacher_forced", "free_running")
        for group in ("all", "phase1")
    }
    rules = ("random", "constant_127", "last_term", "linear_extrapolation", "Berlekamp-Massey")
    figures |= {
        f"validation_{name}/beside/{rule}"
        for name in ("accuracy", "distance", "teacher_forced", "free_running")
        for rule in rules
    } | {"validation_log_loss/beside/random"}
    training = {f"training/{name}" for name in ("loss", "accuracy", "learning_rate", "gradient_norm", "share/phase1")}
    assert logged.keys() == figures | training
    assert logged["validation_log_loss/beside/random"][-1] == (20, pytest.approx(np.log(256)))
    assert [step for step, _ in logged["training/loss"]] == [5, 10, 15, 20]


def test_the_model_kept_is_the_best_not_the_last(tiny, tmp_path):
    """A rate that explodes after the first validations makes the last weights worse than earlier ones."""
    recipe = changed(
        tiny, optimiser={"learning_rate": 3.0}, schedule={"warmup": 20}, validation={"every": 1, "rows": 64}
    )
    result = Trainer(recipe, tmp_path).run()
    assert result.best_step < 20
    kept = load_checkpoint(tmp_path / "model.safetensors")
    assert kept.provenance["step"] == result.best_step
    assert result.scores.model.overall.log_loss == pytest.approx(result.best_loss, rel=0.1)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_an_interrupted_run_goes_on_to_the_same_bits_and_the_same_logs(tiny, tmp_path, dropout, caplog):
    recipe = changed(
        tiny,
        model={"dropout": dropout},
        loss={"kind": "cross-entropy"},
        validation={"rows": 64},
        run={"log_every": 4, "save_every": 7},
        budget={"steps": 30},
    )
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    Trainer(recipe, whole).run()

    stop = StopAt(12)
    first = Trainer(recipe, halted).run([stop])
    assert (first.reason, first.step, first.scores) == ("interrupted", 12, None)
    assert first.best_step == 12, "the last steps before the interrupt are not lost to the kept model"
    assert stop.closed
    assert load_checkpoint(halted / "model.safetensors").provenance["step"] == first.best_step
    with caplog.at_level(logging.INFO, "seqtrain"):
        assert Trainer(recipe, halted).run().reason == "steps done"
    assert "going on from step 12" in caplog.text

    assert (halted / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert scalars_of(halted / "tensorboard") == scalars_of(whole / "tensorboard")


def test_a_second_interrupt_leaves_at_once(tiny, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        Trainer(tiny, tmp_path).run([StopAt(5, times=2)])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert Trainer(tiny, tmp_path).run().reason == "steps done"


def test_a_run_can_be_made_in_another_thread(tiny, tmp_path):
    worker = threading.Thread(target=lambda: Trainer(tiny, tmp_path).run())
    worker.start()
    worker.join()
    assert (tmp_path / "result.json").exists()


@pytest.mark.parametrize("given", ["recipe.toml", {"budget": {"steps": 1}}])
def test_what_is_no_recipe_is_refused_with_the_way_to_one(tmp_path, given):
    with pytest.raises(TypeError, match=r"recipe is .*; it must be a Recipe, as load_recipe or recipe_from_dict makes"):
        Trainer(given, tmp_path)


def test_a_finished_run_is_not_trained_again_unless_fresh(tiny, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "seqtrain"):
        first = Trainer(tiny, tmp_path).run()
        model = (tmp_path / "model.safetensors").read_bytes()
        logs = list((tmp_path / "tensorboard").iterdir())
        second = Trainer(tiny, tmp_path).run()
    assert (
        "this run is finished (steps done at step 20); --set budget.steps=40 goes on, --fresh starts over"
        in caplog.text
    )
    assert (second.step, second.scores.model) == (first.step, first.scores.model)
    assert (tmp_path / "model.safetensors").read_bytes() == model
    assert list((tmp_path / "tensorboard").iterdir()) == logs
    Trainer(tiny, tmp_path, fresh=True).run()
    assert list((tmp_path / "tensorboard").iterdir()) != logs
    assert (tmp_path / "model.safetensors").read_bytes() == model


def test_a_finished_run_goes_on_when_its_budget_grows(tiny, tmp_path, caplog):
    Trainer(tiny, tmp_path).run()
    with caplog.at_level(logging.INFO, "seqtrain"):
        result = Trainer(changed(tiny, budget={"steps": 25}), tmp_path).run()
    assert result.step == 25
    assert "changed for the rest of the run: budget.steps was 20, is 25" in caplog.text


def test_a_curriculum_that_outlasts_the_budget_is_said_to(tiny, tmp_path, caplog):
    stages = [{"shares": {"phase1": 1}}, {"start": 15, "transition": 5, "shares": {"phase1": 1}}]
    Trainer(changed(tiny, curriculum={"stages": stages}), tmp_path).run()
    assert "reaches its final mixture at step 20, but budget.steps is 20" in caplog.text


def test_other_threads_are_said_to_end_the_promise_of_equal_bits(tiny, tmp_path, caplog):
    Trainer(tiny, tmp_path).run([StopAt(5)])
    Trainer(changed(tiny, run={"threads": 2}, budget={"steps": 6}), tmp_path).run()
    assert "bits may differ" in caplog.text


def test_the_run_of_another_recipe_is_refused_unless_fresh(tiny, tmp_path):
    Trainer(tiny, tmp_path).run()
    other = changed(tiny, loss={"alpha": 0.2})
    with pytest.raises(ValueError, match=r"another recipe \(loss.alpha was 0.1, is 0.2\).*--fresh"):
        Trainer(other, tmp_path).run()
    Trainer(other, tmp_path, fresh=True).run()


def test_a_model_without_a_state_is_not_overwritten(tiny, tmp_path):
    (tmp_path / "model.safetensors").write_text("precious")
    with pytest.raises(ValueError, match="holds a model but no state"):
        Trainer(tiny, tmp_path).run()
    assert (tmp_path / "model.safetensors").read_text() == "precious"


def test_the_callers_threads_and_random_numbers_are_left_alone(tiny, tmp_path):
    before = torch.get_num_threads(), torch.get_rng_state()
    Trainer(changed(tiny, run={"threads": 2}, model={"dropout": 0.1}, budget={"steps": 1}), tmp_path).run()
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


class Counting:
    """A user's own source: 0 1 2 3 ..., counted from the row's number."""

    phases = ("counting",)

    def batches(self, first: int, count: int) -> Batches:
        rows = np.arange(first * 4, (first + count) * 4).reshape(count, 4, 1) % 12
        terms = rows + np.arange(9)
        return Batches(inputs=terms[..., :-1], targets=terms[..., 1:], phases=np.zeros((count, 4), np.int64))


def test_a_users_own_source_is_a_source_like_any_other(tiny, tmp_path):
    source: BatchSource = Counting()
    callback: Callback = StopAt(-1)
    recipe = changed(tiny, budget={"steps": 150}, optimiser={"learning_rate": 0.03})
    result = Trainer(recipe, tmp_path, source=source, validation=source, evaluation=source).run([callback])
    assert result.scores.model.phases.keys() == {"counting"}
    assert result.scores.model.overall.log_loss < 2
    assert scalars_of(tmp_path / "tensorboard")["training/share/counting"][0][1] == 1


def test_without_a_folder_a_recipes_run_has_one_of_its_own(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = Trainer(tiny).run()
    assert first.out.parent.resolve() == tmp_path / "runs"
    longer = Trainer(changed(tiny, budget={"steps": 25})).run()
    assert (longer.out, longer.step) == (first.out, 25)
    assert Trainer(changed(tiny, run={"seed": 1})).folder.path != first.out
