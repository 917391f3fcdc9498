"""A study of decisions: which runs its file asks for, what is refused, and the page about them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from seqtrain import load_recipe, recipe_to_toml
from seqtrain.cli import main
from seqtrain.recipe import BudgetRecipe
from seqtrain.study_figures import Figures, noise
from seqtrain.study_file import load_study, study_runs

TEXT = """
title = "Rates"
text = "Which rate?"

[bases.tiny]
recipe = "tiny.toml"
seeds = [1, 2]
set = ["optimiser.learning_rate=0.005", "validation.ceiling=true"]

[[decisions]]
title = "Learning rate"
base = "tiny"
ships = "0.005"
text = "Slow is slow."
[decisions.options]
"a tenth" = ["optimiser.learning_rate=0.0005"]

[[decisions]]
title = "Output"
base = "tiny"
ships = "classes"
[decisions.options]
"one number" = ["model.head=regression", "loss.kind=squared", "data.end=false"]
"""


@pytest.fixture
def study_file(tiny, tmp_path) -> Path:
    (tmp_path / "tiny.toml").write_text(recipe_to_toml(replace(tiny, budget=BudgetRecipe(steps=3))))
    path = tmp_path / "rates.toml"
    path.write_text(TEXT)
    return path


def test_each_run_is_its_base_but_for_what_its_option_changes(study_file, tmp_path):
    study = load_study(study_file)
    runs = {run.name: run for run in study_runs(study, tmp_path)}
    assert list(runs) == ["tiny-1", "tiny-2", "tiny-learning-rate-a-tenth", "tiny-output-one-number"]
    base = load_recipe(
        tmp_path / "tiny.toml", ["optimiser.learning_rate=0.005", "validation.ceiling=true", "run.seed=1"]
    )
    assert runs["tiny-1"].recipe == base
    assert runs["tiny-2"].recipe == replace(base, run=replace(base.run, seed=2))
    slow = replace(base, optimiser=replace(base.optimiser, learning_rate=0.0005))
    assert runs["tiny-learning-rate-a-tenth"].recipe == slow
    assert runs["tiny-output-one-number"].recipe.model.head == "regression"


def test_a_change_for_all_runs_comes_last(study_file, tmp_path):
    runs = list(study_runs(load_study(study_file), tmp_path, ("optimiser.learning_rate=0.5",)))
    assert {run.recipe.optimiser.learning_rate for run in runs} == {0.5}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ships = "0.005"', "ship = 1", "unknown field decisions.ship; did you mean decisions.ships?"),
        (
            'base = "tiny"',
            'base = "big"',
            "decisions.base is 'big'; it must be the base of 'Learning rate': one of tiny",
        ),
        ("seeds = [1, 2]", "seeds = []", "bases.seeds is []; it must be a list of at least one seed"),
        ('recipe = "tiny.toml"', "", "bases.recipe is ''; it must be the file of a recipe"),
        ("=0.0005", "=much", "optimiser.learning_rate is 'much'"),
        ('title = "Rates"', "title =", "is not TOML"),
        (
            '"a tenth" = [',
            '"A tenth!" = []\n"a tenth" = [',
            "'tiny-learning-rate-a-tenth'; it must be the name of one run",
        ),
    ],
)
def test_what_is_no_study_is_refused_before_anything_is_trained(study_file, tmp_path, capsys, old, new, said):
    study_file.write_text(TEXT.replace(old, new, 1))
    assert main(["study", str(study_file), "--out", str(tmp_path / "out")]) != 0
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_page_holds_every_run_its_picture_and_its_paragraph(study_file, tmp_path, capsys):
    command = ["study", str(study_file), "--out", str(tmp_path / "out"), "--json"]
    assert main(command) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert [each["option"] for each in numbers] == ["seed 1", "seed 2", "a tenth", "one number"]
    assert [each["steps"] for each in numbers] == [3, 3, 3, 3]
    assert numbers[3]["regret"] is None
    assert all(0 <= each["share"] < 1 for each in numbers)
    page = tmp_path / "out" / "study"
    assert json.loads((page / "study.json").read_text()) == numbers
    text = (page / "README.md").read_text()
    for part in ("# Rates", "Which rate?", "| Learning rate | a tenth |", "Slow is slow.", "Ships: **classes**"):
        assert part in text
    shown = {line.split("](")[1].rstrip(")\n") for line in text.splitlines() if line.startswith("![")}
    assert shown == {"overview-tiny.png", "tiny-learning-rate.png", "tiny-output.png"}
    assert shown == {path.name for path in page.glob("*.png")}
    # Once more: nothing is trained again.
    assert main(command) == 0
    said = capsys.readouterr()
    assert "run 1 of 4" not in said.err
    assert json.loads(said.out) == numbers


def test_the_noise_of_a_base_is_that_of_its_seeds_alone():
    def figures(option: str, decision: str | None, regret: float | None) -> Figures:
        return Figures(
            name=option,
            base="a",
            decision=decision,
            option=option,
            parameters=1,
            steps=1,
            minutes=1.0,
            accuracy=0.5,
            share=0.5,
            regret=regret,
            distance=None,
        )

    runs = [figures("seed 1", None, 0.2), figures("seed 2", None, 0.4), figures("x", "Layers", 9.0)]
    found = noise(runs, "a", "regret")
    assert found is not None
    assert (found.low, found.high) == (0.2, 0.4)
    assert found.mean == pytest.approx(0.3)
    assert noise([*runs, figures("seed 3", None, None)], "a", "regret") is None
    assert noise(runs, "b", "regret") is None


def test_what_a_study_says_itself_is_not_asked_for(study_file, tmp_path, capsys):
    assert main(["study", str(study_file), "--out", str(tmp_path / "out"), "--rows", "7"]) != 0
    assert "--rows 7: leave it out: the recipes of a study say it" in capsys.readouterr().err
    assert main(["study", str(tmp_path / "none.toml")]) != 0
    assert "none.toml: give a folder of recipes, or the file of a study" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
