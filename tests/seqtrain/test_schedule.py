import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain import learning_rate
from seqtrain.recipe import ScheduleRecipe

kinds = st.sampled_from(["cosine", "constant"])
peaks = st.floats(1e-5, 1.0)


@given(kind=kinds, peak=peaks, warmup=st.integers(0, 50), steps=st.integers(1, 300))
def test_the_rate_rises_to_the_peak_and_never_rises_again(kind, peak, warmup, steps):
    schedule = ScheduleRecipe(kind=kind, warmup=warmup, floor=0.0)
    rates = [learning_rate(t, schedule=schedule, peak=peak, steps=steps) for t in range(max(steps, warmup) + 2)]
    assert rates[:warmup] == pytest.approx([peak * (t + 1) / warmup for t in range(warmup)])
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)
    assert 0 <= min(rates) <= max(rates) <= peak * (1 + 1e-12)


@given(peak=peaks, floor=st.floats(0, 1e-5), warmup=st.integers(0, 50), length=st.integers(1, 500))
def test_cosine_is_at_its_middle_halfway_and_at_its_floor_at_the_end(peak, floor, warmup, length):
    schedule = ScheduleRecipe(warmup=warmup, floor=floor)
    steps = warmup + 2 * length
    middle = learning_rate(warmup + length, schedule=schedule, peak=peak, steps=steps)
    assert middle == pytest.approx((peak + floor) / 2)
    for late in (steps, steps + 1, 10 * steps):
        assert learning_rate(late, schedule=schedule, peak=peak, steps=steps) == pytest.approx(floor)


def test_constant_stays_at_the_peak():
    schedule = ScheduleRecipe(kind="constant", warmup=2)
    assert [learning_rate(t, schedule=schedule, peak=3.0, steps=9) for t in range(4)] == [1.5, 3, 3, 3]
