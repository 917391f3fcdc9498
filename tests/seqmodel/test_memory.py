"""The account of memory: its parts, what they follow from, and what fits."""

import dataclasses

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from model_strategies import architectures
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy, mse_loss

from seqmodel import (
    IntegerVocabulary,
    KVCache,
    ModelConfig,
    Transformer,
    attention,
    largest_batch,
    memory_account,
    padding,
    preset,
    sight,
)
from seqmodel.memory_attention import FEW
from seqmodel.memory_budget import byte_count
from seqmodel.memory_examples import EXAMPLES
from seqmodel.memory_extent import ROW_MULTIPLE, places_of
from seqmodel.memory_formulas import document_formulas
from seqmodel.memory_measure import _optimiser

BYTES = IntegerVocabulary()


def saved_bytes(config, vocabulary, batch, length, *, autocast=False):
    """Return what autograd holds on to in a forward pass: each storage once, no weight or table or token."""
    model = Transformer(config, vocabulary).train()
    model.exact = False
    tokens = torch.zeros(batch, length, dtype=torch.int64)
    lasting = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers(), tokens]}
    held = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            logits = model(tokens)
    found = sum(storage.nbytes() for address, storage in held.items() if address not in lasting)
    del logits
    return found


@settings(max_examples=60)
@given(architectures(), st.integers(1, 9), st.booleans(), st.data())
def test_what_is_saved_for_backward_is_what_autograd_saves(drawn, batch, autocast, data):
    config, vocabulary = drawn
    # A bfloat16 residual stream makes torch's rms_norm warn.
    assume(not (autocast and config.norm == "rms"))
    length = data.draw(st.integers(1, config.context))
    account = memory_account(
        config, vocabulary, batch=batch, length=length, precision="bfloat16" if autocast else "float32"
    )
    assert account.activations == saved_bytes(config, vocabulary, batch, length, autocast=autocast)
