import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqtrain import IGNORE, Batches, evaluate, score, scores_report
from seqtrain.baselines import random_baseline, rule_baselines
from seqtrain.evaluation import Predictions, model_predictor

VOCABULARY = IntegerVocabulary(low=0, high=9)
END = VOCABULARY.end_token


class Rows:
    """A source that holds one batch and gives it at every step."""

    def __init__(self, inputs, targets, phases, names=("a", "b")):
        self._batches = Batches(
            inputs=np.array([inputs]), targets=np.array([targets]), phases=np.array([phases], np.int64)
        )
        self.phases = names

    def batches(self, first, count):
        return self._batches


def guess(classes, integers, log_losses):
    said = Predictions(classes=np.array(classes), integers=np.array(integers), log_losses=np.array(log_losses, float))
    return lambda _: said


def test_the_figures_of_a_small_example_are_those_worked_out_by_hand():
    source = Rows(inputs=[[1, 2], [5, 0]], targets=[[2, 4], [END, IGNORE]], phases=[0, 1])
    predict = guess(classes=[2, END, END, 3], integers=[2, 7, 5, 3], log_losses=[0.5, 2, 1, 99])
    figures = evaluate(predict, source, rows=2, terms=10)
    assert (figures.overall.targets, figures.overall.accuracy, figures.overall.distance) == (3, 2 / 3, 3 / 2)
    assert figures.overall.log_loss == pytest.approx(3.5 / 3)
    assert (figures.phases["a"].accuracy, figures.phases["a"].distance) == (0.5, 1.5)
    assert figures.phases["b"].accuracy == 1
    assert math.isnan(figures.phases["b"].distance)


def test_only_so_many_rows_count_and_a_phase_without_rows_is_left_out():
    source = Rows(inputs=[[1], [2], [3]], targets=[[1], [1], [1]], phases=[0, 0, 1])

    def always_one(batches):
        ones = np.ones(batches.targets.size, np.int64)
        return Predictions(classes=ones, integers=ones, log_losses=ones.astype(float))

    assert evaluate(always_one, source, rows=2, terms=10).phases.keys() == {"a"}
    assert evaluate(always_one, source, rows=7, terms=10).overall.targets == 7


@given(st.integers(2, 300))
def test_the_random_baseline_is_the_mean_over_all_pairs(terms):
    values = np.arange(terms)
    figures = random_baseline(terms)
    assert figures.distance == pytest.approx(np.abs(values[:, None] - values).mean())
    assert (figures.accuracy, figures.log_loss) == (1 / terms, pytest.approx(-math.log(1 / terms)))


def test_the_random_baseline_of_0_to_255_is_the_documents():
    figures = random_baseline(256)
    assert f"{figures.accuracy:.2%} {figures.distance:.2f} {figures.log_loss:.3f}" == "0.39% 85.33 5.545"


@pytest.mark.parametrize(
    ("rule", "accuracy", "distance"),
    [("constant 4", 0, 2), ("last term", 0, 2), ("linear extrapolation", 2 / 4, 4 / 3)],
)
def test_rules_reach_what_is_worked_out_by_hand(rule, accuracy, distance):
    """Linear extrapolation says 1, 5 and 6, then that 6, 8 ends."""
    source = Rows(inputs=[[1, 3], [6, 8]], targets=[[3, 5], [8, END]], phases=[0, 0])
    figures = evaluate(rule_baselines(VOCABULARY)[rule], source, rows=2, terms=10).overall
    assert (figures.accuracy, figures.distance) == (accuracy, pytest.approx(distance))
    assert math.isnan(figures.log_loss)


def test_a_models_log_loss_is_plain_cross_entropy():
    model = Transformer(ModelConfig(d_model=8, layers=1, heads=1), VOCABULARY).eval()
    source = Rows(inputs=[[1, 2, 3]], targets=[[2, 3, END]], phases=[0])
    figures = evaluate(model_predictor(model), source, rows=1, terms=10).overall
    logits = model(torch.tensor([[1, 2, 3]])).detach().squeeze(0).double().log_softmax(-1)
    assert figures.log_loss == pytest.approx(-float(logits[[0, 1, 2], [2, 3, END]].mean()))


def test_the_report_shows_every_phase_beside_random_guessing():
    model = Transformer(ModelConfig(d_model=8, layers=1, heads=1), IntegerVocabulary()).eval()
    source = Rows(inputs=[[1, 2], [5, 0]], targets=[[2, 3], [256, IGNORE]], phases=[0, 1])
    report = scores_report(score(model, source, rows=2))
    for line in report.split("\n\n")[0].splitlines()[1:]:
        assert [part in line for part in ("0.39 %", "85.33", "5.545")] == [True] * 3
    assert [line.split()[0] for line in report.splitlines()[1:4]] == ["all", "a", "b"]
    assert "linear extrapolation" in report
