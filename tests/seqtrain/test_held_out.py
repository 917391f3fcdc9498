"""Rows that are held out: training never sees them, and figures stand apart for them."""

import numpy as np
import pytest

from seqgen import held_out
from seqmodel import IntegerVocabulary
from seqtrain import IGNORE, Mixture, Trainer, evaluate, recipe_from_dict, scores_report
from seqtrain.baselines import rule_baselines
from seqtrain.mixture import final_rows

SHARE = 0.25
TABLE = {
    "model": {"context": 5, "d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"high": 20, "batch": 64, "held_out": SHARE},
    "curriculum": {"stages": [{"shares": {"small_universes:steps": 1, "small_universes:jumps": 1}}]},
    "validation": {"rows": 200, "final_rows": 200, "every": 5},
    "budget": {"steps": 10},
    "run": {"threads": 1},
}


def emitted(batches):
    """Return the rows behind inputs and targets: values (R, 6) and lengths (R,)."""
    inputs, targets = (each.reshape(-1, 5) for each in (batches.inputs, batches.targets))
    values = np.concatenate([inputs, np.where(targets[:, -1:] > 20, 0, targets[:, -1:])], axis=1)
    return values, 1 + ((targets != IGNORE) & (targets <= 20)).sum(1)


def test_training_never_sees_a_row_that_is_held_out():
    recipe = recipe_from_dict(TABLE)
    assert not held_out(*emitted(Mixture.of(recipe, purpose="train").batches(0, 20)), SHARE).any()
    without = recipe_from_dict({**TABLE, "data": {"high": 20, "batch": 64}})
    assert held_out(*emitted(Mixture.of(without, purpose="train").batches(0, 20)), SHARE).any()


def test_evaluation_sees_all_rows_and_marks_those_held_out():
    recipe = recipe_from_dict(TABLE)
    batches = final_rows(recipe, purpose="evaluation").batches(3, 40)
    np.testing.assert_array_equal(batches.held_out.ravel(), held_out(*emitted(batches), SHARE))
    assert 0.1 < batches.held_out.mean() < 0.4
    same = recipe_from_dict({**TABLE, "data": {"high": 20, "batch": 64}})
    unmarked = final_rows(same, purpose="evaluation").batches(3, 40)
    np.testing.assert_array_equal(unmarked.inputs, batches.inputs)
    assert unmarked.held_out is None


def test_both_sides_have_figures_that_make_up_those_of_all():
    recipe = recipe_from_dict(TABLE)
    rule = rule_baselines(IntegerVocabulary(low=0, high=20))["Berlekamp-Massey"]
    figures = evaluate(rule, final_rows(recipe, purpose="evaluation"), rows=500, terms=21)
    sides = figures.held_out
    assert list(sides) == ["held out", "others"]
    assert sum(side.targets for side in sides.values()) == figures.overall.targets
    right = sum(side.targets * side.accuracy for side in sides.values())
    assert right / figures.overall.targets == pytest.approx(figures.overall.accuracy, rel=1e-12)
    batches = final_rows(recipe, purpose="evaluation").batches(0, 8)
    scored = (batches.targets.reshape(-1, 5) != IGNORE)[:500]
    assert sides["held out"].targets == scored[batches.held_out.ravel()[:500]].sum()


def test_a_run_reports_them_beside_the_others(tmp_path):
    result = Trainer(recipe_from_dict(TABLE), tmp_path).run()
    table = scores_report(result.scores).split("\n\n")[4].splitlines()
    assert [line[:9].strip() for line in table] == ["rows", "held out", "others"]
    standing = result.scores.standings.held_out["held out"]
    assert standing.expected_share is not None
    assert standing.ceiling_accuracy is None  # that is over all rows


def test_nothing_is_held_out_unless_asked_for():
    recipe = recipe_from_dict({**TABLE, "data": {"high": 20, "batch": 64}})
    rule = rule_baselines(IntegerVocabulary(low=0, high=20))["last term"]
    assert evaluate(rule, final_rows(recipe, purpose="evaluation"), rows=64, terms=21).held_out == {}


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=rf"data.held_out is {share}; it must be at least 0 and below 1"):
        recipe_from_dict({"data": {"held_out": share}})
