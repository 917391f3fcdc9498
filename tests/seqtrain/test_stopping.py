import math

import pytest
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


FIGURES = [(2.0, 0.1), (1.0, 0.1), (1.5, 0.3), (1.2, 0.3), (1.2, 0.2)]
"""Losses and accuracies: the loss is best second, the accuracy third."""


def watching(monitor, figures=FIGURES, *, min_delta=0.0):
    states = [StoppingState()]
    for step, (loss, accuracy) in enumerate(figures):
        states.append(
            states[-1].observe(
                step=step, loss=loss, accuracy=accuracy, monitor=monitor, min_delta=min_delta, armed=True
            )
        )
    return states[1:]


@pytest.mark.parametrize(
    ("monitor", "best", "waited"),
    [
        ("loss", (1, 1.0, 0.1), [0, 0, 1, 2, 3]),
        ("accuracy", (2, 1.5, 0.3), [0, 1, 0, 1, 2]),
        ("combined", (1, 1.0, 0.1), [0, 0, 0, 1, 2]),
    ],
)
def test_what_is_watched_decides_what_is_best_and_what_is_progress(monitor, best, waited):
    states = watching(monitor)
    assert (states[-1].best_step, states[-1].best_loss, states[-1].best_accuracy) == best
    assert [state.waited for state in states] == waited


def test_the_delta_is_one_of_accuracy_where_that_is_watched():
    figures = [(1.0, 0.50), (1.0, 0.54), (1.0, 0.58), (1.0, 0.60)]
    states = watching("accuracy", figures, min_delta=0.05)
    assert [state.waited for state in states] == [0, 1, 0, 1]
    assert [state.best_step for state in states] == [0, 1, 2, 3]


@given(st.lists(st.tuples(st.floats(0, 10) | st.just(math.nan), st.floats(0, 1)), min_size=1, max_size=30), deltas)
def test_both_stand_still_where_their_combination_does(figures, min_delta):
    loss, accuracy, both = (
        watching(monitor, figures, min_delta=min_delta) for monitor in ("loss", "accuracy", "combined")
    )
    for alone, other, together in zip(loss, accuracy, both, strict=True):
        assert together.waited == min(alone.waited, other.waited)
        assert (together.best_step, together.best_loss) == (alone.best_step, alone.best_loss)


def test_an_accuracy_beside_a_loss_that_is_not_a_number_counts_for_nothing():
    state = watching("accuracy", [(1.0, 0.5), (math.nan, 0.9)])[-1]
    assert (state.best_step, state.reference_accuracy, state.waited) == (0, 0.5, 1)


@given(losses, deltas)
def test_standing_still_is_counted_before_patience_is_armed_too(losses, min_delta):
    assert after(losses, min_delta=min_delta, armed_from=10**6).stalled == after(losses, min_delta=min_delta).waited


@given(losses)
def test_the_last_validation_is_remembered(losses):
    state = after(losses)
    assert state.last_step == len(losses) - 1
    assert state.last_loss is losses[-1]
