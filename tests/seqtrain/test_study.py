"""`seqtrain study`: every recipe of a folder is trained once, then all are compared."""

import json
from dataclasses import replace

import pytest

from seqtrain import recipe_to_toml
from seqtrain.cli import main
from seqtrain.recipe import BudgetRecipe


@pytest.fixture
def recipes(tiny, tmp_path):
    folder = tmp_path / "rates"
    folder.mkdir()
    for name, rate in [("1-slow", 0.001), ("2-fast", 0.01)]:
        recipe = replace(tiny, optimiser=replace(tiny.optimiser, learning_rate=rate), budget=BudgetRecipe(steps=4))
        (folder / f"{name}.toml").write_text(recipe_to_toml(recipe))
    return folder


def test_each_recipe_is_trained_once_and_all_are_compared(recipes, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["study", str(recipes), "--rows", "20", "--json"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["runs"]) == ["1-slow", "2-fast"]
    assert found["differences"]["optimiser.learning_rate"] == {"1-slow": "0.001", "2-fast": "0.01"}
    assert (tmp_path / "runs/rates/comparison/comparison.html").exists()
    results = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/rates/*/result.json")}
    assert len(results) == 2
    assert main(command) == 0
    assert "run 1 of 2" not in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in results} == results


def test_what_is_changed_on_the_command_line_is_trained_on(recipes, tmp_path, capsys):
    command = ["study", str(recipes), "--rows", "20", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert main([*command, "--set", "budget.steps=6"]) == 0
    assert "run 2 of 2, 2-fast" in capsys.readouterr().err
    assert json.loads((tmp_path / "out/2-fast/result.json").read_text())["step"] == 6


def test_a_wrong_recipe_is_found_before_anything_is_trained(recipes, tmp_path, capsys):
    (recipes / "3-wrong.toml").write_text("[optimiser]\nrate = 1\n")
    assert main(["study", str(recipes), "--out", str(tmp_path / "out")]) != 0
    assert "unknown field optimiser.rate" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_recipe_is_no_study(recipes, capsys):
    (recipes / "2-fast.toml").unlink()
    assert main(["study", str(recipes)]) != 0
    assert "holds 1 files *.toml: a study takes two recipes or more" in capsys.readouterr().err
