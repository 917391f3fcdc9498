import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen import Stream, phase
from seqmodel import IntegerVocabulary
from seqtrain import IGNORE, Mixture, recipe_from_dict, teach

EASY, BOTH = {"phase1": 1}, {"phase1": 1, "phase2": 3}
STAGES = [{"shares": EASY}, {"start": 20, "transition": 10, "shares": BOTH}]


def mixture(purpose="train", **data):
    recipe = recipe_from_dict({"data": {"batch": 16} | data, "curriculum": {"stages": STAGES}})
    return Mixture.of(recipe, purpose=purpose)


MIXTURE = mixture()


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("inputs", "targets", "phases"))


@given(first=st.integers(0, 60), count=st.integers(1, 8), data=st.data())
def test_a_steps_rows_do_not_depend_on_the_call_they_come_from(first, count, data):
    step = data.draw(st.integers(0, count - 1))
    many, one = MIXTURE.batches(first, count), MIXTURE.batches(first + step, 1)
    np.testing.assert_array_equal(many.inputs[step], one.inputs[0])
    np.testing.assert_array_equal(many.targets[step], one.targets[0])
    np.testing.assert_array_equal(many.phases[step], one.phases[0])


def test_phases_come_in_the_shares_of_their_step():
    shares = [(MIXTURE.batches(first, 200).phases == 1).mean() for first in (0, 100)]
    assert (MIXTURE.batches(0, 21).phases == 0).all()
    assert shares[1] == pytest.approx(0.75, abs=0.03)


def test_rows_are_those_of_the_phases_own_stream():
    batches = MIXTURE.batches(0, 3)
    rows = Stream(phase(1), purpose="train", seed=0)[0 : 3 * 16]
    np.testing.assert_array_equal(batches.inputs.reshape(48, 8), rows.values[:, :-1])


@pytest.mark.parametrize("other", [mixture("validation"), mixture(batch=8)])
def test_purposes_share_no_rows_and_batch_sizes_share_one_stream(other):
    a, b = MIXTURE.batches(0, 2), other.batches(0, 2)
    assert not same(a, b)
    if other.rows == 8:
        np.testing.assert_array_equal(b.inputs.reshape(16, 8), a.inputs[0])


@given(
    rows=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), min_size=1, max_size=4),
    end=st.booleans(),
)
def test_targets_are_the_next_terms_then_end_then_nothing(rows, end):
    vocabulary = IntegerVocabulary(low=0, high=9, end=end)
    values = np.array([row + [0] * (5 - len(row)) for row in rows])
    lengths = np.array([len(row) for row in rows])
    inputs, targets = teach(values, lengths, vocabulary)
    np.testing.assert_array_equal(inputs, values[:, :-1])
    for row, taught in zip(rows, targets.tolist(), strict=True):
        after = [] if len(row) == 5 else [10 if end else IGNORE]
        assert taught == (row[1:] + after + [IGNORE] * 4)[:4]


def test_an_unknown_universe_is_refused_by_name():
    recipe = recipe_from_dict({"curriculum": {"stages": [{"shares": {"phase9": 1}}]}})
    with pytest.raises(ValueError, match="phase9"):
        Mixture.of(recipe, purpose="train")
