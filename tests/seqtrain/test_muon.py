"""Muon: orthogonal steps, map by map, and all that they remember."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqtrain.muon import orthogonal
from seqtrain.optimiser import make_optimisers, set_learning_rate
from seqtrain.recipe import OptimiserRecipe

RECIPE = OptimiserRecipe(kind="muon", learning_rate=0.01, matrix_learning_rate=0.1, momentum=0.8, weight_decay=0.3)


def model():
    config = ModelConfig(d_model=8, d_ff=16, layers=2, heads=2, value_periods=(2, 3), zero_output_projections=False)
    return Transformer(config, IntegerVocabulary(high=9))


def turned(name, weight):
    return name.startswith("blocks.") and weight.ndim == 2


def give_gradients(net, step):
    generator = torch.Generator().manual_seed(step)
    for parameter in net.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


def walk(net, optimisers, steps):
    for step in steps:
        give_gradients(net, step)
        for optimiser in optimisers:
            optimiser.step()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99), st.sampled_from([1e-8, 1.0, 1e6]))
def test_a_turn_is_near_the_nearest_orthogonal_matrix(rows, columns, seed, size):
    """A matrix that turned one direction wrongly would be at least 1 away."""
    generator = torch.Generator().manual_seed(seed)
    u, _, vh = torch.linalg.svd(torch.randn(rows, columns, generator=generator), full_matrices=False)
    values = torch.linspace(1.0, 0.5, u.shape[1])
    turn = orthogonal(size * (u * values @ vh)[None])[0].float()
    assert torch.linalg.matrix_norm(turn - u @ vh, 2) < 0.5


def test_every_map_takes_the_step_of_the_definition():
    net = model()
    before = {name: weight.detach().clone() for name, weight in net.named_parameters()}
    optimisers = make_optimisers(RECIPE, net)
    means = {name: torch.zeros_like(weight) for name, weight in net.named_parameters()}
    for step in range(2):
        give_gradients(net, step)
        for name, weight in net.named_parameters():
            if not turned(name, weight):
                continue
            means[name] = 0.8 * means[name] + 0.2 * weight.grad
            ahead = 0.2 * weight.grad + 0.8 * means[name]
            maps = ahead.chunk(3) if name.endswith("qkv.weight") else [ahead]
            rows, columns = maps[0].shape
            moved = torch.cat([orthogonal(one[None])[0].float() for one in maps])
            before[name] = before[name] * (1 - 0.1 * 0.3) - 0.1 * max(1, rows / columns) ** 0.5 * moved
        for optimiser in optimisers:
            optimiser.step()
    for name, weight in net.named_parameters():
        if turned(name, weight):
            # bfloat16 inside: another order of sums may round a turn's entries elsewhere.
            torch.testing.assert_close(weight.detach(), before[name], rtol=0, atol=0.1 * 2**-6)


def test_all_else_moves_as_with_adamw():
    one, other = model(), model()
    walk(one, make_optimisers(RECIPE, one), range(3))
    adamw = OptimiserRecipe(kind="adamw", learning_rate=0.01, weight_decay=0.3)
    walk(other, make_optimisers(adamw, other), range(3))
    alike = {name for name, weight in one.named_parameters() if torch.equal(weight, other.get_parameter(name))}
    assert alike == {name for name, weight in one.named_parameters() if not turned(name, weight)}


def test_both_rates_rise_and_fall_together():
    optimisers = make_optimisers(RECIPE, model())
    set_learning_rate(optimisers, 0.5)
    assert {group["lr"] for optimiser in optimisers for group in optimiser.param_groups} == {0.005, 0.05}
    set_learning_rate(optimisers, 1.0)
    assert {group["lr"] for optimiser in optimisers for group in optimiser.param_groups} == {0.01, 0.1}


def test_a_matrix_without_a_gradient_stays():
    net = model()
    optimisers = make_optimisers(RECIPE, net)
    give_gradients(net, 0)
    still = net.get_parameter("blocks.0.feed_forward.hidden.weight")
    still.grad = None
    kept = still.detach().clone()
    for optimiser in optimisers:
        optimiser.step()
    assert torch.equal(still, kept)


def test_a_model_without_such_matrices_is_left_to_adamw():
    assert len(make_optimisers(RECIPE, nn.Linear(2, 3))) == 1
