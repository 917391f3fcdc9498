"""The predictor checks, cuts into batches and keeps order; any engine may stand behind it."""

import re
from itertools import count, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqserve import Continuation, Predictor


class Counting:
    """A stand-in engine: the next term is one more, until the range ends."""

    low, high = 0, 9

    def __init__(self):
        self.batches = []

    def decode(self, sequences, steps, strategy):
        self.batches.append([list(sequence) for sequence in sequences])
        return [self._continue(sequence[-1], steps) for sequence in sequences]

    def _continue(self, last, steps):
        terms = tuple(range(last + 1, min(last + steps, self.high) + 1))
        ended = len(terms) < steps
        return Continuation(terms=terms, probabilities=(1.0,) * (len(terms) + ended), ended=ended)


sequences = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), max_size=20)


@given(sequences, st.integers(1, 12), st.integers(1, 7))
def test_answers_stand_in_input_order_whatever_the_batch_size(sequences, steps, batch_size):
    engine = Counting()
    predictor = Predictor(engine, batch_size=batch_size)
    answers = predictor.predict(sequences, steps)
    assert answers == [predictor.predict([sequence], steps)[0] for sequence in sequences]
    assert list(predictor.predict_iter(iter(sequences), steps)) == answers
    assert all(1 <= len(batch) <= batch_size for batch in engine.batches)


def test_an_endless_iterable_is_answered_one_batch_at_a_time():
    taken = count()
    predictor = Predictor(Counting(), batch_size=4)
    answers = predictor.predict_iter([next(taken) % 10] for _ in count())
    assert [answer.terms for answer in islice(answers, 6)] == [(n,) for n in range(1, 7)]
    assert next(taken) == 8


def test_integers_of_every_kind_are_taken():
    predictor = Predictor(Counting())
    expected = predictor.predict([[1, 2]])
    assert predictor.predict(((1, 2),)) == expected
    assert predictor.predict(np.array([[1, 2]], dtype=np.uint8)) == expected
    assert predictor.predict([[np.int32(1), np.int64(2)]]) == expected


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        ([[1], []], ValueError, "sequences[1]: expected at least one term, got an empty sequence"),
        ([[1, 10]], ValueError, "sequences[0][1]: expected a term in 0..9, got 10"),
        ([[-1]], ValueError, "sequences[0][0]: expected a term in 0..9, got -1"),
        ([[10**5000]], ValueError, "expected a term in 0..9, got an integer of 16610 bits"),
        ([[1, 2.0]], TypeError, "sequences[0][1]: expected an integer, got 2.0"),
        ([[float("nan")]], TypeError, "sequences[0][0]: expected an integer, got nan"),
        (["12"], TypeError, "sequences[0][0]: expected an integer, got '1'"),
        ([[None]], TypeError, "sequences[0][0]: expected an integer, got None"),
        ([1, 2], TypeError, "a single sequence is given as [[2, 4, 6]]"),
    ],
)
def test_what_is_no_sequence_is_refused_by_place_and_value(sequences, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Predictor(Counting()).predict(sequences)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps: expected at least 1, got 0"),
        ({"steps": -3}, ValueError, "steps: expected at least 1, got -3"),
        ({"steps": 1.0}, TypeError, "steps: expected an integer, got 1.0"),
        ({"strategy": "quick"}, ValueError, "strategy: expected one of 'cached', 'naive', 'parallel'"),
    ],
)
def test_impossible_options_are_refused_at_once(options, error, message):
    predictor = Predictor(Counting())
    with pytest.raises(error, match=re.escape(message)):
        predictor.predict_iter(iter([]), **options)


def test_a_batch_holds_at_least_one_sequence():
    with pytest.raises(ValueError, match="batch_size: expected at least 1, got 0"):
        Predictor(Counting(), batch_size=0)


def test_probabilities_match_the_predictions():
    with pytest.raises(ValueError, match="1 given for 1 terms, ended=True; 2 are needed"):
        Continuation(terms=(1,), probabilities=(0.5,), ended=True)
