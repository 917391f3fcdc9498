"""What is said while a run goes on, by a clock that the tests wind."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain import Evaluation, Metrics, recipe_from_dict
from seqtrain.progress import ProgressLines
from seqtrain.time_left import TimeLeft

SCALARS = {"loss": 1.0, "accuracy": 0.5}
FIGURES = Evaluation(
    rows=1, overall=Metrics(targets=1, accuracy=0.5, distance=1.0, log_loss=1.0, training_loss=1.0), phases={}
)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in ("progress", "time_left"):
        monkeypatch.setattr(f"seqtrain.{module}.time", clock)
    return clock


def recipe(**validation):
    return recipe_from_dict({"budget": {"steps": 1000}, "validation": validation})


def go(watcher, clock, steps, *, step, validation, every, first=0, log_every=10):
    """Let steps go by, each of so many seconds, with a validation every so many of them."""
    for done in range(first + log_every, first + steps + 1, log_every):
        clock.now += step * log_every
        watcher.logged(done, SCALARS) if isinstance(watcher, ProgressLines) else watcher.logged(done)
        if done % every == 0:
            clock.now += validation
            watcher.validated(done, FIGURES) if isinstance(watcher, ProgressLines) else watcher.validated(done)


@pytest.mark.parametrize("steps", [10, 90, 100, 500, 990])
@pytest.mark.parametrize("first", [0, 200])
def test_the_estimate_is_what_steps_and_validations_will_take(clock, steps, first):
    left = TimeLeft(recipe(every=100))
    left.started(first)
    clock.now += 40
    left.validated(first)
    steps = min(steps, 1000 - first)
    go(left, clock, steps, step=2, validation=40, every=100, first=first)
    to_do = 1000 - first - steps
    assert left.seconds() == pytest.approx(2 * to_do + 40 * to_do / 100)


def test_the_interval_of_the_last_two_validations_is_taken_where_it_grows(clock):
    left = TimeLeft(recipe(cadence="adaptive", every=10, longest=500))
    left.started(0)
    left.validated(0)
    go(left, clock, 200, step=1, validation=0, every=100)
    clock.now += 30
    left.validated(400)
    assert left.seconds() == pytest.approx(600 * 200 / 200 + 600 / 200 * 30 / 4)


def test_no_more_is_left_than_the_budget_of_time(clock):
    left = TimeLeft(recipe_from_dict({"budget": {"steps": 1000, "max_minutes": 1}}))
    left.started(0)
    go(left, clock, 20, step=1, validation=0, every=100)
    assert left.seconds() == 40
    go(left, clock, 80, step=1, validation=0, every=1000, first=20)
    assert left.seconds() == 0


def test_nothing_is_said_of_the_time_before_a_step_was_seen(clock):
    left = TimeLeft(recipe())
    left.started(0)
    left.validated(0)
    assert left.seconds() is None


@given(step=st.floats(0.1, 100))
def test_a_line_a_minute_where_nobody_looks(step):
    with pytest.MonkeyPatch.context() as patch:
        clock, stream = Clock(), io.StringIO()
        for module in ("progress", "time_left"):
            patch.setattr(f"seqtrain.{module}.time", clock)
        lines = ProgressLines(recipe(), stream)
        lines.started(0)
        go(lines, clock, 1000, step=step, validation=0, every=10**6, log_every=1)
    said = stream.getvalue().splitlines()
    minutes = 1000 * step / 60
    assert minutes / 2 - 1 <= len(said) <= min(minutes + 1e-6, 1000)
    assert all("steps/s, loss 1.000, accuracy 50.0 %, " in line and line.endswith(" left") for line in said)


def test_a_line_says_the_speed_since_the_last_one(clock):
    stream = io.StringIO()
    lines = ProgressLines(recipe(), stream)
    lines.started(0)
    go(lines, clock, 100, step=1, validation=0, every=10**6)
    go(lines, clock, 100, step=4, validation=0, every=10**6, first=100)
    assert [line.split(", ")[:2] for line in stream.getvalue().splitlines()] == [
        ["step 60/1000", "1.0 steps/s"],
        ["step 110/1000", "0.6 steps/s"],
        ["step 130/1000", "0.2 steps/s"],
        ["step 150/1000", "0.2 steps/s"],
        ["step 170/1000", "0.2 steps/s"],
        ["step 190/1000", "0.2 steps/s"],
    ]
