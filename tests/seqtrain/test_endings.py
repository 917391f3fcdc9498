"""However a run ends, the best weights are kept and the reason is recorded."""

import json
import logging
import signal

import pytest
from run_ends import scalars_of

import seqtrain.loop
from seqmodel import load_checkpoint
from seqtrain import Trainer, load_recipe, recipe_from_dict, recipe_to_dict, recipe_to_toml
from seqtrain.ending import way_on_after
from seqtrain.run_folder import RunFolder
from seqtrain.state import load_state
from seqtrain.tensorboard_log import TensorBoardLog


def changed(recipe, *changes):
    table = recipe_to_dict(recipe)
    for change in changes:
        table = {section: values | change.get(section, {}) for section, values in table.items()}
    return recipe_from_dict(table)


class At:
    """A callback that does something when a step is logged, and remembers the validations."""

    def __init__(self, step, action):
        self.step, self.action, self.losses = step, action, {}

    def started(self, step): ...
    def close(self): ...

    def logged(self, step, scalars):
        if step == self.step:
            self.action()

    def validated(self, step, evaluation):
        self.losses[step] = evaluation.overall.log_loss


EXPLODING = {
    "optimiser": {"learning_rate": 3.0},
    "schedule": {"warmup": 20, "kind": "constant"},
    "validation": {"every": 2, "rows": 64},
    "stopping": {"patience": 0},
    "run": {"log_every": 1},
}
"""A rate that rises until the weights get worse, so that the best ones are not the last ones."""

ENDINGS = {
    "steps done": {},
    "time budget": {"budget": {"max_minutes": 0.0001}},
    "early stopping": {"stopping": {"patience": 2, "min_delta": 9.0}},
    "not a number": {"optimiser": {"kind": "sgd", "learning_rate": 1e37, "clip": "none"}, "schedule": {"warmup": 0}},
    "interrupted": {},
}


@pytest.mark.parametrize("reason", ["steps done", "early stopping"])
def test_with_the_option_that_is_named_an_ended_run_goes_on(tiny, tmp_path, reason):
    recipe = changed(tiny, EXPLODING, ENDINGS[reason])
    path, out = tmp_path / "recipe.toml", tmp_path / "run"
    path.write_text(recipe_to_toml(recipe))
    ended = Trainer(recipe, out).run()
    assert ended.reason == reason
    option = way_on_after(ended.reason, recipe).removeprefix("--set ")
    assert Trainer(load_recipe(path, [option]), out).run().step > ended.step


@pytest.mark.parametrize("reason", ENDINGS)
def test_the_best_weights_are_kept_and_the_reason_is_recorded(tiny, tmp_path, reason):
    def interrupt():
        if reason == "interrupted":
            signal.raise_signal(signal.SIGTERM)

    watcher = At(15, interrupt)
    result = Trainer(changed(tiny, EXPLODING, ENDINGS[reason]), tmp_path).run([watcher])
    folder = RunFolder(tmp_path)
    assert result.reason == json.loads(folder.result.read_text())["reason"] == load_state(folder.state).reason == reason
    best = min(watcher.losses, key=watcher.losses.__getitem__)
    if reason == "interrupted" and result.best_step == result.step:
        best = result.step  # measured once more at the end
    assert result.best_step == best
    kept = load_checkpoint(folder.model)
    assert kept.provenance["step"] == best
    if reason == "not a number":
        assert result.step < 20
    if reason == "early stopping":
        assert sorted(watcher.losses) == [0, 2, 4]


@pytest.mark.parametrize(("step", "measured"), [(15, 3), (20, 3)])
def test_weights_that_were_just_validated_are_not_measured_again_when_a_run_is_interrupted(
    tiny, tmp_path, step, measured, monkeypatch
):
    """At 0 and 10; then at 15 because training ends there, or at 20 because it is due there."""
    found = []
    evaluate = seqtrain.loop.evaluate
    monkeypatch.setattr("seqtrain.loop.evaluate", lambda *given, **named: found.append(1) or evaluate(*given, **named))
    endless = changed(tiny, {"budget": {"steps": 1000}, "stopping": {"patience": 0}})
    result = Trainer(endless, tmp_path).run([At(step, lambda: signal.raise_signal(signal.SIGTERM))])
    assert (result.reason, result.step) == ("interrupted", step)
    assert len(found) == measured


def test_settings_of_stopping_that_are_given_later_hold_and_the_difference_is_logged(tiny, tmp_path, caplog):
    learns = {"loss": {"kind": "cross-entropy"}, "validation": {"every": 2, "rows": 64}}
    first = changed(tiny, learns, {"stopping": {"patience": 2, "min_delta": 9.0}})
    assert Trainer(first, tmp_path).run().reason == "early stopping"
    with caplog.at_level(logging.INFO, "seqtrain"):
        result = Trainer(changed(first, {"stopping": {"patience": 4}}), tmp_path).run()
    assert "changed for the rest of the run: stopping.patience was 2, is 4" in caplog.text
    assert (result.reason, result.step) == ("early stopping", 8)
    with caplog.at_level(logging.INFO, "seqtrain"):
        result = Trainer(changed(first, {"stopping": {"patience": 5, "min_delta": 0.0}}), tmp_path).run()
    assert "stopping.min_delta was 9.0, is 0.0" in caplog.text
    assert result.step > 10, "the validation at 10 was progress"


def test_patience_begins_when_the_last_transition_is_over_and_the_mixture_measured_is_the_final_one(tiny, tmp_path):
    stages = [{"shares": {"phase1": 1}}, {"start": 3, "transition": 4, "shares": {"phase1": 1, "phase2": 1}}]
    watcher, phases = At(-1, None), []
    watcher.validated = lambda step, evaluation: phases.append((step, set(evaluation.phases)))
    recipe = changed(
        tiny,
        {"curriculum": {"stages": stages}, "validation": {"every": 2, "rows": 32}},
        {"stopping": {"patience": 2, "min_delta": 9.0}},
    )
    result = Trainer(recipe, tmp_path).run([watcher])
    assert (result.reason, result.step) == ("early stopping", 10), "the validations at 8 and 10 come after step 7"
    assert phases == [(step, {"phase1", "phase2"}) for step in (0, 2, 4, 6, 8, 10)]


def test_an_end_in_the_middle_of_the_start_is_told_to_those_who_have_started(tiny, tmp_path):
    told = []

    class Watcher(At):
        def started(self, step):
            if self.step is None:
                raise OSError(28, "No space left on device")

        def close(self):
            told.append(self.step)

    with pytest.raises(OSError, match="No space left on device; what was saved before is whole"):
        Trainer(tiny, tmp_path).run([Watcher(1, None), Watcher(None, None), Watcher(2, None)])
    assert told == [1]


def test_a_run_folder_is_trained_in_by_one_process_at_a_time(tiny, tmp_path):
    def begin_another():
        with pytest.raises(ValueError, match="is in use: another process trains in it; wait for its end, or choose"):
            Trainer(tiny, tmp_path).run()

    assert Trainer(tiny, tmp_path).run([At(5, begin_another)]).reason == "steps done"


def test_what_killed_saves_left_is_removed_and_nothing_else(tiny, tmp_path):
    names = [
        f".{name}.0123abcd.tmp" for name in ("model.safetensors", "state.safetensors", "recipe.toml", "result.json")
    ]
    others = [".model.safetensors.tmp", ".notes.0123abcd.tmp", "model.safetensors.0123abcd.tmp"]
    for name in names + others:
        (tmp_path / name).write_text("half")
    Trainer(tiny, tmp_path).run()
    assert [name for name in names if (tmp_path / name).exists()] == []
    assert all((tmp_path / name).exists() for name in others)


def test_what_is_logged_is_in_the_file_before_a_save_can_follow(tmp_path):
    log = TensorBoardLog(tmp_path, phases=(), terms=256)
    log.started(0)
    many = {f"scalar {number}": float(number) for number in range(300)}
    log.logged(5, many)
    found = scalars_of(tmp_path)
    log.close()
    assert found == {f"training/{name}": [(5, value)] for name, value in many.items()}


def test_sessions_of_one_second_are_told_apart(tmp_path):
    for step in (0, 5):
        log = TensorBoardLog(tmp_path, phases=(), terms=256)
        log.started(step)
        log.logged(5, {"loss": 1.0})
        log.logged(10, {"loss": float(step)})
        log.close()
    assert scalars_of(tmp_path) == {"training/loss": [(5, 1.0), (5, 1.0), (10, 5.0)]}
    seconds = [int(path.name.split(".")[3]) for path in tmp_path.iterdir()]
    assert len(set(seconds)) == 2


def test_a_clock_that_was_set_back_is_said_and_not_waited_for(tmp_path, caplog):
    (tmp_path / "events.out.tfevents.9999999999.machine.1.0").touch()
    log = TensorBoardLog(tmp_path, phases=(), terms=256)
    log.started(0)
    log.close()
    assert "the clock has gone back by" in caplog.text
