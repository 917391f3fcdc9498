"""In training attention is written for its gradients: what it says, and they, are the same."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import architectures, shaken

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqmodel.attention import SHORT
from seqmodel.parts import FEW_INPUTS, MANY_OUTPUTS, affine, affine_to_learn


def gradients_of(model, tokens):
    logits = model(tokens)
    return logits, *torch.autograd.grad(logits.square().sum(), [*model.parameters()], allow_unused=True)


@given(architectures(), st.integers(1, 5), st.data())
def test_a_pass_in_training_says_and_learns_what_any_other_does(drawn, batch, data):
    config, vocabulary = replace(drawn[0], dropout=0.0), drawn[1]
    length = data.draw(st.integers(1, config.context * (3 if config.slides else 1)))
    model = Transformer(config, vocabulary).double()
    model.exact = False
    tokens = torch.randint(vocabulary.size, (batch, length), generator=torch.Generator().manual_seed(1))
    found = [gradients_of(model.train(mode), tokens) for mode in (True, False)]
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize("tokens", [1, SHORT, SHORT + 1])
def test_short_windows_and_long_ones_learn_the_same(tokens):
    config = ModelConfig(context=SHORT + 1, d_model=8, layers=2, heads=2, value_periods=())
    model = shaken(Transformer(config, IntegerVocabulary(high=9), seed=1)).double()
    rows = torch.randint(0, 10, (3, tokens), generator=torch.Generator().manual_seed(tokens))
    exact = gradients_of(model.train(), rows)
    model.exact = False
    for ours, theirs in zip(gradients_of(model, rows), exact, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-8, rtol=1e-8)


@given(st.integers(1, 20), st.integers(1, FEW_INPUTS + 1), st.sampled_from([1, MANY_OUTPUTS - 1, MANY_OUTPUTS, 100]))
def test_a_map_says_and_learns_the_same_however_its_weights_lie(rows, inputs, outputs):
    module = torch.nn.Linear(inputs, outputs).double()
    x_NC = torch.randn(rows, inputs, dtype=torch.float64, requires_grad=True)
    found = []
    for kind in (affine, affine_to_learn):
        mapped = kind(x_NC, module)
        found.append((mapped, *torch.autograd.grad(mapped.square().sum(), [x_NC, *module.parameters()])))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_narrow_map_s_gradients_are_finite_differences():
    module = torch.nn.Linear(2, MANY_OUTPUTS).double()
    x_NC = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    names, weights = zip(*module.named_parameters(), strict=True)

    class Mapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, x):
            return affine_to_learn(x, self.module)

    def mapped(x, *values):
        named = {f"module.{name}": value for name, value in zip(names, values, strict=True)}
        return torch.func.functional_call(Mapped(), named, (x,))

    assert torch.autograd.gradcheck(mapped, (x_NC, *weights))
