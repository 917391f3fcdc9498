"""First weights have the distribution that the configuration names."""

import math

import pytest
import torch

from seqmodel import IntegerVocabulary, ModelConfig, Transformer

LAYERS = 3
WIDTH = 64
INTO_STREAM = ("attention.output.weight", "feed_forward.output.weight")


def weights_of(initialisation, **changes):
    options = {"d_model": WIDTH, "layers": LAYERS, "context": 64, "zero_output_projections": False} | changes
    model = Transformer(ModelConfig(initialisation=initialisation, **options), IntegerVocabulary(), seed=4)
    return {name: weight.detach() for name, weight in model.named_parameters()}


def close_to(deviation):
    """The deviation of the smallest map, of 4 096 numbers, lies within 5 of its own deviations."""
    return pytest.approx(deviation, rel=5 / math.sqrt(2 * 4096))


def maps_of(weights):
    return {name: weight for name, weight in weights.items() if weight.ndim == 2 and "vectors" not in name}


@pytest.mark.parametrize("initialisation", ["uniform", "gpt2", "scaled"])
def test_norms_start_as_the_identity(initialisation):
    weights = weights_of(initialisation)
    for name, weight in weights.items():
        if "norm" in name:
            assert (weight == (1 if name.endswith("weight") else 0)).all()


@pytest.mark.parametrize(
    ("initialisation", "deviation"), [("uniform", 0.1), ("gpt2", 0.02), ("scaled", 0.8 / math.sqrt(WIDTH))]
)
def test_vectors_are_normal_with_this_deviation(initialisation, deviation):
    weights = weights_of(initialisation)
    for name in ("embedding.values.vectors.weight", "embedding.positions.vectors.weight"):
        assert weights[name].std().item() == close_to(deviation)
        # Of a normal distribution 4.6 % lie more than two deviations away, of a uniform one none.
        assert 0.03 < (weights[name].abs() > 2 * deviation).float().mean() < 0.06


def test_uniform_maps_and_biases_lie_within_one_over_the_root_of_their_inputs():
    weights = weights_of("uniform")
    for name, weight in maps_of(weights).items():
        bound = 1 / math.sqrt(weight.shape[1])
        assert 0.98 * bound < weight.abs().max() <= bound
        assert weight.std().item() == close_to(bound / math.sqrt(3))
        if (bias := weights.get(name.replace("weight", "bias"))) is not None:
            assert 0.5 * bound < bias.abs().max() <= bound


def test_gpt2_makes_maps_into_the_stream_smaller_and_biases_zero():
    weights = weights_of("gpt2")
    for name, weight in maps_of(weights).items():
        smaller = math.sqrt(2 * LAYERS) if name.endswith(INTO_STREAM) else 1
        assert weight.std().item() == close_to(0.02 / smaller)
    assert not any(weight.any() for name, weight in weights.items() if name.endswith("bias"))


def test_scaled_is_one_deviation_for_all_maps_and_biases_zero():
    weights = weights_of("scaled")
    for weight in maps_of(weights).values():
        assert weight.std().item() == close_to(0.8 / math.sqrt(WIDTH))
    assert not any(weight.any() for name, weight in weights.items() if name.endswith("bias"))


@pytest.mark.parametrize("initialisation", ["uniform", "gpt2", "scaled"])
def test_zero_output_projections_are_all_that_is_zeroed(initialisation):
    usual = weights_of(initialisation)
    zeroed = weights_of(initialisation, zero_output_projections=True)
    for name, weight in zeroed.items():
        if ".attention.output." in name or ".feed_forward.output." in name:
            assert not weight.any()
        else:
            assert torch.equal(weight, usual[name])


def test_the_seed_decides_the_first_weights_and_the_global_generator_is_left_alone():
    before = torch.random.get_rng_state()
    first, again, other = (
        Transformer(ModelConfig(layers=1), IntegerVocabulary(), seed=seed).state_dict() for seed in (5, 5, 6)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(weight, again[name]) for name, weight in first.items())
    assert not torch.equal(first["output.weight"], other["output.weight"])
