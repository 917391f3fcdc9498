"""In training attention is written for its gradients: what it says, and they, are the same."""

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import architectures

from seqmodel import Transformer


@given(architectures(), st.integers(1, 5), st.data())
def test_a_pass_in_training_says_and_learns_what_any_other_does(drawn, batch, data):
    config, vocabulary = replace(drawn[0], dropout=0.0), drawn[1]
    length = data.draw(st.integers(1, config.context * (3 if config.slides else 1)))
    model = Transformer(config, vocabulary).double()
    model.exact = False
    tokens = torch.randint(vocabulary.size, (batch, length), generator=torch.Generator().manual_seed(1))
    found = []
    for mode in True, False:
        logits = model.train(mode)(tokens)
        found.append((logits, *torch.autograd.grad(logits.square().sum(), [*model.parameters()], allow_unused=True)))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-8, rtol=1e-8)
