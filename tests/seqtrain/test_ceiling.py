"""The ceiling beside a model's figures is what the exact posterior scores on the same rows, by the same definitions."""

import json
import math

import numpy as np
import pytest

from seqgen import END, Ceilings, Posterior, phase
from seqtrain import IGNORE, Recipe, evaluate, recipe_from_dict, scores_report
from seqtrain.ceiling import _mixed_universe, ceilings_of
from seqtrain.evaluation import Predictions
from seqtrain.mixture import final_rows
from seqtrain.trainer import Trainer


def recipe_of(shares: dict[str, float], **data: object) -> Recipe:
    return recipe_from_dict({"curriculum": {"stages": [{"shares": shares}]}, "data": data})


def test_one_universe_has_its_own_ceiling():
    found = ceilings_of(recipe_of({"phase1": 2.0}))
    assert found == {key: Ceilings.of(Posterior.of(phase(1))).overall() for key in ("all", "phase1")}


def test_the_posterior_scores_the_ceiling_on_the_mixtures_rows():
    rows = 8000
    recipe = recipe_of({"phase1": 1, "phase2": 3}, batch=rows)
    posterior = Posterior.of(_mixed_universe(recipe)[0])

    def predict(batches) -> Predictions:
        classes, integers, losses = (np.zeros(batches.targets.shape[1:]) for _ in range(3))
        for k in range(1, 9):
            targets = batches.targets[0, :, k - 1]
            asked = np.flatnonzero(targets != IGNORE)
            for i, after in zip(asked, posterior.batch(batches.inputs[0][asked, :k]), strict=True):
                classes[i, k - 1] = 256 if after.mode is END else after.mode
                integers[i, k - 1] = 0 if after.median is END else after.median
                outcome = END if targets[i] == 256 else int(targets[i])
                losses[i, k - 1] = -math.log(after.probability(outcome))
        return Predictions(
            classes=classes.ravel().astype(int), integers=integers.ravel().astype(int), log_losses=losses.ravel()
        )

    figures = evaluate(predict, final_rows(recipe, purpose="evaluation"), rows=rows, terms=256)
    ceilings = ceilings_of(recipe)
    # Three times what rows drawn anew differ by; a row's targets are right or wrong together.
    for name, metrics in {"all": figures.overall, **figures.phases}.items():
        assert metrics.accuracy == pytest.approx(float(ceilings[name].accuracy), abs=0.012)
        assert metrics.log_loss == pytest.approx(ceilings[name].loss, abs=0.05)
        assert metrics.distance == pytest.approx(float(ceilings[name].distance), abs=0.9)


@pytest.mark.parametrize(
    ("shares", "data", "reason"),
    [({"phase1": 1}, {"end": False}, "data.end is false"), ({"phase1": 1, "default": 1}, {}, "two families")],
)
def test_a_ceiling_that_would_not_be_the_figures_own_is_not_shown(shares, data, reason, caplog):
    with caplog.at_level("INFO", "seqtrain"):
        assert ceilings_of(recipe_of(shares, **data)) is None
    assert reason in caplog.text


def test_a_run_shows_the_ceiling_and_keeps_it(tiny, tmp_path):
    recipe = recipe_from_dict(
        {"model": {"d_model": 8, "layers": 1, "heads": 1}, "budget": {"steps": 2}, "run": {"threads": 1}}
        | {"curriculum": {"stages": [{"shares": {"phase1": 1}}]}, "validation": {"rows": 8, "final_rows": 40}}
    )
    result = Trainer(recipe, tmp_path).run()
    assert "(ceiling)" in scores_report(result.scores)
    kept = json.loads((tmp_path / "result.json").read_text())
    assert kept["scores"]["ceilings"]["phase1"]["accuracy"] == pytest.approx(0.848, abs=0.001)
    without = Trainer(tiny, tmp_path / "without").run()
    assert without.scores.ceilings is None
    assert "(ceiling)" not in scores_report(without.scores)
