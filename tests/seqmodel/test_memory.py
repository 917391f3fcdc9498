"""The account of memory: each part beside what torch holds, and what the parts add up to."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from model_strategies import architectures
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy

from seqmodel import (
    IntegerVocabulary,
    KVCache,
    ModelConfig,
    Transformer,
    attention,
    memory_account,
    padding,
    parts,
    preset,
)
from seqmodel.memory_attention import FEW, SHORT
from seqmodel.memory_extent import LARGE, MANY, ROW_MULTIPLE
from seqmodel.memory_formulas import document_formulas
from seqmodel.memory_operators import FEW_INPUTS, MANY_OUTPUTS

BYTES = IntegerVocabulary()
NEXTINT = preset("nextint"), IntegerVocabulary(end=False)


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

    precision = torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast)
    with saved_tensors_hooks(pack, lambda tensor: tensor), precision:
        logits = model(tokens)
    found = sum(storage.nbytes() for address, storage in held.items() if address not in lasting)
    del logits
    return found


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


@given(architectures(), st.integers(1, 5))
def test_weights_tables_and_cache_are_what_torch_holds(drawn, slots):
    config, vocabulary = drawn
    model = Transformer(config, vocabulary)
    account = memory_account(config, vocabulary, batch=1)
    assert account.weights == sum(weight.nbytes for weight in model.parameters())
    assert account.tables == sum(table.nbytes for table in model.buffers())
    if config.attention == "causal":
        cache = KVCache(config, slots)
        inference = memory_account(config, vocabulary, batch=1, slots=slots, training=False)
        assert inference.cache == cache._store_LND.nbytes


OPTIMISERS = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "sgd-momentum": lambda parameters, **options: torch.optim.SGD(parameters, momentum=0.9, **options),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_moments_are_what_the_optimiser_holds(name):
    config = ModelConfig(layers=1, d_model=16)
    model = Transformer(config, BYTES)
    optimiser = OPTIMISERS[name](model.parameters(), lr=0.1, fused=True)
    cross_entropy(model(torch.zeros(1, 4, dtype=torch.int64))[0], torch.zeros(4, dtype=torch.int64)).backward()
    optimiser.step()
    held = [tensor for state in optimiser.state.values() for tensor in state.values() if tensor is not None]
    account = memory_account(config, BYTES, batch=1, optimiser=name)
    assert account.moments == sum(tensor.nbytes for tensor in held)


@given(architectures(), st.integers(1, 9), st.booleans())
def test_the_parts_add_up_to_the_total(drawn, batch, training):
    account = memory_account(*drawn, batch=batch, training=training)
    parts = ["weights", "tables", "gradients", "moments", "cache", "rows", "activations", "logits", "temporaries"]
    sizes = {part: getattr(account, part) for part in parts}
    assert sum(sizes.values()) == account.total
    assert min(sizes.values()) >= 0
    if not training:
        assert sizes["gradients"] == sizes["moments"] == sizes["activations"] == 0


def test_one_row_of_a_small_model_can_be_counted_by_hand():
    config = ModelConfig(
        context=4, d_model=6, layers=1, heads=1, d_ff=5, norm="none", activation="relu", value_periods=()
    )
    account = memory_account(config, IntegerVocabulary(high=9, end=False), batch=1)
    width, tokens, classes, byte = 6, 4, 10, 4
    assert account.saved == {
        "queries, keys, values": byte * tokens * width,
        # Queries and keys are views that keep the whole projection.
        "scores": byte * tokens * 3 * width,
        "attention pattern": byte * tokens * tokens,
        "attention output": byte * tokens * width,
        "feed-forward hidden": byte * tokens * width,
        "activation": byte * tokens * 5,
        "logits": byte * tokens * width,
    }
    assert account.logits == byte * 2 * tokens * classes
    assert account.rows == 2 * 8 * tokens


@given(architectures(), st.integers(1, 30), st.booleans(), st.sampled_from(["float32", "bfloat16"]))
def test_a_larger_batch_never_takes_less(drawn, batch, training, precision):
    slots = 0 if training or drawn[0].attention == "full" else None
    options = {"training": training, "precision": precision, "slots": slots}
    totals = [memory_account(*drawn, batch=count, **options).total for count in (batch, batch + 1)]
    assert totals[0] < totals[1]


def test_gradients_add_to_the_peak_only_where_they_outweigh_what_was_saved():
    config = ModelConfig(value_periods=(), d_model=64)
    small, large = (memory_account(config, BYTES, batch=batch) for batch in (1, 512))
    assert small.activations < small.weights
    assert 0.5 * small.weights < small.gradients <= small.weights
    assert large.gradients < 0.2 * large.weights


def test_bfloat16_saves_activations_and_adds_no_weights():
    single, half = (memory_account(ModelConfig(), BYTES, batch=512, precision=p) for p in ("float32", "bfloat16"))
    assert half.weights == single.weights
    assert half.activations < 0.7 * single.activations


def test_what_is_known_here_without_torch_is_what_torch_s_modules_say():
    assert (attention.FEW, attention.SHORT) == (FEW, SHORT)
    assert (parts.FEW_INPUTS, parts.MANY_OUTPUTS) == (FEW_INPUTS, MANY_OUTPUTS)
    assert padding.ROW_MULTIPLE == ROW_MULTIPLE
    assert (parts.MANY, parts.LARGE) == (MANY, LARGE)


def test_the_document_s_formulas_are_to_the_letter():
    found = document_formulas(*NEXTINT, batch=32, length=8)
    assert found.embedding == 256 * 2 * 4
    assert found.layer == 2 * (2 * 2 * 8 * 4) + 32 * 8 * 4
    assert found.layers == 2 * found.layer
    assert found.batch == 32 * 8 * 2 * 4
    forward = found.layers + found.batch
    assert found.activations == (2 * forward, 3 * forward)
    assert found.totals == (found.embedding + 3 * forward, found.embedding + 4 * forward)
    assert memory_account(*NEXTINT, batch=32).document == found


def test_a_step_takes_at_least_what_the_bandwidth_allows():
    training = memory_account(ModelConfig(), BYTES, batch=32)
    moved = 6 * training.weights + training.rows
    moved += 2 * (training.moments + training.activations + training.logits)
    assert training.step_seconds() == moved / 224e9
    assert training.step_seconds(1e9) == moved / 1e9
    inference = memory_account(ModelConfig(), BYTES, batch=32, slots=None, training=False)
    assert inference.traffic == inference.weights + inference.cache + inference.rows + inference.logits


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 0}, "batch must be at least 1 and below 2147483648, got 0"),
        ({"batch": 2**31}, "batch must be at least 1 and below 2147483648, got 2147483648"),
        ({"slots": 10**400, "training": False}, "slots must be at least 0 and below 2147483648, got 1000"),
        ({"length": 9}, "length must be 1..8, which the model's window holds, got 9"),
        ({"length": 0}, "length must be 1..8"),
        ({"slots": -1}, "slots must be at least 0 and below 2147483648, got -1"),
        ({"precision": "float16"}, "precision must be one of float32, bfloat16, got 'float16'"),
        ({"optimiser": "lion"}, "optimiser must be one of adamw, adam, sgd, sgd-momentum, got 'lion'"),
        ({"batch": 3, "slots": 2, "training": False}, "3 rows need as many slots, got 2"),
        ({"exact": True}, "exact concerns inference"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
def test_what_is_impossible_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        memory_account(ModelConfig(), BYTES, **{"batch": 4} | options)


def test_nothing_is_cached_where_the_future_is_seen():
    with pytest.raises(ValueError, match="attention 'full' leaves nothing to cache: give slots=0, not 2"):
        memory_account(ModelConfig(attention="full"), BYTES, batch=2, slots=2, training=False)


def test_only_a_model_that_slides_reads_past_its_window():
    config = ModelConfig(positions="rotary")
    assert memory_account(config, BYTES, batch=1, length=9).total > memory_account(config, BYTES, batch=1).total
    with pytest.raises(ValueError, match=r"length must be 1\.\.8"):
        memory_account(config, BYTES, batch=1, length=9, slots=1, training=False)
    with pytest.raises(ValueError, match="length must be below 2147483648, got 2147483648"):
        memory_account(config, BYTES, batch=1, length=2**31)


def test_the_largest_of_all_batches_is_accounted_for():
    account = memory_account(ModelConfig(), BYTES, batch=2**31 - 1)
    assert account.total > 2**31 * memory_account(ModelConfig(), BYTES, batch=1).rows
    assert 0 < account.step_seconds() < float("inf")
