"""Sequences join, go on and leave in any order; each gets the answer that it gets alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models
from running_traffic import assert_answered_as_if_alone, play, traffic

from seqserve.slotted_engine import numbered
from seqserve.torch_engine import TorchEngine


@settings(max_examples=40)
@given(st.data())
def test_whoever_joins_is_answered_as_if_alone(data):
    model = data.draw(models(exact=True))
    engine = TorchEngine(model)
    assert_answered_as_if_alone(engine, play(engine.open(4), *data.draw(traffic(model))))


@settings(max_examples=30)
@given(st.data())
def test_the_top_outcomes_are_the_distribution_best_first(data):
    model = data.draw(models(exact=True, head="classes"))
    count = data.draw(st.integers(1, model.vocabulary.outputs + 2))
    vocabulary = numbered(model.vocabulary)
    terms = st.integers(vocabulary.low, vocabulary.high)
    sequence = data.draw(st.lists(terms, min_size=1, max_size=model.config.context))
    batch = TorchEngine(model).open(1)
    (prediction,) = batch.step([batch.join(sequence)], top=count)
    tokens = torch.from_numpy(vocabulary.encode(sequence))[None]
    with torch.inference_mode():
        shares = model(tokens, lengths=torch.tensor([len(sequence)]))[0, -1].softmax(dim=-1)
    expected = shares.sort(descending=True, stable=True).values[:count].tolist()
    assert [share for _, share in prediction.top] == pytest.approx(expected, rel=1e-4)
    assert prediction.top[0] == (prediction.term, prediction.probability)
    for term, share in prediction.top:
        outcome = vocabulary.end_token if term is None else term - vocabulary.low
        assert share == pytest.approx(float(shares[outcome]), rel=1e-4)


class Ending:
    """Slots whose sequences end when they have four tokens."""

    def __init__(self, vocabulary):
        self.tokens, self._vocabulary = {}, vocabulary

    def take(self, slot, tokens):
        self.tokens[slot] = list(tokens)

    def append(self, slot, token):
        self.tokens[slot].append(token)

    def clear(self, slot):
        del self.tokens[slot]

    def read(self, slots):
        import numpy as np

        from seqserve.slots import Outlook

        best = [self._vocabulary.end_token if len(self.tokens[slot]) == 4 else 1 for slot in slots]
        return Outlook(np.zeros((len(slots), 3), np.float32), np.array(best), np.ones(len(slots), np.float32))


@pytest.fixture
def batch():
    from seqmodel import IntegerVocabulary
    from seqserve.running import Running

    vocabulary = IntegerVocabulary(low=5, high=6)
    return Running(Ending(vocabulary), 2, vocabulary)


def test_a_sequence_that_has_ended_can_only_leave(batch):
    first, second = batch.join([5, 5]), batch.join([5, 5, 6, 6])
    assert [prediction.term for prediction in batch.step([second, first])] == [None, 6]
    with pytest.raises(ValueError, match=f"slot {second}: its sequence has ended; it can only leave"):
        batch.step([first, second])
    batch.leave(second)
    assert batch.join([6]) == second
    assert [prediction.term for prediction in batch.step([first, second])] == [6, 6]


def test_slots_that_are_not_taken_are_refused(batch):
    with pytest.raises(ValueError, match="slot 0 is not taken"):
        batch.step([0])
    with pytest.raises(ValueError, match="slot 1 is not taken"):
        batch.leave(1)
    slot = batch.join([5])
    with pytest.raises(ValueError, match=r"slots: expected different ones, got \[0, 0\]"):
        batch.step([slot, slot])
    batch.join([5])
    with pytest.raises(ValueError, match="all 2 slots are taken: a sequence must leave first"):
        batch.join([5])
    assert batch.step([]) == []


def test_a_batch_has_at_least_one_slot():
    from seqmodel import IntegerVocabulary
    from seqserve.running import Running

    with pytest.raises(ValueError, match="slots: expected at least 1, got 0"):
        Running(Ending(None), 0, IntegerVocabulary())
