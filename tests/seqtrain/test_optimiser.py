"""Optimisers and clipping against their definitions, written out in double precision."""

import math

import pytest
import torch
from torch import nn

from seqtrain.clipping import clip_gradient
from seqtrain.flat_weights import FlatWeights
from seqtrain.optimiser import make_optimisers
from seqtrain.recipe import OptimiserRecipe

STEPS = 6
RECIPES = [
    OptimiserRecipe(kind="adamw", learning_rate=0.1, beta1=0.8, beta2=0.7, epsilon=1e-2, weight_decay=0.3),
    OptimiserRecipe(kind="adam", learning_rate=0.1, beta1=0.8, beta2=0.7, epsilon=1e-2, weight_decay=0.3),
    OptimiserRecipe(kind="sgd", learning_rate=0.1, momentum=0.7, weight_decay=0.3),
    OptimiserRecipe(kind="sgd", learning_rate=0.1, momentum=0.0, weight_decay=0.3),
]


def name_of(recipe):
    return f"{recipe.kind} {recipe.momentum}"


class Model(nn.Module):
    """A matrix, which decays, and a vector, which does not."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.matrix = nn.Parameter(torch.randn(3, 4, generator=generator))
        self.vector = nn.Parameter(torch.randn(4, generator=generator))


def gradients(step):
    generator = torch.Generator().manual_seed(100 + step)
    return {"matrix": torch.randn(3, 4, generator=generator), "vector": torch.randn(4, generator=generator)}


def walk(model, optimisers, steps):
    for step in steps:
        for name, gradient in gradients(step).items():
            getattr(model, name).grad = gradient
        for optimiser in optimisers:
            optimiser.step()


def walk_flat(model, optimisers, steps, saved=()):
    """The same, the weights being moved as vectors; begin with what was saved, if anything was."""
    flat = FlatWeights(optimisers)
    flat.restore(model, dict(saved))
    for step in steps:
        for name, gradient in gradients(step).items():
            getattr(model, name).grad = gradient
        flat.gather()
        for optimiser in optimisers:
            optimiser.step()
    return flat


def expected(recipe, weight, name):
    """The weight after all steps, by the formulas of the papers."""
    decay = recipe.weight_decay if name == "matrix" else 0.0
    first = second = torch.zeros_like(weight)
    for step in range(STEPS):
        gradient = gradients(step)[name].double()
        if recipe.kind == "adamw":
            weight = weight - recipe.learning_rate * decay * weight
        else:
            gradient = gradient + decay * weight
        if recipe.kind == "sgd":
            first = recipe.momentum * first + gradient
            weight = weight - recipe.learning_rate * first
            continue
        first = recipe.beta1 * first + (1 - recipe.beta1) * gradient
        second = recipe.beta2 * second + (1 - recipe.beta2) * gradient**2
        mean, square = first / (1 - recipe.beta1 ** (step + 1)), second / (1 - recipe.beta2 ** (step + 1))
        weight = weight - recipe.learning_rate * mean / (square.sqrt() + recipe.epsilon)
    return weight


@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_each_kind_takes_the_steps_of_its_definition(recipe):
    model = Model()
    ends = {name: expected(recipe, weight.detach().double(), name) for name, weight in model.named_parameters()}
    walk(model, make_optimisers(recipe, model), range(STEPS))
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.detach().double(), ends[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
def test_what_is_remembered_is_all_that_is_needed_to_go_on_to_the_same_bits(recipe):
    whole, halted = Model(), Model()
    walk_flat(whole, make_optimisers(recipe, whole), range(STEPS))
    before = walk_flat(halted, make_optimisers(recipe, halted), range(3))
    saved = {key: tensor.clone() for key, tensor in before.moments(halted).items()}
    walk_flat(halted, make_optimisers(recipe, halted), range(3, STEPS), saved)
    for name, weight in whole.named_parameters():
        assert torch.equal(weight, getattr(halted, name))


@pytest.mark.parametrize(
    ("recipe", "remembered"),
    list(zip(RECIPES, [{"step", "exp_avg", "exp_avg_sq"}] * 2 + [{"momentum_buffer"}, set()], strict=True)),
    ids=map(name_of, RECIPES),
)
def test_each_kind_remembers_its_own_moments(recipe, remembered):
    model = Model()
    flat = walk_flat(model, make_optimisers(recipe, model), range(1))
    assert flat.moments(model).keys() == {f"{name}/{key}" for name in ("matrix", "vector") for key in remembered}


@pytest.mark.parametrize(("recipe", "adam"), [(RECIPES[0], torch.optim.AdamW), (RECIPES[1], torch.optim.Adam)])
def test_adam_has_the_bits_of_torch_s_own_fused_one(recipe, adam):
    ours, theirs = Model(), Model()
    walk(ours, make_optimisers(recipe, ours), range(STEPS))
    groups = [{"params": [theirs.matrix], "weight_decay": 0.3}, {"params": [theirs.vector], "weight_decay": 0.0}]
    walk(theirs, [adam(groups, lr=0.1, betas=(0.8, 0.7), eps=1e-2, fused=True)], range(STEPS))
    for name, weight in theirs.named_parameters():
        assert torch.equal(getattr(ours, name), weight)


def test_a_weight_without_a_gradient_stays_and_is_not_remembered():
    model = Model()
    optimisers = make_optimisers(RECIPES[0], model)
    before = model.vector.clone()
    model.matrix.grad = torch.ones(3, 4)
    optimisers[0].step()
    assert torch.equal(model.vector, before)
    assert list(optimisers[0].state) == [model.matrix]


LARGE = torch.tensor([-3.0, 0.0, 0.5, 1.0, 2.0, -3.0])
NORM = math.sqrt(2 * 9 + 0.25 + 1 + 4)


@pytest.mark.parametrize(
    ("fields", "clipped"),
    [
        ({"clip": "none"}, LARGE),
        ({"clip": "norm", "clip_norm": 0}, LARGE),
        ({"clip": "norm", "clip_norm": 2 * NORM}, LARGE),
        ({"clip": "norm", "clip_norm": 1.0}, LARGE / NORM),
        ({"clip": "value", "clip_value": 5.0, "clip_norm": 0.1}, LARGE),
        ({"clip": "value", "clip_value": 1.0}, LARGE.clamp(-1, 1)),
    ],
    ids=["none", "norm 0", "norm that is not reached", "norm", "value that is not reached", "value"],
)
def test_gradients_are_clipped_as_told_and_their_norm_from_before_is_said(fields, clipped):
    gradient = LARGE.clone()
    assert float(clip_gradient(OptimiserRecipe(**fields), gradient)) == pytest.approx(NORM)
    torch.testing.assert_close(gradient, clipped)


@pytest.mark.parametrize("clip_norm", [1e-3, 1.0, 1e3])
def test_clipping_by_norm_is_torch_s_own(clip_norm):
    theirs = Model()
    for name, gradient in gradients(0).items():
        getattr(theirs, name).grad = gradient
    gradient = torch.cat([weight.grad.flatten() for weight in theirs.parameters()])
    norm = clip_gradient(OptimiserRecipe(clip_norm=clip_norm), gradient)
    torch.testing.assert_close(norm, nn.utils.clip_grad_norm_(theirs.parameters(), clip_norm))
    torch.testing.assert_close(gradient, torch.cat([weight.grad.flatten() for weight in theirs.parameters()]))


def test_gradients_of_zeros_stay_and_one_that_is_no_number_spoils_all():
    still, spoilt = torch.zeros(3), torch.tensor([1.0, math.nan])
    assert clip_gradient(OptimiserRecipe(), still) == 0
    assert not still.any()
    clip_gradient(OptimiserRecipe(), spoilt)
    assert spoilt.isnan().all()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"momentum": 1.0}, "optimiser.momentum is 1.0; it must be at least 0 and below 1"),
        ({"clip_value": 0.0}, "optimiser.clip_value is 0.0; it must be above 0"),
    ],
)
def test_a_wrong_setting_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        OptimiserRecipe(**fields)
