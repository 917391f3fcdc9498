"""The logits are those of an independent, deliberately plain implementation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models, prompts_of, shaken
from numpy_transformer import reference_logits

from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary, ModelConfig, Transformer, preset


def compare(model, sequences):
    """Run all sequences in one padded batch, and each through the reference."""
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    width = max(map(len, sequences))
    tokens_BT = torch.tensor([[*tokens, *[0] * (width - len(tokens))] for tokens in sequences])
    with torch.inference_mode():
        logits_BTV = model(tokens_BT, lengths=torch.tensor([len(tokens) for tokens in sequences])).numpy()
    for tokens, logits_TV in zip(sequences, logits_BTV, strict=True):
        expected_TV = reference_logits(model.config, model.vocabulary, weights, tokens)
        np.testing.assert_allclose(logits_TV[: len(tokens)], expected_TV, rtol=1e-3, atol=1e-4)


@settings(max_examples=200)
@given(st.data())
def test_every_option_computes_what_the_reference_computes(data):
    model = data.draw(models())
    model.exact = data.draw(st.booleans(), label="exact")
    longest = 40 if model.config.slides else model.config.context
    compare(model, data.draw(prompts_of(model, max_length=longest, max_rows=3)))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(
    ("embedding", "width", "positions"),
    [
        ("binary", 8, "learned"),
        ("number-theoretic", 90, "tuple"),
        ("tuple", 1, "tuple"),
        ("tuple", 2, "tuple"),
        ("tuple", 2, "learned"),
        ("learned", 2, "tuple"),
        ("frequency", 2, "tuple"),
        ("tuple", 3, "tuple"),
    ],
)
def test_features_as_wide_as_the_stream_are_used_as_they_are(embedding, width, positions, exact):
    config = ModelConfig(
        d_model=width, heads=1, layers=1, embedding=embedding, positions=positions, value_periods=(), d_ff=5
    )
    model = shaken(Transformer(config, IntegerVocabulary(), seed=2))
    model.exact = exact
    compare(model, [[2, 255, 0, 17], [128]])
    assert (model.embedding.values.map is None) == (width != 3 or embedding != "tuple")


@pytest.mark.parametrize("name", ["default", "nextint", "mix_d11_l3_h4"])
def test_the_presets_compute_what_the_reference_computes(name):
    vocabulary = IntegerVocabulary(end=name == "default") if name in ("default", "nextint") else QUANTAMATHS_VOCABULARY
    model = shaken(Transformer(preset(name, layers=2), vocabulary, seed=3))
    compare(model, [[token % vocabulary.size for token in (2, 255, 0, 17, 128, 128, 3, 64)]])
