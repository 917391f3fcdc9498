"""Learning from the last target alone, and models that see a whole row at once."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, decode, load_checkpoint
from seqtrain import IGNORE, Batches, Mixture, Trainer, evaluate, make_loss, recipe_from_dict, recipe_to_dict
from seqtrain.drawing import training_batches
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.model_predictor import model_predictor
from seqtrain.recipe import LossRecipe
from seqtrain.targets import lengths, taught
from seqtrain.threads import using_threads

LAST = LossRecipe(targets="last")
VOCABULARY = IntegerVocabulary(low=0, high=9)
END = VOCABULARY.end_token

targets = arrays(np.int64, (2, 3, 5), elements=st.sampled_from([IGNORE, 0, 1, 10])).map(torch.from_numpy)


@given(targets)
def test_every_prefix_is_learned_unless_told_otherwise(targets):
    assert taught(LossRecipe(), targets) is targets


@given(targets)
def test_the_last_scored_target_of_each_row_is_learned_and_no_other(targets):
    for row, learned in zip(
        targets.reshape(-1, 5).tolist(), taught(LAST, targets).reshape(-1, 5).tolist(), strict=True
    ):
        scored = [place for place, target in enumerate(row) if target != IGNORE]
        last = scored[-1:]
        assert [place for place, target in enumerate(learned) if target != IGNORE] == last
        assert all(learned[place] == row[place] for place in last)


@given(targets)
def test_a_row_is_read_up_to_its_last_scored_target(targets):
    for row, length in zip(targets.reshape(-1, 5), lengths(targets).flatten().tolist(), strict=True):
        assert (row[length:] == IGNORE).all()
        assert length == 0 or row[length - 1] != IGNORE


def full(tiny, **sections):
    table = recipe_to_dict(tiny)
    for section, values in {"model": {"attention": "full"}, "loss": {"targets": "last"}, **sections}.items():
        table[section] = {**table[section], **values}
    return recipe_from_dict(table)


def test_lengths_are_given_to_a_model_that_sees_everything_and_to_no_other(tiny):
    recipe = full(tiny)
    batch = next(training_batches(recipe, Mixture.of(recipe, purpose="train"), 0))
    drawn = Mixture.of(recipe, purpose="train").batches(0, 1)
    assert batch.lengths.tolist() == lengths(torch.from_numpy(drawn.targets))[0].tolist()
    assert batch.lengths.min() < batch.lengths.max(), "rows of several lengths"
    assert ((batch.targets != IGNORE).sum(1) == 1).all()
    assert next(training_batches(tiny, Mixture.of(tiny, purpose="train"), 0)).lengths is None


class Rows:
    """Rows of 1, 2 or 3 terms with something after them that must not matter."""

    phases = ("only",)

    def __init__(self, padding):
        self._padding = padding

    def batches(self, first, count):
        generator = np.random.default_rng(first)
        inputs = generator.integers(10, size=(count, 8, 4))
        after = np.arange(4) - generator.integers(1, 4, size=(count, 8, 1))
        inputs = np.where(after < 0, inputs, self._padding)
        targets = np.where(after < 0, (inputs + 1) % 10, IGNORE)
        targets[:, 0] = IGNORE  # a row without anything to learn
        return Batches(inputs=inputs, targets=targets, phases=np.zeros((count, 8), np.int64))


class Silent:
    def started(self, step): ...
    def logged(self, step, scalars): ...
    def validated(self, step, evaluation): ...
    def close(self): ...


def test_what_stands_behind_a_row_changes_nothing_for_a_model_that_sees_everything(tiny):
    recipe = full(tiny, model={"attention": "full", "context": 4}, data={"high": 9}, budget={"steps": 8})
    weights = []
    for padding in (0, 7):
        loop = TrainingLoop(recipe, Rows(padding), Rows(padding), Silent())
        with using_threads(1):
            loop.train(save=lambda: None, interrupted=lambda: False)
        weights.append(loop.model.state_dict())
    assert all(tensor.isfinite().all() for tensor in weights[0].values())
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())


def seeing_everything():
    config = ModelConfig(
        context=5, d_model=8, layers=1, heads=1, attention="full", zero_output_projections=False, initialisation="gpt2"
    )
    model = Transformer(config, VOCABULARY, seed=3).eval()
    model.exact = False
    return model


def batches_of(inputs, targets):
    return Batches(inputs=np.array([inputs]), targets=np.array([targets]), phases=np.zeros((1, len(inputs)), np.int64))


INPUTS = np.random.default_rng(0).integers(10, size=(6, 5))


def test_a_model_that_sees_everything_is_asked_about_each_prefix_alone():
    """Greedy decoding of one step from each prefix says the same."""
    model = seeing_everything()
    said = model_predictor(model)(batches_of(INPUTS, INPUTS)).classes.reshape(6, 5)
    for row, classes in zip(INPUTS.tolist(), said.tolist(), strict=True):
        decoded = decode(model, [row[:length] for length in range(1, 6)], 1)
        assert classes == [END if answer.ended else answer.tokens[0] for answer in decoded]


def test_terms_that_come_later_do_not_leak_into_the_figures():
    model = seeing_everything()
    later = np.where(np.arange(5) < 3, INPUTS, 9 - INPUTS)
    before, after = (model_predictor(model)(batches_of(rows, INPUTS)) for rows in (INPUTS, later))
    for figure in ("classes", "log_losses"):
        one, other = (getattr(said, figure).reshape(6, 5) for said in (before, after))
        assert (one[:, :3] == other[:, :3]).all()
        assert not (one[:, 3:] == other[:, 3:]).all()


def test_training_and_validation_ask_such_a_model_the_same_question():
    model = seeing_everything()
    targets = np.where(np.arange(5) < np.array([[3], [5], [1], [2], [5], [4]]), INPUTS, IGNORE)
    batches = batches_of(INPUTS, targets)
    outputs = model(torch.from_numpy(INPUTS), lengths=lengths(torch.from_numpy(targets))).detach()
    trained = make_loss(LAST, VOCABULARY.size)(outputs, taught(LAST, torch.from_numpy(targets)))

    class Source:
        phases = ("only",)

        def batches(self, first, count):
            return batches

    validated = evaluate(model_predictor(model, LAST), Source(), rows=6, terms=10).overall
    assert validated.training_loss == pytest.approx(float(trained), rel=1e-6)
    assert validated.targets == 20


def test_a_model_that_sees_everything_trains_is_scored_and_saved(tiny, tmp_path):
    result = Trainer(full(tiny), tmp_path).run()
    assert result.reason == "steps done"
    kept = load_checkpoint(tmp_path / "model.safetensors", exact=False).model
    recipe = full(tiny)
    with using_threads(1):
        again = evaluate(
            model_predictor(kept, recipe.loss), final_rows(recipe, purpose="evaluation"), rows=40, terms=256
        )
    assert again == result.scores.model
    assert result.scores.model.overall.targets > 4 * 40, "every prefix is asked for"
