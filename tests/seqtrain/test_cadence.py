"""When validations come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain import Mixture, StoppingState, recipe_from_dict, recipe_to_dict
from seqtrain.cadence import adaptive_interval, validation_due
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.recipe import ValidationRecipe
from seqtrain.threads import using_threads


class Validations:
    def __init__(self):
        self.steps = []

    def started(self, step): ...
    def logged(self, step, scalars): ...
    def close(self): ...

    def validated(self, step, evaluation):
        self.steps.append(step)


def changed(recipe, **sections):
    table = recipe_to_dict(recipe)
    return recipe_from_dict({name: {**values, **sections.get(name, {})} for name, values in table.items()})


def loop_of(recipe, callback):
    return TrainingLoop(recipe, Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation"), callback)


def steps_of(recipe):
    seen = Validations()
    with using_threads(1):
        loop_of(recipe, seen).train(save=lambda: None, interrupted=lambda: False)
    return seen.steps


@pytest.mark.parametrize(
    ("validation", "budget", "steps"),
    [
        ({"cadence": "steps", "every": 8}, {}, [0, 8, 16, 20]),
        ({"cadence": "epoch", "every": 1}, {"epoch": 6}, [0, 6, 12, 18, 20]),
        ({"cadence": "adaptive", "every": 2, "longest": 5}, {}, [0, 2, 6, 11, 16, 20]),
        ({"cadence": "adaptive", "every": 2, "longest": 100}, {}, [0, 2, 6, 14, 20]),
        ({"cadence": "adaptive", "every": 2, "longest": 100, "growth": 1}, {"steps": 5}, [0, 2, 4, 5]),
        ({"cadence": "adaptive", "every": 2, "longest": 100, "growth": 3}, {}, [0, 2, 8, 20]),
    ],
    ids=["steps", "epoch", "adaptive", "adaptive, longer", "adaptive without growth", "adaptive, faster"],
)
def test_a_run_in_which_nothing_improves_is_validated_at_these_steps(tiny, validation, budget, steps):
    nothing = {"min_delta": 100.0, "patience": 0}
    assert steps_of(changed(tiny, validation=validation, budget=budget, stopping=nothing)) == steps


def test_progress_brings_validations_back_to_the_shortest_interval(tiny):
    every = {"cadence": "adaptive", "every": 3, "longest": 100}
    slowly = {"learning_rate": 0.001}
    steps = steps_of(changed(tiny, validation=every | {"rows": 512}, stopping={"min_delta": 0.0}, optimiser=slowly))
    assert steps == [0, 3, 6, 9, 12, 15, 18, 20]


@given(st.integers(1, 1000), st.floats(1, 99), st.integers(0, 100_000), st.integers(0, 5000))
def test_the_interval_grows_from_the_shortest_to_the_longest(every, growth, longer, stalled):
    validation = ValidationRecipe(cadence="adaptive", every=every, growth=growth, longest=every + longer)
    intervals = [adaptive_interval(validation, count) for count in (0, stalled, stalled + 1)]
    assert intervals[0] == every
    assert intervals == sorted(intervals)
    assert intervals[-1] <= every + longer


class Clock:
    """Time that passes as told: so many seconds in each step."""

    def __init__(self, *, step):
        self.now, self.step = 1000.0, step

    def monotonic(self):
        return self.now

    def tick(self):
        self.now += self.step
        return False


@pytest.mark.parametrize(
    ("seconds", "measuring", "expected"),
    [(10, 0, [0, 3, 6, 9, 12, 15, 18, 20]), (20, 0, [0, 2, 4, 6, 8]), (45, 0, [0, 1, 2, 3]), (10, 99, [0, 3, 6, 9])],
    ids=["quick steps", "slower steps", "slow steps", "validations that take longer than the interval"],
)
def test_a_validation_comes_so_many_minutes_after_the_last_one(tiny, monkeypatch, seconds, measuring, expected):
    clock = Clock(step=seconds)
    monkeypatch.setattr("seqtrain.loop.time", clock)
    seen = Validations()
    recipe = changed(tiny, validation={"cadence": "minutes", "minutes": 0.5}, stopping={"patience": 0})
    loop = loop_of(recipe, seen)

    def measure():
        clock.now += measuring
        return figures

    figures = loop._measure()
    monkeypatch.setattr(loop, "_measure", measure)
    with using_threads(1):
        loop.train(save=lambda: None, interrupted=clock.tick)
    assert seen.steps[: len(expected)] == expected


def test_the_minutes_of_earlier_sessions_count(tiny, monkeypatch):
    clock = Clock(step=10)
    monkeypatch.setattr("seqtrain.loop.time", clock)
    recipe = changed(tiny, validation={"cadence": "minutes", "minutes": 0.5}, stopping={"patience": 0})
    first, second = (loop_of(recipe, Validations()) for _ in range(2))
    with using_threads(1):
        first.train(save=lambda: None, interrupted=lambda: clock.tick() or first.step == 5)
        state = first.capture("interrupted")
        clock.now += 10_000
        second.restore(state)
        second.train(save=lambda: None, interrupted=clock.tick)
    assert state.seconds == 60
    assert second._callback.steps[:2] == [6, 9]


def test_asking_twice_gives_one_answer():
    recipe = recipe_from_dict({"validation": {"cadence": "adaptive", "every": 10, "longest": 40}})
    state = StoppingState(last_step=100, stalled=1)
    answers = [validation_due(recipe, step=step, seconds=9e9, stopping=state) for step in (119, 119, 120, 121)]
    assert answers == [False, False, True, True]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"minutes": 0.0}, "validation.minutes is 0.0; it must be above 0"),
        ({"growth": 0.5}, "validation.growth is 0.5; it must be at least 1 and below 100"),
        ({"longest": 0}, "validation.longest is 0; it must be 1 or more"),
    ],
)
def test_a_wrong_cadence_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        ValidationRecipe(**fields)
