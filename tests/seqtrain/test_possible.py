"""What stands beside a model's figures is what the exact posterior scores on the same rows, by the same definitions."""

import json
import math

import numpy as np
import pytest
import torch

from seqgen import END, Ceilings, Posterior, universe
from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqtrain import Recipe, Trainer, evaluate, recipe_from_dict, score, scores_report
from seqtrain.asked_rows import asked_rows
from seqtrain.ideal import ideal_beside, posterior_predictor
from seqtrain.mixture import final_rows
from seqtrain.model_predictor import model_predictor
from seqtrain.possible import Possible, mixed_universe

STEPS = "small_universes:steps"
MODEL = {"context": 5, "d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]}


def recipe_of(shares: dict[str, float], **data: object) -> Recipe:
    return recipe_from_dict({"curriculum": {"stages": [{"shares": shares}]}, "data": data})


def small(**data: object) -> Recipe:
    """Terms up to 20 and rows of 6: thousands of rules, each prefix with many."""
    return recipe_from_dict(
        {"model": MODEL, "data": {"high": 20, "batch": 50} | data}
        | {"curriculum": {"stages": [{"shares": {"small_universes:steps": 1, "small_universes:jumps": 2}}]}}
    )


@pytest.fixture(scope="module")
def posterior():
    return Posterior.of(mixed_universe(small()))


def by_hand(posterior, seen, *, end=True):
    """Return the probability of each class, float64 (22,), from the posterior's own answer to one prefix."""
    after = posterior.next(seen)
    found = np.zeros(22)
    for outcome, weight in zip(after.outcomes, after.weights, strict=True):
        if end or outcome is not END:
            found[21 if outcome is END else outcome] = weight
    return found / found.sum(), after


@pytest.mark.parametrize("end", [True, False])
def test_the_answers_beside_a_model_are_the_posteriors_own_prefix_by_prefix(posterior, end):
    recipe = small(end=end)
    vocabulary = IntegerVocabulary(low=0, high=20, end=end)
    model = Transformer(recipe.model, vocabulary, seed=3).eval()
    (asked,) = asked_rows(final_rows(recipe, purpose="evaluation"), 50)
    said = model_predictor(model)(asked.batches)
    found = ideal_beside(posterior, asked, vocabulary, said)
    classes = said.classes.reshape(50, 5)
    with torch.inference_mode():
        logs = model(torch.from_numpy(asked.inputs)).double().log_softmax(-1).numpy()
    for row, column in np.argwhere(asked.scored).tolist():
        target = asked.targets[row, column]
        likely, after = by_hand(posterior, asked.inputs[row, : column + 1].tolist(), end=end)
        likely = likely[: vocabulary.outputs]
        assert found.classes[row, column] == likely.argmax()
        assert found.sureness[row, column] == pytest.approx(likely.max(), rel=1e-12)
        assert found.log_losses[row, column] == pytest.approx(-math.log(likely[target]), abs=1e-12)
        assert found.model_sureness[row, column] == pytest.approx(likely[classes[row, column]], abs=1e-15)
        divergence = sum(p * (math.log(p) - logs[row, column, c]) for c, p in enumerate(likely) if p)
        assert found.divergence[row, column] == pytest.approx(divergence, abs=1e-5)
        if target < 21:
            assert found.integers[row, column] == after.median


def test_the_posterior_as_a_predictor_scores_the_exact_ceilings(posterior):
    recipe, rows = small(), 2000
    figures = evaluate(
        posterior_predictor(posterior, IntegerVocabulary(low=0, high=20)),
        final_rows(recipe, purpose="evaluation"),
        rows=rows,
        terms=21,
    )
    ceilings = Ceilings.of(posterior)
    for depth, metrics in figures.positions.items():
        exact = ceilings.at(depth)
        # Four times the error of a mean over rows.
        assert metrics.log_loss == pytest.approx(exact.loss, abs=2 * metrics.log_loss_error)
        assert metrics.distance == pytest.approx(float(exact.distance), abs=2 * metrics.distance_error)
        low, high = metrics.accuracy_interval
        assert metrics.accuracy == pytest.approx(float(exact.accuracy), abs=high - low)


@pytest.mark.parametrize("seed", [1, 2])
def test_measured_and_expected_figures_estimate_the_same(posterior, seed):
    recipe = small()
    model = Transformer(recipe.model, IntegerVocabulary(low=0, high=20), seed=seed).eval()
    possible = Possible(posterior=posterior, counts_end=True, lacking="")
    standing = score(model, final_rows(recipe, purpose="evaluation"), rows=1000, possible=possible).standings.overall
    spread = 2 * (standing.regret_error + standing.expected_regret_error)
    assert standing.regret == pytest.approx(standing.expected_regret, abs=spread)
    assert standing.accuracy == pytest.approx(standing.expected_accuracy, abs=0.03)
    assert standing.possible_accuracy == pytest.approx(standing.expected_possible, abs=0.03)
    assert standing.expected_regret > 0
    assert standing.expected_share == pytest.approx(standing.expected_accuracy / standing.expected_possible)
    assert standing.expected_regret_error < standing.regret_error


def test_the_posterior_reaches_all_that_is_possible(posterior):
    """A model that says what the posterior says has no regret and every share, whatever the rows are."""
    recipe = small()

    class Knowing:
        training = False
        device = torch.device("cpu")
        config = ModelConfig(context=5)
        vocabulary = IntegerVocabulary(low=0, high=20)

        def likely(self, seen):
            return by_hand(posterior, seen)[0] if posterior.next(seen) else np.ones(22)

        def __call__(self, tokens):
            said = [[self.likely(row[: k + 1]) for k in range(5)] for row in tokens.tolist()]
            return torch.tensor(np.log(np.array(said).clip(1e-30)), dtype=torch.float32)

    possible = Possible(posterior=posterior, counts_end=True, lacking="")
    standing = score(Knowing(), final_rows(recipe, purpose="evaluation"), rows=40, possible=possible).standings.overall
    assert standing.expected_regret == pytest.approx(0, abs=1e-6)
    assert standing.regret == pytest.approx(0, abs=1e-6)
    assert (standing.expected_share, standing.gap) == (1, 0)


def test_a_posterior_of_other_rows_is_refused(posterior):
    recipe = recipe_from_dict(
        {"model": MODEL, "data": {"high": 20}, "curriculum": {"stages": [{"shares": {"phase1": 1}}]}}
    )
    vocabulary = IntegerVocabulary(low=0, high=20)
    with pytest.raises(ValueError, match="no rule of the universe explains some of the rows"):
        evaluate(
            posterior_predictor(posterior, vocabulary), final_rows(recipe, purpose="evaluation"), rows=200, terms=21
        )


def test_one_universe_has_its_own_ceiling():
    possible = Possible.of(recipe_of({STEPS: 2.0}))
    assert possible.ceilings.overall() == Ceilings.of(Posterior.of(universe(STEPS))).overall()


@pytest.mark.parametrize(
    ("shares", "data", "reason"),
    [
        ({"phase1": 1}, {"end": False, "high": 9}, "data.end is false"),
        ({"phase1": 1, "default": 1}, {"high": 9}, "two families"),
    ],
)
def test_a_ceiling_that_would_not_be_the_figures_own_is_not_there(shares, data, reason):
    possible = Possible.of(recipe_of(shares, **data))
    assert possible.ceilings is None
    assert reason in possible.lacking


def test_a_mixture_that_cannot_be_known_is_logged_with_its_reason(caplog):
    with caplog.at_level("INFO", "seqtrain"):
        assert Possible.of(recipe_of({"small_universes:steps": 1, "phase1": 1}, high=9)).posterior is None
    assert "what is possible is not shown: two families" in caplog.text


def test_a_run_shows_the_ceiling_and_keeps_it(tiny, tmp_path):
    recipe = recipe_from_dict(
        {"model": {"d_model": 8, "layers": 1, "heads": 1}, "budget": {"steps": 2}, "run": {"threads": 1}}
        | {"curriculum": {"stages": [{"shares": {STEPS: 1}}]}, "validation": {"rows": 8, "final_rows": 40}}
    )
    result = Trainer(recipe, tmp_path).run()
    assert "possible over all rows" in scores_report(result.scores)
    kept = json.loads((tmp_path / "result.json").read_text())["scores"]
    exact = Ceilings.of(Posterior.of(universe(STEPS)))
    assert kept["ceilings"]["phases"][STEPS]["accuracy"] == float(exact.overall().accuracy)
    assert kept["ceilings"]["positions"]["3"]["loss"] == exact.at(3).loss
    assert kept["standings"]["positions"]["3"]["ceiling_log_loss"] == exact.at(3).loss
    assert kept["standings"]["cells"]["affine"]["2"]["ceiling_accuracy"] == float(exact.of_family("affine", 2).accuracy)
    without = Trainer(tiny, tmp_path / "without").run()
    assert without.scores.ceilings is None
    assert without.scores.model.possible is None
    assert "possible" not in scores_report(without.scores)


def test_a_validation_stands_beside_what_is_possible_on_its_rows(tmp_path):
    recipe = recipe_from_dict(
        {"model": MODEL, "data": {"high": 20, "batch": 16}, "budget": {"steps": 4}, "run": {"threads": 1}}
        | {
            "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
            "validation": {"rows": 30, "final_rows": 30, "every": 2},
        }
    )
    seen = []

    class Listening:
        def started(self, step): ...
        def logged(self, step, scalars): ...
        def close(self): ...
        def validated(self, step, evaluation):
            seen.append(evaluation)

    Trainer(recipe, tmp_path).run([Listening()])
    known = Posterior.of(mixed_universe(recipe))
    expected = evaluate(
        posterior_predictor(known, IntegerVocabulary(low=0, high=20)),
        final_rows(recipe, purpose="validation"),
        rows=30,
        terms=21,
    )
    assert [each.possible == expected for each in seen] == [True] * 3
