"""Decoding, seen through a stand-in whose every prediction is known."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import Decoded, IntegerVocabulary, ModelConfig, SequenceModel, Transformer, decode


class Counter:
    """Predict one more than the newest token; END after the largest."""

    training = False
    device = torch.device("cpu")

    def __init__(self, context):
        self.config = ModelConfig(context=context)
        self.vocabulary = IntegerVocabulary(low=0, high=9)
        self.read = []

    def new_cache(self, slots):
        return Slots()

    def __call__(self, tokens_BT, *, cache=None, slots=None, lengths=None):
        self.read.append(tuple(tokens_BT.shape))
        return torch.nn.functional.one_hot(tokens_BT + 1, self.vocabulary.outputs) * 50.0


class Slots:
    """A cache that forgets everything, which a model of the newest token may."""

    def allocate(self, count):
        return list(range(count))

    def free(self, slots):
        pass

    def clear(self, slots):
        pass


digits = st.lists(st.integers(0, 9), min_size=1, max_size=12)


@given(st.lists(digits, max_size=5), st.integers(0, 12), st.integers(1, 5), st.sampled_from(["cached", "naive"]))
def test_a_model_that_counts_is_decoded_by_counting(prompts, steps, context, strategy):
    model: SequenceModel = Counter(context)
    expected = []
    for prompt in prompts:
        tokens = tuple(range(prompt[-1] + 1, 10))[:steps]
        ended = len(tokens) < steps
        expected.append(Decoded(tokens=tokens, probabilities=(1.0,) * (len(tokens) + ended), ended=ended))
    assert decode(model, prompts, steps, strategy=strategy) == expected


def test_the_cached_strategy_reads_each_token_once_until_the_window_is_full():
    model = Counter(context=4)
    decode(model, [[0, 1]], 5)
    assert model.read == [(1, 2), (1, 1), (1, 1), (1, 4), (1, 4)]


def test_the_naive_strategy_reads_the_window_for_every_prediction():
    model = Counter(context=4)
    decode(model, [[0, 1]], 5, strategy="naive")
    assert model.read == [(1, 2), (1, 3), (1, 4), (1, 4), (1, 4)]


def test_rows_that_have_ended_cost_nothing():
    model = Counter(context=4)
    decode(model, [[9], [9], [6]], 9, strategy="naive")
    assert [rows for rows, _ in model.read] == [3, 1, 1, 1]


def test_without_end_a_model_goes_on():
    model = Transformer(ModelConfig(d_model=8, heads=2, layers=1), IntegerVocabulary(high=9, end=False)).eval()
    (decoded,) = decode(model, [[1]], 20)
    assert (len(decoded.tokens), len(decoded.probabilities), decoded.ended) == (20, 20, False)


@pytest.mark.parametrize(
    ("prompts", "options", "message"),
    [
        ([[1], []], {}, "prompt 1 is empty"),
        ([[1, 10]], {}, r"prompt 0: token 10 is outside 0\.\.9"),
        ([[-1]], {}, r"prompt 0: token -1 is outside 0\.\.9"),
        ([[1]], {"steps": -1}, "steps must be at least 0, got -1"),
        ([[1]], {"strategy": "beam"}, "strategy must be 'cached' or 'naive', got 'beam'"),
    ],
)
def test_bad_requests_are_refused_with_the_reason(prompts, options, message):
    with pytest.raises(ValueError, match=message):
        decode(Counter(context=4), prompts, **({"steps": 1} | options))


def test_a_model_in_training_mode_is_refused():
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        decode(Transformer(ModelConfig(layers=1), IntegerVocabulary()), [[1]], 1)
