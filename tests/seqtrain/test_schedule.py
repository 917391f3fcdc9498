import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqtrain import learning_rate
from seqtrain.recipe import ScheduleRecipe

kinds = st.sampled_from(["cosine", "constant", "step", "exponential"])
peaks = st.floats(1e-5, 1.0)


@given(kind=kinds, peak=peaks, warmup=st.integers(0, 50), steps=st.integers(1, 300))
def test_the_rate_rises_to_the_peak_and_never_rises_again(kind, peak, warmup, steps):
    schedule = ScheduleRecipe(kind=kind, warmup=warmup, floor=0.0, every=7)
    rates = [learning_rate(t, schedule=schedule, peak=peak, steps=steps) for t in range(max(steps, warmup) + 2)]
    assert rates[:warmup] == pytest.approx([peak * (t + 1) / warmup for t in range(warmup)])
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)
    assert 0 <= min(rates) <= max(rates) <= peak * (1 + 1e-12)


@given(warmup=st.integers(1, 20), rest=st.integers(1, 60), share=st.floats(0.001, 0.9))
def test_the_warmup_may_begin_at_a_share_as_torch_s_own_does(warmup, rest, share):
    """Torch's `LinearLR`, then `CosineAnnealingLR`: how the published QuantaMaths models were trained."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=share, total_iters=warmup)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=rest)
    both = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[warmup])
    schedule = ScheduleRecipe(warmup=warmup, warmup_from=share, floor=0.0)
    for step in range(warmup + rest):
        rate = learning_rate(step, schedule=schedule, peak=2.0, steps=warmup + rest)
        assert rate == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-9, abs=1e-12)
        optimiser.step()
        both.step()


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


@given(warmup=st.integers(0, 20), every=st.integers(1, 50), factor=st.floats(0.1, 1), falls=st.integers(0, 9))
def test_step_falls_at_once_and_stays_until_the_next_fall(warmup, every, factor, falls):
    schedule = ScheduleRecipe(kind="step", warmup=warmup, every=every, factor=factor, floor=0.0)
    first = warmup + falls * every
    for step in (first, first + every - 1):
        rate = learning_rate(step, schedule=schedule, peak=2.0, steps=10)
        assert rate == pytest.approx(2.0 * math.prod([factor] * falls))


@given(warmup=st.integers(0, 20), every=st.integers(1, 50), factor=st.floats(0.1, 1), after=st.integers(0, 300))
def test_exponential_falls_by_one_ratio_in_each_step_and_by_the_factor_in_every_so_many(warmup, every, factor, after):
    schedule = ScheduleRecipe(kind="exponential", warmup=warmup, every=every, factor=factor, floor=0.0)
    rates = [learning_rate(warmup + after + t, schedule=schedule, peak=2.0, steps=10) for t in (0, 1, every, every + 1)]
    assert rates[2] == pytest.approx(factor * rates[0])
    assert rates[1] / rates[0] == pytest.approx(factor ** (1 / every))
    assert rates[3] / rates[2] == pytest.approx(rates[1] / rates[0])


@pytest.mark.parametrize("kind", ["step", "exponential"])
def test_nothing_falls_below_the_floor(kind):
    schedule = ScheduleRecipe(kind=kind, warmup=0, every=1, floor=0.25)
    rates = [learning_rate(t, schedule=schedule, peak=1.0, steps=10) for t in range(5)]
    assert rates == [1.0, 0.5, 0.25, 0.25, 0.25]


@pytest.mark.parametrize("factor", [0, 1.01, math.nan])
def test_a_factor_that_is_no_fall_is_refused(factor):
    with pytest.raises(ValueError, match=r"schedule.factor is .*; it must be above 0 and at most 1"):
        ScheduleRecipe(factor=factor)
