"""Intervals count rows: whatever a row's targets share, it is one observation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain.ratio import TWO_SIDED_95, GroupRuns, Ratio, RatioSums

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.tuples(st.booleans(), st.floats(-9, 9)), min_size=3, max_size=3)),
    min_size=1,
    max_size=30,
)


def sums_of(group, amounts, weights, groups=4, parts=1):
    """Add rows sorted by group, in so many parts."""
    order = np.argsort(group, kind="stable")
    sums = RatioSums(groups, amounts.shape[1])
    for part in np.array_split(order, parts):
        if len(part):
            sums.add(amounts[part], weights[part], GroupRuns.of(group[part]))
    return sums


def everything(groups=4):
    return np.ones(groups, bool)


@given(rows=ROWS, parts=st.integers(1, 3))
def test_a_ratio_and_its_error_are_those_of_the_formula_however_rows_come(rows, parts):
    group = np.array([g for g, _ in rows])
    weights = np.array([[float(asked) for asked, _ in row] for _, row in rows])
    amounts = np.array([[value * asked for asked, value in row] for _, row in rows])
    sums = sums_of(group, amounts, weights, parts=parts)
    for chosen in (everything(), np.array([True, False, False, True])):
        for depth in range(4):
            among = chosen[group]
            x = amounts[among].sum(1) if not depth else amounts[among, depth - 1]
            n = weights[among].sum(1) if not depth else weights[among, depth - 1]
            found = sums.ratio(chosen, depth)
            assert found.weight == n.sum()
            if not n.sum():
                assert math.isnan(found.value)
                continue
            value = x.sum() / n.sum()
            error = TWO_SIDED_95 * math.sqrt(((x - value * n) ** 2).sum()) / n.sum()
            assert found.value == pytest.approx(value, abs=1e-12)
            assert found.error == pytest.approx(error, abs=1e-5)


def test_the_error_of_a_mean_counts_rows_not_terms():
    """Rows of one term: the textbook's interval. Each term ten times over in its row: no wiser than before."""
    values = np.random.default_rng(1).normal(size=(50, 1))
    one, ten = (
        sums_of(np.zeros(50, int), each, np.ones_like(each)).ratio(everything(), 0)
        for each in (values, values.repeat(10, 1))
    )
    assert one.error == pytest.approx(TWO_SIDED_95 * values.std() / math.sqrt(50), rel=1e-12)
    assert (ten.value, ten.error) == (pytest.approx(one.value), pytest.approx(one.error))
    assert (one.clusters, ten.clusters) == (50, 50)


def share(right, targets=1):
    """Rows of some targets that are all right, or all wrong."""
    amounts = np.array(right, float)[:, None].repeat(targets, 1)
    return sums_of(np.zeros(len(right), int), amounts, np.ones_like(amounts)).ratio(everything(), 0)


@pytest.mark.parametrize(("right", "low", "high"), [(81, 0.7222, 0.8749), (0, 0.0, 0.0370), (100, 0.9630, 1.0)])
def test_a_shares_interval_is_wilsons(right, low, high):
    """Known answers: Brown, Cai and DasGupta, Interval estimation for a binomial proportion, 2001, formula (4)."""
    for targets in (1, 7):
        found = share([1] * right + [0] * (100 - right), targets).interval()
        assert found == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(right=st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_an_interval_lies_within_0_and_1_and_holds_the_share(right):
    amounts = (np.arange(4) < np.array(right)[:, None]).astype(float)
    found = sums_of(np.zeros(len(right), int), amounts, np.ones_like(amounts)).ratio(everything(), 0)
    low, high = found.interval()
    assert 0 <= low <= found.value <= high <= 1
    assert low < high


def test_the_interval_holds_the_truth_nineteen_times_in_twenty():
    generator, truth, held, trials = np.random.default_rng(3), 0.9, 0, 400
    for _ in range(trials):
        easy = generator.random((60, 1)) < 0.8  # a row's targets are right together
        right = (generator.random((60, 5)) < np.where(easy, 0.97, 0.62)).astype(float)
        low, high = sums_of(np.zeros(60, int), right, np.ones_like(right)).ratio(everything(), 0).interval()
        held += low <= truth <= high
    assert 0.92 < held / trials < 0.98


def test_no_targets_have_no_ratio_and_no_interval():
    found = Ratio(weight=0.0, value=math.nan, error=math.nan, clusters=0.0).interval()
    assert all(math.isnan(end) for end in found)


def test_what_is_no_number_stays_none():
    found = sums_of(np.array([0, 1]), np.array([[math.nan], [1.0]]), np.ones((2, 1)))
    assert math.isnan(found.ratio(everything(), 0).error)
    assert found.ratio(np.array([False, True, False, False]), 0).value == 1
