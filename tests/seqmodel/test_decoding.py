"""Decoding, seen through a stand-in whose every prediction is known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import Decoded, IntegerVocabulary, ModelConfig, SequenceModel, Transformer, decode


class Counter:
    """Predict `step` more than the newest token; END after the largest."""

    training = False
    device = torch.device("cpu")

    def __init__(self, context, step=1, **options):
        self.config = ModelConfig(context=context, **options)
        self.vocabulary = IntegerVocabulary(low=0, high=9, end=self.config.head == "classes")
        self.step = step
        self.read = []

    def new_cache(self, slots):
        return Slots()

    def __call__(self, tokens_BT, *, cache=None, slots=None, lengths=None, last=False):
        self.read.append(tuple(tokens_BT.shape))
        if last:
            lengths = torch.full((len(tokens_BT),), tokens_BT.shape[1]) if lengths is None else lengths
            tokens_BT = tokens_BT.gather(1, (lengths - 1).clamp(min=0)[:, None])
        if self.config.head == "regression":
            return (tokens_BT[..., None] + self.step + 0.4) / 9
        return torch.nn.functional.one_hot((tokens_BT + self.step).clamp(max=10), self.vocabulary.outputs) * 50.0


class Slots:
    """A cache that forgets everything, which a model of the newest token may."""

    def allocate(self, count):
        return list(range(count))

    def free(self, slots):
        pass

    def clear(self, slots):
        pass


digits = st.lists(st.integers(0, 9), min_size=1, max_size=12)


strategies = st.sampled_from(["cached", "naive", "parallel"])
kinds = st.sampled_from(["learned", "rotary"])


@given(st.lists(digits, max_size=5), st.integers(0, 12), st.integers(1, 5), strategies, kinds)
def test_a_model_that_counts_is_decoded_by_counting(prompts, steps, context, strategy, positions):
    model: SequenceModel = Counter(context, positions=positions)
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


def test_with_rotary_positions_the_cached_strategy_reads_each_token_once_for_ever():
    model = Counter(context=4, positions="rotary")
    decode(model, [[0, 1, 2, 3, 0, 1]], 5)
    assert model.read == [(1, 4), (1, 2), (1, 1), (1, 1), (1, 1), (1, 1)]


def test_with_rotary_positions_the_naive_strategy_reads_the_whole_sequence():
    model = Counter(context=4, positions="rotary")
    decode(model, [[0, 1]], 5, strategy="naive")
    assert model.read == [(1, 2), (1, 3), (1, 4), (1, 5), (1, 6)]


def test_the_parallel_strategy_reads_once_what_it_guessed_right():
    """It guesses that the newest token repeats."""
    model = Counter(context=16, step=0)
    (decoded,) = decode(model, [[3]], 10, strategy="parallel")
    assert decoded.tokens == (3,) * 10
    assert model.read == [(1, 10)]


def test_the_parallel_strategy_settles_one_prediction_a_reading_where_every_guess_is_wrong():
    model = Counter(context=16)
    (decoded,) = decode(model, [[0]], 4, strategy="parallel")
    assert decoded.tokens == (1, 2, 3, 4)
    assert model.read == [(1, 4)] * 4


def test_past_the_window_the_parallel_strategy_reads_one_window_for_each_guess():
    model = Counter(context=3, step=0)
    decode(model, [[0, 5]], 5, strategy="parallel")
    # Two predictions in the first window, one from the window behind; then the last two.
    assert model.read == [(1, 3), (1, 3), (2, 3)]


@given(st.lists(digits, max_size=5), st.integers(0, 6), strategies)
def test_regression_takes_the_nearest_integer_of_the_vocabulary(prompts, steps, strategy):
    found = decode(Counter(context=4, head="regression"), prompts, steps, strategy=strategy)
    for prompt, decoded in zip(prompts, found, strict=True):
        tokens = tuple(min(prompt[-1] + step, 9) for step in range(1, steps + 1))
        assert decoded == Decoded(tokens=tokens, probabilities=(), ended=False)


@given(st.lists(digits, max_size=5), st.integers(0, 12), strategies)
def test_probabilities_can_be_left_out(prompts, steps, strategy):
    with_them = decode(Counter(context=4), prompts, steps, strategy=strategy)
    without = decode(Counter(context=4), prompts, steps, strategy=strategy, probabilities=False)
    assert without == [decoded._replace(probabilities=()) for decoded in with_them]


def test_attention_full_is_decoded_without_a_cache():
    model = Counter(context=4, attention="full")
    assert decode(model, [[0]], 2) == decode(model, [[0]], 2, strategy="naive")
    assert decode(model, [[0]], 2)[0].tokens == (1, 2)
    with pytest.raises(ValueError, match=r"attention 'full' .* decode with strategy 'naive'"):
        decode(model, [[0]], 2, strategy="cached")


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
        ([[1]], {"strategy": "beam"}, "strategy must be one of cached, naive, parallel, got 'beam'"),
    ],
)
def test_bad_requests_are_refused_with_the_reason(prompts, options, message):
    with pytest.raises(ValueError, match=message):
        decode(Counter(context=4), prompts, **({"steps": 1} | options))


@pytest.mark.parametrize(
    ("prompts", "options", "message"),
    [
        ([[1], [2, 1.5]], {}, r"prompt 1: a token must be an integer in 0\.\.9, got 1\.5"),
        ([[1.0]], {}, r"prompt 0: a token must be an integer in 0\.\.9, got 1\.0"),
        ([[True]], {}, r"prompt 0: a token must be an integer in 0\.\.9, got True"),
        (["12"], {}, r"prompt 0: a token must be an integer in 0\.\.9, got '1'"),
        ([1, 2], {}, "prompt 0 must be a sequence of tokens, got 1"),
        ([[1]], {"steps": 2.0}, r"steps must be an integer, at least 0, got 2\.0"),
        ([[1]], {"steps": True}, "steps must be an integer, at least 0, got True"),
    ],
)
@pytest.mark.parametrize("strategy", ["cached", "naive", "parallel"])
def test_what_is_no_integer_is_refused(prompts, options, message, strategy):
    with pytest.raises(TypeError, match=message):
        decode(Counter(context=4), prompts, **({"steps": 1} | options), strategy=strategy)


def test_a_token_beyond_all_integers_of_a_machine_is_outside_too():
    with pytest.raises(ValueError, match=r"prompt 0: token 1000000000000000000000000000000 is outside 0\.\.9"):
        decode(Counter(context=4), [[10**30]], 1)


@pytest.mark.parametrize("make", [np.array, torch.tensor, tuple], ids=["numpy", "torch", "tuple"])
def test_integers_of_any_kind_are_tokens(make):
    assert decode(Counter(context=4), [make([1, 2])], np.int64(2)) == decode(Counter(context=4), [[1, 2]], 2)


def test_a_model_in_training_mode_is_refused():
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        decode(Transformer(ModelConfig(layers=1), IntegerVocabulary()), [[1]], 1)
