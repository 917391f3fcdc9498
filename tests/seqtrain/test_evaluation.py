import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, decode
from seqtrain import IGNORE, Batches, Mixture, evaluate, recipe_from_dict, score, scores_report
from seqtrain.asked_rows import ROWS_AT_ONCE, asked_rows
from seqtrain.baselines import random_baseline, rule_baselines
from seqtrain.callbacks import Callbacks
from seqtrain.drawing import training_batches
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.model_predictor import model_predictor
from seqtrain.predictions import Predictions

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
        steps = {name: np.repeat(getattr(self._batches, name), count, 0) for name in ("inputs", "targets", "phases")}
        return Batches(**steps)


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


def test_however_many_rows_are_asked_about_some_thousand_are_there_at_once_and_an_interrupt_is_heard_between_them():
    """As many rows as no memory holds, and Ctrl-C after a while."""
    source, parts = Rows(inputs=[[1, 2]] * 64, targets=[[1, 1]] * 64, phases=[0] * 64), []

    def interrupted(batches):
        parts.append(len(batches.inputs[0]))
        if len(parts) == 5:
            raise KeyboardInterrupt
        ones = np.ones(batches.targets.size, np.int64)
        return Predictions(classes=ones, integers=ones, log_losses=ones.astype(float))

    with pytest.raises(KeyboardInterrupt):
        evaluate(interrupted, source, rows=10**15, terms=10)
    assert parts == [64, *[ROWS_AT_ONCE] * 4]


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


def test_the_report_shows_every_phase_and_everything_it_stands_beside():
    model = Transformer(ModelConfig(d_model=8, layers=1, heads=1), IntegerVocabulary()).eval()
    source = Rows(inputs=[[1, 2], [5, 0]], targets=[[2, 3], [256, IGNORE]], phases=[0, 1])
    first, everybody, phases, positions = scores_report(score(model, source, rows=2)).split("\n\n")
    assert first == "2 rows, 3 terms to predict"
    rows = [line[:20].strip() for line in everybody.splitlines()[1:7]]
    rules = ["Berlekamp-Massey", "linear extrapolation", "last term", "constant 127"]
    assert rows == ["model", *rules, "random guessing"]
    random = everybody.splitlines()[6]
    assert [part in random for part in ("0.39 %", "85.33", "5.5452")] == [True] * 3
    assert [line.split()[0] for line in phases.splitlines()] == ["phase", "all", "a", "b"]
    assert [line.split()[:3] for line in positions.splitlines()[1:]] == [["1", "2", "0.00"], ["2", "1", "0.00"]]


@given(data=st.data(), rows=st.integers(1, 12), steps=st.integers(1, 4))
def test_all_rows_are_asked_once_whatever_the_batches(data, rows, steps):
    """However many rows a step has, the first ones are asked, each beside its own targets and phase."""
    batch = data.draw(st.integers(1, 5))

    class Counting:
        phases = ("even", "odd")

        def batches(self, first, count):
            number = np.arange(first * batch, (first + count) * batch).reshape(count, batch)
            inputs = number[..., None] + np.arange(3)
            return Batches(inputs=inputs, targets=inputs + 1, phases=number % 2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqtrain.asked_rows.ROWS_AT_ONCE", steps * batch)
        parts = list(asked_rows(Counting(), rows))
    assert all(len(part.row) <= steps * batch for part in parts)
    asked = np.concatenate([part.row for part in parts])
    assert sorted(asked.tolist()) == list(range(rows))
    for part in parts:
        np.testing.assert_array_equal(part.inputs[:, 0], part.row)
        np.testing.assert_array_equal(part.targets, part.inputs + 1)
        np.testing.assert_array_equal(part.batches.phases[0], part.row % 2)


SHARES = {"small_universes:steps": 1, "small_universes:jumps": 2}
FAMILIES = {"curriculum": {"stages": [{"shares": SHARES}]}, "model": {"context": 6}}


def named(**data):
    recipe = recipe_from_dict({**FAMILIES, "data": {"high": 40, "batch": 64} | data})
    return final_rows(recipe, purpose="evaluation")


def linear_figures(source, rows=300):
    rule = rule_baselines(IntegerVocabulary(low=0, high=40))["linear extrapolation"]
    return evaluate(rule, source, rows=rows, terms=41)


def test_every_group_has_the_figures_that_are_worked_out_row_by_row():
    source, rows = named(), 300
    figures = linear_figures(source, rows)
    found = {}
    for row in range(rows):
        batch = source.batches(row // 64, 1)
        inputs, targets = batch.inputs[0, row % 64].tolist(), batch.targets[0, row % 64].tolist()
        family = source.rule(row).family.name
        phase = source.phases[batch.phases[0, row % 64]]
        asked = [k for k, target in enumerate(targets) if target != IGNORE]
        right = {}
        for k in asked:
            line = 2 * inputs[k] - inputs[max(k - 1, 0)]
            right[k] = (line if 0 <= line <= 40 else 41) == targets[k]
            for key in (("all",), ("phase", phase), ("family", family), ("position", k + 1), ("cell", family, k + 1)):
                found.setdefault(key, []).append(right[k])
        for name, late in (
            ("forced", [k for k in asked if k >= 3]),
            ("free", [k for k in asked if k >= 3 and targets[k] <= 40]),
        ):
            if late:
                found.setdefault((name,), []).append(all(right[k] for k in late))
    assert figures.overall.accuracy == np.mean(found["all",])
    assert figures.overall.teacher_forced == np.mean(found["forced",])
    assert figures.overall.free_running == np.mean(found["free",])
    groups = {
        **{("phase", name): metrics for name, metrics in figures.phases.items()},
        **{("family", name): metrics for name, metrics in figures.families.items()},
        **{("position", depth): metrics for depth, metrics in figures.positions.items()},
        **{("cell", name, depth): each for name, row in figures.cells.items() for depth, each in row.items()},
    }
    expected = {key: (len(right), np.mean(right)) for key, right in found.items() if len(key) > 1}
    assert {key: (each.targets, each.accuracy) for key, each in groups.items()} == expected


def test_one_universe_of_several_phases_is_split_by_them():
    recipe = recipe_from_dict({"curriculum": {"stages": [{"shares": {"default": 1}}]}, "data": {"high": 9}})
    figures = linear_figures(final_rows(recipe, purpose="evaluation"), 60)
    assert list(figures.phases) == ["phase1", "phase2", "phase3"]


@pytest.mark.parametrize("seed", range(2))
def test_free_running_is_what_decoding_from_the_first_four_terms_gets_right(seed):
    """A model that has learned a little, so that some rows are right and some are not."""
    recipe = recipe_from_dict(
        {"model": {"context": 6, "d_model": 16, "layers": 1, "heads": 1}, "data": {"high": 9, "batch": 64}}
        | {"curriculum": {"stages": [{"shares": SHARES}]}, "schedule": {"warmup": 1}}
        | {"optimiser": {"learning_rate": 0.02}, "validation": {"ceiling": False}, "run": {"seed": seed, "threads": 1}}
    )
    source = final_rows(recipe, purpose="evaluation")
    loop = TrainingLoop(recipe, Mixture.of(recipe, purpose="train"), source, Callbacks([]))
    drawn = training_batches(recipe, loop._source, 0)
    for _ in range(60):
        loop._update(next(drawn))
        loop.step += 1
    model = loop.model.eval()
    figures = evaluate(model_predictor(model), source, rows=64, terms=10).overall
    batch = source.batches(0, 1)
    rows = [
        (inputs[:4], [target for target in targets[3:] if 0 <= target < 10])
        for inputs, targets in zip(batch.inputs[0].tolist(), batch.targets[0].tolist(), strict=True)
    ]
    rows = [(seen, following) for seen, following in rows if following]
    said = decode(model, [seen for seen, _ in rows], 3)
    right = [list(each.tokens[: len(following)]) == following for each, (_, following) in zip(said, rows, strict=True)]
    assert figures.free_running == np.mean(right)
    assert 0 < figures.free_running < 1
