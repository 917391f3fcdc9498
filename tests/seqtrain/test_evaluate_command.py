"""`seqtrain evaluate`: any model that says how it was trained, in constant memory, with an estimate."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, load_checkpoint, save_checkpoint
from seqtrain import Trainer, recipe_from_dict
from seqtrain.asked_progress import asked_progress
from seqtrain.cli import main

RECIPE = {
    "model": {"context": 5, "d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"high": 20, "batch": 32},
    "curriculum": {"stages": [{"shares": {"small_universes:steps": 1, "small_universes:jumps": 1}}]},
    "validation": {"rows": 20, "final_rows": 100},
    "budget": {"steps": 2},
    "run": {"threads": 1},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "trained"
    Trainer(recipe_from_dict(RECIPE), out).run()
    return out


def said(capsys, *arguments):
    assert main(["evaluate", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_families_are_shown_on_request(trained, capsys):
    model = trained / "model.safetensors"
    plain, whole = said(capsys, model), said(capsys, model, "--families")
    assert whole.startswith(plain.rstrip())
    families, cells = whole.removeprefix(plain.rstrip()).strip().split("\n\n")
    names = ["geometric", "runs", "arithmetic", "affine"]
    assert [line.split()[0] for line in families.splitlines()] == ["family", *names]
    assert cells.splitlines()[0].split() == ["share", "after", "1", "2", "3", "4", "5"]
    assert [line.split()[0] for line in cells.splitlines()[1:]] == names


def test_json_holds_every_group_with_intervals_and_its_standing(trained, capsys):
    found = json.loads(said(capsys, trained / "model.safetensors", "--json", "--rows", "70"))
    assert found == json.loads(json.dumps(found, allow_nan=False))
    model, standings = found["model"], found["standings"]
    assert (model["rows"], standings["rows"]) == (70, 70)
    low, high = model["overall"]["accuracy_interval"]
    assert low < model["overall"]["accuracy"] < high
    assert list(model["positions"]) == ["1", "2", "3", "4", "5"]
    assert standings["cells"]["runs"]["2"]["expected_regret"] > 0
    assert found["rules"]["Berlekamp-Massey"]["families"]["arithmetic"]["accuracy"] > 0.5
    assert found["random"]["accuracy"] == 1 / 21


def test_a_packaged_model_is_found_by_its_name(trained, capsys, monkeypatch):
    content = load_checkpoint(trained / "model.safetensors", exact=False)
    asked = []

    def find(name, *, exact):
        asked.append((name, exact))
        return content

    monkeypatch.setattr("seqtrain.evaluate_command.find_model", find)
    assert "40 rows, " in said(capsys, "some-name", "--rows", "40")
    assert asked == [("some-name", False)]


def test_a_name_that_is_no_model_is_refused_with_those_there_are(capsys):
    assert main(["evaluate", "defualt"]) == 2
    assert "packaged models: broad, default" in capsys.readouterr().err


def test_a_model_of_another_origin_is_refused(tmp_path, capsys):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, Transformer(ModelConfig(d_model=8, layers=1, heads=1), IntegerVocabulary()), {})
    assert main(["evaluate", str(path)]) == 2
    assert "seqtrain did not train it" in capsys.readouterr().err


def test_what_is_kept_does_not_grow_with_the_rows(trained, monkeypatch):
    """Whatever is computed of a part of the rows is gone when the next part is."""
    import weakref

    from seqtrain.mixture import final_rows
    from seqtrain.possible import Possible
    from seqtrain.scores import score

    monkeypatch.setattr("seqtrain.asked_rows.ROWS_AT_ONCE", 32)
    checkpoint = load_checkpoint(trained / "model.safetensors", exact=False)
    recipe, alive, most = recipe_from_dict(RECIPE), [], 0

    def watch(answers):
        nonlocal most
        alive.append(weakref.ref(answers.model))
        most = max(most, sum(each() is not None for each in alive))

    score(
        checkpoint.model,
        final_rows(recipe, purpose="evaluation"),
        rows=400,
        possible=Possible.of(recipe),
        watch=watch,
    )
    assert len(alive) == 13
    assert most <= 2


def answers(rows):
    return SimpleNamespace(rows=SimpleNamespace(row=np.arange(rows)))


def test_without_a_terminal_a_line_a_minute_says_how_long_it_will_take(monkeypatch):
    clock = iter([0.0, 30.0, 60.0, 90.0, 130.0])
    monkeypatch.setattr("seqtrain.asked_progress.time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    with asked_progress(10_000, stream) as watch:
        for _ in range(4):
            watch(answers(1500))
    assert stream.getvalue().splitlines() == [
        "3,000/10,000 rows, 50 rows/s, 02:20 left",
        "6,000/10,000 rows, 46 rows/s, 01:26 left",
    ]


def test_in_a_terminal_a_bar_shows_rows_speed_and_time_left(monkeypatch):
    monkeypatch.setattr("seqtrain.asked_progress.has_room", lambda _: True)
    stream = io.StringIO()
    with asked_progress(3000, stream) as watch:
        watch(answers(1500))
        watch(answers(1500))
    assert "0/3,000 rows" in stream.getvalue()
    assert "left" in stream.getvalue()
