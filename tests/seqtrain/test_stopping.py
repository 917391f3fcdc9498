import math

from hypothesis import given
from hypothesis import strategies as st

from seqtrain import StoppingState

losses = st.lists(st.floats(0, 10) | st.just(math.nan), min_size=1, max_size=40)
deltas = st.floats(0, 1)


def after(losses, *, min_delta=0.0, armed_from=0):
    state = StoppingState()
    for step, loss in enumerate(losses):
        state = state.observe(step=step, loss=loss, min_delta=min_delta, armed=step >= armed_from)
    return state


@given(losses, deltas, st.integers(0, 40))
def test_the_best_is_the_first_strict_minimum_whatever_the_delta(losses, min_delta, armed_from):
    state = after(losses, min_delta=min_delta, armed_from=armed_from)
    numbers = [loss for loss in losses if not math.isnan(loss)]
    if numbers:
        assert state.best_loss == min(numbers)
        assert state.best_step == losses.index(min(numbers))


@given(losses, deltas, st.integers(0, 40))
def test_waiting_never_exceeds_the_armed_validations(losses, min_delta, armed_from):
    state = after(losses, min_delta=min_delta, armed_from=armed_from)
    assert state.waited <= max(0, len(losses) - armed_from)


@given(st.integers(2, 50))
def test_improvements_below_the_delta_are_best_but_do_not_end_the_waiting(count):
    losses = [1 - 0.001 * step / count for step in range(count)]
    state = after(losses, min_delta=0.01)
    assert (state.best_step, state.reference, state.waited) == (count - 1, 1.0, count - 1)


def test_small_improvements_add_up_to_progress():
    """The reference stands still meanwhile, so that a slow fall is progress once it is deep enough."""
    state = after([1.0, 0.995, 0.989], min_delta=0.01)
    assert (state.reference, state.waited) == (0.989, 0)


def test_patience_is_not_used_up_before_it_is_armed():
    assert after([1.0, 2.0, 2.0, 2.0], armed_from=3).waited == 1


def test_a_loss_that_is_not_a_number_is_neither_best_nor_progress():
    state = after([1.0, math.nan])
    assert (state.best_step, state.reference, state.waited) == (0, 1.0, 1)
