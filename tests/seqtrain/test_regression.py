"""Models that predict one number: how they are measured, trained, stopped, shown and saved."""

import json
import math

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, decode
from seqtrain import (
    IGNORE,
    Batches,
    Mixture,
    Trainer,
    evaluate,
    make_loss,
    recipe_from_dict,
    recipe_to_dict,
    recipe_to_toml,
    score,
    scores_report,
)
from seqtrain.cli import main
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.model_predictor import model_predictor
from seqtrain.recipe import LossRecipe
from seqtrain.threads import using_threads

VOCABULARY = IntegerVocabulary(low=-5, high=4, end=False)
CONFIG = ModelConfig(context=3, d_model=8, layers=1, heads=1, head="regression", initialisation="gpt2")


class Said:
    """A model that says what it is told, whatever it reads."""

    training = False
    config = CONFIG
    vocabulary = VOCABULARY
    device = torch.device("cpu")

    def __init__(self, values):
        self._values_BT1 = torch.tensor(values)[..., None]

    def __call__(self, tokens_BT):
        return self._values_BT1[: len(tokens_BT)]


class Rows:
    """Rows that are given in steps of so many."""

    phases = ("only",)

    def __init__(self, inputs, targets, rows):
        self._inputs, self._targets, self._rows = np.array(inputs), np.array(targets), rows

    def batches(self, first, count):
        place = slice(first * self._rows, (first + count) * self._rows)
        inputs, targets = (array[place].reshape(count, self._rows, -1) for array in (self._inputs, self._targets))
        return Batches(inputs=inputs, targets=targets, phases=np.zeros((count, self._rows), np.int64))


def test_the_figures_are_those_of_the_nearest_integer_in_range():
    """Numbers count in fifths, the largest size being 5; token 0 stands for -5."""
    values = [[-1.0, 0.09, 0.11], [0.75, 3.0, -7.0]]
    meant = [[-5, 0, 1], [4, 4, -5]]
    targets = [[-5, 0, 3], [IGNORE + VOCABULARY.low, 4, 0]]
    tokens = np.array(targets) - VOCABULARY.low
    source = Rows(tokens, tokens, 2)
    said = model_predictor(Said(values))(source.batches(0, 1))
    assert (said.classes + VOCABULARY.low).reshape(2, 3).tolist() == meant
    assert (said.integers == said.classes).all()
    figures = evaluate(model_predictor(Said(values)), source, rows=2, terms=10).overall
    assert (figures.targets, figures.accuracy, figures.distance) == (5, 3 / 5, (0 + 0 + 2 + 0 + 5) / 5)
    assert math.isnan(figures.log_loss)
    assert math.isnan(figures.training_loss)


def test_what_is_measured_is_what_greedy_decoding_says():
    model = Transformer(CONFIG, VOCABULARY, seed=4).eval()
    tokens = np.random.default_rng(0).integers(10, size=(8, 3))
    classes = model_predictor(model)(Rows(tokens, tokens, 8).batches(0, 1)).classes.reshape(8, 3)
    for row, found in zip(tokens.tolist(), classes.tolist(), strict=True):
        assert found == [said.tokens[0] for said in decode(model, [row[:length] for length in (1, 2, 3)], 1)]


@pytest.mark.parametrize("positions", ["scored", "rows", "weighted"])
@pytest.mark.parametrize("kind", ["squared", "huber", "cross-entropy", "distance-weighted", "distance"])
def test_the_training_loss_of_a_validation_is_that_of_training_on_all_its_rows_at_once(kind, positions):
    """However the rows come: here two by two, though they are of several lengths."""
    loss = LossRecipe(kind=kind, positions=positions)
    numbers = kind in ("squared", "huber")
    vocabulary = IntegerVocabulary(low=-5, high=4, end=not numbers)
    config = ModelConfig(context=3, d_model=8, layers=1, heads=1, head="regression" if numbers else "classes")
    model = Transformer(config, vocabulary, seed=5).eval()
    generator = np.random.default_rng(1)
    tokens = generator.integers(10, size=(6, 3))
    targets = np.where(np.arange(3) < generator.integers(1, 4, size=(6, 1)), 9 - tokens, IGNORE)
    outputs = model(torch.from_numpy(tokens)).detach()
    trained = make_loss(loss, vocabulary.size, vocabulary.low)(outputs, torch.from_numpy(targets))
    figures = evaluate(model_predictor(model, loss), Rows(tokens, targets, 2), rows=6, terms=10).overall
    assert figures.training_loss == pytest.approx(float(trained), rel=1e-5)
    if (kind, positions) == ("cross-entropy", "scored"):
        assert figures.training_loss == pytest.approx(figures.log_loss)


@pytest.fixture
def numbers(tiny):
    return changed(
        tiny, model={"head": "regression"}, data={"end": False}, loss={"kind": "squared"}, validation={"rows": 64}
    )


def changed(recipe, **sections):
    table = recipe_to_dict(recipe)
    return recipe_from_dict({name: {**values, **sections.get(name, {})} for name, values in table.items()})


class Validations:
    def __init__(self):
        self.figures = []

    def started(self, step): ...
    def logged(self, step, scalars): ...
    def close(self): ...

    def validated(self, step, evaluation):
        self.figures.append(evaluation.overall)


def train(recipe):
    seen = Validations()
    loop = TrainingLoop(recipe, Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation"), seen)
    with using_threads(1):
        reason = loop.train(save=lambda: None, interrupted=lambda: False)
    return loop, seen.figures, reason


@pytest.mark.parametrize("kind", ["squared", "huber"])
def test_training_brings_the_loss_and_the_distance_down(numbers, kind):
    _, figures, _ = train(changed(numbers, loss={"kind": kind}, budget={"steps": 100}, validation={"every": 100}))
    assert figures[-1].training_loss < figures[0].training_loss / 3
    assert figures[-1].distance < figures[0].distance / 2


def test_early_stopping_watches_the_loss_that_is_minimised(numbers):
    recipe = changed(numbers, stopping={"patience": 2, "min_delta": 100.0}, validation={"every": 1})
    loop, figures, reason = train(recipe)
    assert (reason, loop.step) == ("early stopping", 2)
    losses = [metrics.training_loss for metrics in figures]
    assert (loop.stopping.best_loss, loop.stopping.best_step) == (min(losses), losses.index(min(losses)))


def test_a_number_that_is_none_ends_training(numbers):
    loop, _, reason = train(
        changed(numbers, optimiser={"learning_rate": 1e30, "clip": "none"}, budget={"steps": 10**6})
    )
    assert reason == "not a number"
    assert math.isfinite(loop.kept.loss(loop.stopping))


def test_the_report_shows_a_dash_for_the_log_loss_and_random_guessing_beside_it():
    model = Transformer(CONFIG, VOCABULARY).eval()
    tokens = np.array([[1, 2, 3]])
    everybody = scores_report(score(model, Rows(tokens, tokens, 1), rows=1)).split("\n\n")[1]
    table = {line[:22].strip(): line.split() for line in everybody.splitlines()}
    assert table["model"][-4] == "–"
    assert table["random guessing"][-4] == f"{math.log(10):.4f}"


def test_the_commands_train_measure_and_show_such_a_model(numbers, tmp_path, capsys):
    path, out = tmp_path / "numbers.toml", tmp_path / "out"
    path.write_text(recipe_to_toml(numbers))
    assert main(["run", str(path), "--out", str(out)]) == 0
    trained = capsys.readouterr()
    assert "step 20: validation loss 0." in trained.err
    assert ", validation loss 0." in trained.err.splitlines()[-1]
    assert "log-loss" not in trained.err
    assert "nan" not in trained.out + trained.err
    assert main(["evaluate", str(out / "model.safetensors"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads((out / "result.json").read_text())["scores"]
    overall = said["model"]["overall"]
    assert overall["log_loss"] is None
    assert overall["training_loss"] > 0


def test_the_logs_hold_the_loss_that_there_is(numbers, tmp_path):
    Trainer(numbers, tmp_path).run()
    log = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    tags = {tag for tag in log.Tags()["scalars"] if tag.startswith("validation")}
    groups = {"accuracy": 7, "distance": 7, "teacher_forced": 7, "free_running": 7, "training_loss": 2}
    assert {name: sum(tag.startswith(f"validation_{name}/") for tag in tags) for name in groups} == groups
    assert len(tags) == sum(groups.values())
    assert all(math.isfinite(event.value) for tag in tags for event in log.Scalars(tag))
