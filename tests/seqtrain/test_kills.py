"""A run that is killed, whenever that may be, and goes on ends as one that was never killed."""

import json
import subprocess
import sys

import killed_training
import pytest
from run_ends import end_of

from seqtrain import recipe_from_dict, recipe_to_dict, recipe_to_toml

CHOICES = {
    "adamw": {},
    "adam, dropout, bfloat16": {
        "model": {"dropout": 0.2},
        "optimiser": {"kind": "adam"},
        "run": {"precision": "bfloat16"},
    },
    "sgd, dropout, last weights": {
        "model": {"dropout": 0.1},
        "optimiser": {"kind": "sgd"},
        "stopping": {"restore": "last"},
    },
    "muon": {"optimiser": {"kind": "muon"}},
    "early stopping": {"stopping": {"patience": 9, "min_delta": 9.0}},
    "not a number": {"optimiser": {"kind": "sgd", "learning_rate": 1e37, "clip": "none"}},
}
LONG = {
    "budget": {"steps": 120},
    "stopping": {"patience": 0},
    "validation": {"every": 7},
    "run": {"log_every": 3, "save_every": 4},
}


def changed(recipe, *changes):
    table = recipe_to_dict(recipe)
    for change in changes:
        table = {section: values | change.get(section, {}) for section, values in table.items()}
    return recipe_from_dict(table)


def kill(how, recipe, folder):
    """Run the program; return the sessions of the run that was killed."""
    (folder / "recipe.toml").write_text(recipe_to_toml(recipe))
    program = [sys.executable, killed_training.__file__, how, folder / "recipe.toml", folder]
    printed = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout
    whole, *sessions = map(json.loads, printed.splitlines())
    assert whole == {"killed": False, "leftovers": 0}
    assert [session["killed"] for session in sessions] == [True] * (len(sessions) - 1) + [False]
    assert sessions[-1]["leftovers"] == 0
    return sessions


def assert_same_end(folder):
    whole, killed = end_of(folder / "whole"), end_of(folder / "killed")
    for part, value in whole.items():
        assert killed[part] == value, part


@pytest.mark.parametrize("choice", CHOICES)
def test_a_run_killed_at_twenty_random_moments_ends_as_one_never_killed(tiny, tmp_path, choice):
    sessions = kill("moments", changed(tiny, LONG, CHOICES[choice]), tmp_path)
    assert len(sessions) == killed_training.KILLS + 1
    assert_same_end(tmp_path)


def test_a_run_killed_at_every_step_of_saving_ends_as_one_never_killed(tiny, tmp_path):
    """Between the state and the model, in the middle of either, and while the result is written."""
    sessions = kill("saves", changed(tiny, {"run": {"save_every": 10}}), tmp_path)
    assert any(session["leftovers"] for session in sessions)
    assert_same_end(tmp_path)
