"""What goes wrong around a run costs nothing that was there before."""

import json

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from seqtrain import Recipe, Trainer, recipe_from_dict, recipe_to_dict
from seqtrain.cli import main
from seqtrain.progress import ProgressBar, ProgressLines, make_progress
from seqtrain.run_folder import RunFolder

OWN_UNIVERSE = """
from seqgen import families

def few():
    return families.arithmetic(start=range(20), step=range(5))
"""


def with_section(recipe, section, **changes):
    plain = recipe_to_dict(recipe)
    return recipe_from_dict({**plain, section: {**plain[section], **changes}})


def test_a_fresh_run_that_cannot_begin_leaves_the_old_one_whole(tiny, tmp_path, monkeypatch):
    Trainer(tiny, tmp_path).run()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    def refuse(*_, **__):
        raise RuntimeError("not enough memory: you tried to allocate too much")

    monkeypatch.setattr("seqtrain.loop.Transformer", refuse)
    with pytest.raises(RuntimeError, match="not enough memory"):
        Trainer(tiny, tmp_path, fresh=True).run()
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


def test_memory_that_is_not_there_is_one_line(tiny, tmp_path, monkeypatch, capsys):
    (tmp_path / "recipe.toml").write_text("[run]\nthreads = 1\n")

    def refuse(*_, **__):
        raise RuntimeError("cannot allocate\nframe 1\nframe 2")

    monkeypatch.setattr("seqtrain.loop.Transformer", refuse)
    assert main(["run", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "seqtrain: error: RuntimeError: cannot allocate"


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [("run", "threads", 100_000), ("data", "batch", 10**11), ("data", "high", 10**17)],
)
def test_a_slip_of_the_finger_is_refused(tiny, section, field, value):
    with pytest.raises(ValueError, match=f"{section}.{field}"):
        with_section(tiny, section, **{field: value})


def test_a_run_restarted_at_its_first_state_logs_every_step_once(tiny, tmp_path, monkeypatch):
    recipe = with_section(tiny, "run", log_every=5, save_every=1000)

    class Killed(BaseException):
        pass

    class Kill:
        def started(self, step): ...
        def validated(self, step, evaluation): ...
        def close(self): ...

        def logged(self, step, scalars):
            if step == 10:
                raise Killed

    with pytest.raises(Killed):
        Trainer(recipe, tmp_path).run([Kill()])
    assert not RunFolder(tmp_path).result.exists()
    Trainer(recipe, tmp_path).run()
    events = EventAccumulator(str(RunFolder(tmp_path).tensorboard)).Reload()
    assert [event.step for event in events.Scalars("training/loss")] == [5, 10, 15, 20]


def test_a_universe_of_ones_own_trains_and_is_scored(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_rules.py").write_text(OWN_UNIVERSE)
    (tmp_path / "own.toml").write_text(
        "[model]\nd_model = 8\nlayers = 1\nheads = 1\n[budget]\nsteps = 3\n[run]\nthreads = 1\n"
        '[validation]\nrows = 8\nfinal_rows = 40\n[[curriculum.stages]]\nshares = { "own_rules:few" = 1 }\n'
    )
    assert main(["run", "own.toml"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "runs/own/model.safetensors", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["model"]["phases"].keys() == scores["ceilings"]["phases"].keys() == {"own_rules:few"}


class Terminal:
    def isatty(self):
        return True

    def fileno(self):
        return 1


@pytest.mark.parametrize(("size", "kind"), [((80, 24), ProgressBar), ((0, 0), ProgressLines)])
def test_a_terminal_without_a_size_gets_lines(monkeypatch, size, kind):
    monkeypatch.setattr("os.get_terminal_size", lambda _: size)
    assert isinstance(make_progress(Recipe(), Terminal()), kind)
