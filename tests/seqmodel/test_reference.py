"""The logits are those of an independent, deliberately plain implementation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models, prompts_of
from numpy_transformer import reference_logits

from seqmodel import IntegerVocabulary, Transformer, preset


def compare(model, tokens):
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    with torch.inference_mode():
        logits = model(torch.tensor([tokens]))[0].numpy()
    np.testing.assert_allclose(
        logits, reference_logits(model.config, model.vocabulary, weights, tokens), rtol=1e-3, atol=1e-4
    )


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_every_option_computes_what_the_reference_computes(data):
    model = data.draw(models())
    (tokens,) = data.draw(prompts_of(model, max_length=model.config.context, max_rows=1))
    compare(model, tokens)


@pytest.mark.parametrize("name", ["default", "nextint"])
def test_the_presets_compute_what_the_reference_computes(name):
    config = preset(name, zero_output_projections=False)
    model = Transformer(config, IntegerVocabulary(end=name == "default"), seed=3).eval()
    compare(model, [2, 255, 0, 17, 128, 128, 3, 64])
