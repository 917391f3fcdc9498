"""Weights that are moved as vectors: nobody else can tell, and what is remembered is each weight's own."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqtrain import recipe_from_dict
from seqtrain.flat_weights import FlatWeights
from seqtrain.optimiser import make_optimisers
from seqtrain.recipe import OptimiserRecipe
from seqtrain.step_memory import step_memory

KINDS = ["adamw", "adam", "sgd", "muon"]
CONFIG = ModelConfig(d_model=8, d_ff=16, layers=2, heads=2, value_periods=(2, 3), zero_output_projections=False)


def a_model():
    return Transformer(CONFIG, IntegerVocabulary(high=9))


def give_gradients(model, step):
    generator = torch.Generator().manual_seed(step)
    for weight in model.parameters():
        weight.grad = torch.randn(weight.shape, generator=generator)


def moved(model, kind, steps, saved=None):
    """The model after these steps, and what moves it; it begins with what was saved."""
    recipe = OptimiserRecipe(kind=kind, learning_rate=0.01, weight_decay=0.3)
    optimisers = make_optimisers(recipe, model)
    flat = FlatWeights(optimisers)
    flat.restore(model, saved or {})
    for step in steps:
        give_gradients(model, step)
        flat.gather()
        for optimiser in optimisers:
            optimiser.step()
    return flat


def test_a_model_s_weights_stay_the_same_objects_with_the_same_numbers():
    model, tokens = a_model(), torch.tensor([[1, 2, 3]])
    before, logits = dict(model.named_parameters()), model(tokens)
    numbers = {name: weight.detach().clone() for name, weight in before.items()}
    moved(model, "adamw", range(0))
    assert all(weight is before[name] for name, weight in model.named_parameters())
    assert all(torch.equal(weight, numbers[name]) for name, weight in model.named_parameters())
    assert torch.equal(model(tokens), logits)


@pytest.mark.parametrize("kind", KINDS)
def test_they_move_as_they_do_one_by_one(kind):
    together, alone = a_model(), a_model()
    moved(together, kind, range(4))
    optimisers = make_optimisers(OptimiserRecipe(kind=kind, learning_rate=0.01, weight_decay=0.3), alone)
    for step in range(4):
        give_gradients(alone, step)
        for optimiser in optimisers:
            optimiser.step()
    for name, weight in alone.named_parameters():
        torch.testing.assert_close(together.get_parameter(name), weight, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_remembered_is_all_that_is_needed_to_go_on_to_the_same_bits(kind):
    whole, halted = a_model(), a_model()
    end = moved(whole, kind, range(4)).moments(whole)
    saved = {key: tensor.clone() for key, tensor in moved(halted, kind, range(2)).moments(halted).items()}
    found = moved(halted, kind, range(2, 4), saved).moments(halted)
    assert all(torch.equal(weight, halted.get_parameter(name)) for name, weight in whole.named_parameters())
    assert end.keys() == found.keys()
    assert all(torch.equal(tensor, found[key]) for key, tensor in end.items())


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=1, max_size=4), st.data())
def test_each_weight_s_mean_is_that_of_its_own_gradients(shapes, data):
    """After one step of Adam from nothing the mean is a tenth of the gradient; without one, zero."""
    model = nn.ParameterList(torch.zeros(shape) for shape in shapes)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    flat = FlatWeights([optimiser])
    expected = []
    for weight in model:
        expected.append(torch.randn(weight.shape))
        if data.draw(st.booleans()):
            weight.grad = expected[-1].clone()
        else:
            expected[-1].zero_()
    vector = flat.gather()
    assert torch.equal(vector, torch.cat([gradient.flatten() for gradient in expected]))
    assert all(weight.grad is None for weight in model) or len(shapes) == 1
    optimiser.step()
    for weight, gradient in zip(model, expected, strict=True):
        torch.testing.assert_close(flat.remembered(weight)["exp_avg"], gradient / 10)
        assert flat.optimiser_of(weight) is optimiser


def test_a_gradient_that_is_changed_in_the_vector_moves_the_weights_accordingly():
    affine = nn.Linear(2, 3)
    optimiser = torch.optim.SGD(affine.parameters(), lr=1.0)
    flat = FlatWeights([optimiser])
    before = affine.weight.detach().clone()
    affine(torch.ones(2)).sum().backward()
    flat.gather().mul_(0.5)
    optimiser.step()
    assert torch.equal(affine.weight, before - 0.5)
    flat.let_go()
    optimiser.step()
    assert torch.equal(affine.weight, before - 0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_account_counts_what_is_remembered(kind):
    table = {"model": CONFIG.to_dict(), "optimiser": {"kind": kind}, "data": {"high": 9}}
    recipe = recipe_from_dict(table)
    model = Transformer(recipe.model, IntegerVocabulary(high=9))
    moments = moved(model, kind, range(1)).moments(model).values()
    held = {tensor.data_ptr(): tensor.nbytes for tensor in moments}  # some share a count of steps
    assert step_memory(recipe).moments == sum(held.values())


def test_where_weights_outweigh_a_batch_the_account_counts_their_gradients_twice():
    account = step_memory(recipe_from_dict({"data": {"batch": 1}, "model": {"d_model": 512}}))
    assert account.total == pytest.approx(3 * account.weights + account.moments, rel=0.01)
    assert math.isclose(account.moments, 2 * account.weights, rel_tol=1e-3)
