"""Gradients are those of finite differences, for every option and every weight."""

import pytest
import torch
from model_strategies import shaken

from seqmodel import IntegerVocabulary, ModelConfig, SymbolVocabulary, Transformer

NUMBERS = IntegerVocabulary(low=-2, high=4)
WITHOUT_END = IntegerVocabulary(low=-2, high=4, end=False)
LETTERS = SymbolVocabulary(symbols="abcdefg")

CASES = [
    ({}, NUMBERS),
    ({"norm": "post"}, NUMBERS),
    ({"norm": "rms"}, NUMBERS),
    ({"norm": "none", "layers": 2}, NUMBERS),
    ({"activation": "relu"}, NUMBERS),
    ({"activation": "silu"}, NUMBERS),
    ({"value_periods": (2, 5)}, NUMBERS),
    ({"embedding": "frequency"}, NUMBERS),
    ({"embedding": "number-theoretic"}, NUMBERS),
    ({"embedding": "binary"}, LETTERS),
    ({"embedding": "tuple", "positions": "tuple"}, NUMBERS),
    ({"d_model": 2, "embedding": "tuple", "positions": "tuple", "norm": "none"}, NUMBERS),
    ({"positions": "rotary"}, NUMBERS),
    ({"positions": "rotary", "context": 2, "layers": 2}, LETTERS),
    ({"attention": "full"}, LETTERS),
    ({"head": "regression"}, WITHOUT_END),
]
every_option = pytest.mark.parametrize(("changes", "vocabulary"), CASES, ids=[str(changes) for changes, _ in CASES])
SMALL = {"context": 3, "d_model": 4, "layers": 1, "heads": 2, "d_head": 2, "d_ff": 3, "value_periods": ()}
TOKENS = torch.tensor([[0, 6, 3], [5, 1, 1]])


def make_model(changes, vocabulary):
    return shaken(Transformer(ModelConfig(**SMALL | changes), vocabulary, seed=1)).double()


@pytest.mark.parametrize("exact", [True, False])
@every_option
def test_gradients_are_finite_differences(changes, vocabulary, exact):
    model = make_model(changes, vocabulary)
    model.exact = exact
    names, weights = zip(*model.named_parameters(), strict=True)

    def logits(*values):
        return torch.func.functional_call(model, dict(zip(names, values, strict=True)), (TOKENS,))

    assert torch.autograd.gradcheck(logits, weights)


@pytest.mark.parametrize("exact", [True, False])
def test_with_full_attention_and_lengths_what_is_invisible_has_no_gradient(exact):
    model = make_model({"attention": "full"}, LETTERS)
    model.exact = exact
    names, weights = zip(*model.named_parameters(), strict=True)

    def logits(*values):
        weights_by_name = dict(zip(names, values, strict=True))
        outputs_BTV = torch.func.functional_call(model, weights_by_name, (TOKENS,), {"lengths": torch.tensor([3, 2])})
        return outputs_BTV[0], outputs_BTV[1, :2]

    assert torch.autograd.gradcheck(logits, weights)
    logits(*weights)[1].sum().backward()
    assert not model.embedding.positions.vectors.weight.grad[2].any()
    assert model.embedding.positions.vectors.weight.grad[1].any()


@every_option
def test_a_gradient_reaches_every_weight(changes, vocabulary):
    model = make_model(changes, vocabulary)
    (model(TOKENS) ** 2).sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.any(), name


def test_the_two_engines_have_one_gradient():
    gradients = []
    for exact in (True, False):
        model = make_model({"layers": 2, "value_periods": (2, 3)}, NUMBERS)
        model.exact = exact
        (model(TOKENS) ** 2).sum().backward()
        gradients.append([weight.grad for weight in model.parameters()])
    for padded, plain in zip(*gradients, strict=True):
        torch.testing.assert_close(padded, plain, rtol=1e-10, atol=1e-12)
