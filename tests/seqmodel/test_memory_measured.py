"""The account beside what torch's allocator reports."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import architectures

from seqmodel import memory_account
from seqmodel.memory_examples import EXAMPLES
from seqmodel.memory_measure import measured_peak

SMALL = 4096
"""Bytes of tensors of a few numbers."""


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_ten_peaks_are_as_accounted_for(example, training):
    account = example.account(training=training)
    measured = measured_peak(example.config, example.vocabulary, account)
    # What the issue asks for is 15 %. Products in bfloat16 take what oneDNN chooses on this machine.
    allowed = 0.15 if example.precision == "bfloat16" else 0.01
    assert measured == pytest.approx(account.total, rel=allowed)


@settings(max_examples=30)
@given(architectures(), st.integers(1, 9), st.data())
def test_the_peak_of_any_model_is_as_accounted_for(drawn, batch, data):
    config, vocabulary = drawn
    length = data.draw(st.integers(1, config.context * (3 if config.slides else 1)))
    training = memory_account(config, vocabulary, batch=batch, length=length)
    assert measured_peak(config, vocabulary, training) == pytest.approx(training.total, rel=0.01, abs=SMALL)
    inference = memory_account(
        config,
        vocabulary,
        batch=batch,
        length=min(length, config.context),
        slots=None if config.attention == "causal" else 0,
        training=False,
        exact=data.draw(st.booleans()),
    )
    assert measured_peak(config, vocabulary, inference) == pytest.approx(inference.total, rel=0.01, abs=SMALL)
