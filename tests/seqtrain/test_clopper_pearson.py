"""Clopper and Pearson's interval: its ends are where exact binomial tails have 2.5 %."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain.clopper_pearson import clopper_pearson


def at_most(failures: int, questions: int, rate: float) -> float:
    """The exact probability of so many failures or fewer, by integers."""
    p = Fraction(rate)
    return float(sum(math.comb(questions, k) * p**k * (1 - p) ** (questions - k) for k in range(failures + 1)))


@given(st.integers(1, 60), st.data(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_ends_have_the_exact_tails(questions: int, data: st.DataObject, confidence: float) -> None:
    failures = data.draw(st.integers(0, questions))
    low, high = clopper_pearson(failures, questions, confidence)
    tail = (1 - confidence) / 2
    assert low <= failures / questions <= high
    if failures:
        assert 1 - at_most(failures - 1, questions, low) == pytest.approx(tail, rel=1e-9)
    else:
        assert low == 0
    if failures < questions:
        assert at_most(failures, questions, high) == pytest.approx(tail, rel=1e-9)
    else:
        assert high == 1


@given(st.integers(1, 10**7))
def test_no_failure_and_nothing_else_have_closed_forms(questions: int) -> None:
    none, all_of_them = clopper_pearson(0, questions), clopper_pearson(questions, questions)
    assert none == (0.0, pytest.approx(-math.expm1(math.log(0.025) / questions), rel=1e-7))
    assert all_of_them == (pytest.approx(0.025 ** (1 / questions)), 1.0)


@given(st.integers(1, 10**6), st.data())
def test_failures_and_successes_mirror_each_other(questions: int, data: st.DataObject) -> None:
    failures = data.draw(st.integers(0, min(questions, 2000)))
    low, high = clopper_pearson(failures, questions)
    mirrored_low, mirrored_high = clopper_pearson(questions - failures, questions)
    assert (1 - mirrored_high, 1 - mirrored_low) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


def test_known_intervals() -> None:
    """The interval of 0 of a million is the design's; the others are tables' (Clopper and Pearson's own has n = 10)."""
    assert clopper_pearson(0, 1_000_000)[1] == pytest.approx(3.689e-6, rel=1e-3)
    assert clopper_pearson(1, 10) == pytest.approx((0.0025, 0.4450), abs=5e-5)
    assert clopper_pearson(5, 10) == pytest.approx((0.1871, 0.8129), abs=5e-5)
    # The interval of a Poisson mean of 13, which a rate of 13 in a million comes very close to: 6.922 to 22.230.
    assert clopper_pearson(13, 1_000_000) == pytest.approx((6.922e-6, 22.230e-6), rel=1e-4)


@given(st.integers(0, 500), st.integers(500, 10**6))
def test_more_failures_lie_higher_and_more_questions_tell_more(failures: int, questions: int) -> None:
    low, high = clopper_pearson(failures, questions)
    if failures < questions:
        more = clopper_pearson(failures + 1, questions)
        assert low < more[0]
        assert high < more[1] or more[1] == 1
    wider = clopper_pearson(failures, questions, 0.99)
    assert wider[0] <= low
    assert high <= wider[1]
    assert clopper_pearson(2 * failures, 2 * questions)[1] < high or high == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "questions is 0; it must be 1 or more"),
        ((-1, 5), "failures is -1; it must be 0 to 5"),
        ((6, 5), "failures is 6; it must be 0 to 5"),
        ((1, 5, 1.0), "confidence is 1.0; it must be between 0 and 1"),
        ((1, 5, float("nan")), "confidence is nan"),
    ],
)
def test_what_is_no_count_is_refused(arguments: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clopper_pearson(*arguments)
