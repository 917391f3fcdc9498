"""The scheduler's answers are the library's, whatever the traffic; its bounds hold; nobody starves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin_engine import StandInEngine, predictions_of

from seqserve.service.decoded_batch import open_batch
from seqserve.service.job import Job, State
from seqserve.service.line import STRIDE, Line
from seqserve.service.scheduler import EngineFailure, LineFull, Scheduler


def scheduler_over(engine, **options):
    return Scheduler(lambda strategy, slots: open_batch(engine, strategy, slots), **options)


def run_dry(scheduler, most=10_000):
    """Step until nothing is left, and return all news."""
    news = []
    for _ in range(most):
        if not (scheduler.waiting or scheduler.running):
            return news
        news += scheduler.step()
    raise AssertionError("the scheduler does not come to an end")


def jobs_of(*sequences, **options):
    return [Job(sequence=sequence, **options) for sequence in sequences]


sequences = st.lists(st.integers(0, 10), min_size=1, max_size=5)
requests = st.fixed_dictionaries(
    {
        "sequences": st.lists(sequences, min_size=1, max_size=5),
        "steps": st.integers(1, 12),
        "top": st.sampled_from([0, 0, 1, 3]),
        "strategy": st.sampled_from(["cached", "cached", "naive", "parallel"]),
        "streams": st.booleans(),
    }
).map(lambda request: request if request["strategy"] == "cached" else {**request, "top": 0})
actions = st.lists(
    st.one_of(
        requests,
        st.integers(1, 3).map(lambda steps: ("step", steps)),
        st.integers(0, 9).map(lambda which: ("cancel", which)),
    ),
    max_size=25,
)


@given(actions, st.integers(1, 6), st.integers(5, 20), st.integers(1, 12))
def test_every_answer_is_the_librarys_whatever_arrives_and_leaves_meanwhile(actions, slots, queue, long_steps):
    engine = StandInEngine()
    scheduler = scheduler_over(engine, slots=slots, queue=queue, long_steps=long_steps)
    accepted, cancelled, told = [], set(), []
    for action in actions:
        if isinstance(action, dict):
            given_sequences = action["sequences"]
            jobs = jobs_of(*given_sequences, **{name: value for name, value in action.items() if name != "sequences"})
            room = queue - scheduler.waiting
            if len(jobs) <= room:
                scheduler.submit(jobs)
                accepted.append(jobs)
            else:
                with pytest.raises(LineFull):
                    scheduler.submit(jobs)
        elif action[0] == "step":
            for _ in range(action[1]):
                told += scheduler.step()
        elif accepted:
            jobs = accepted[action[1] % len(accepted)]
            cancelled |= {job for job in jobs if job.state is not State.DONE}
            scheduler.cancel(jobs)
        assert 0 <= scheduler.waiting <= queue
        assert 0 <= scheduler.running <= slots
    told += run_dry(scheduler)
    for job in (job for jobs in accepted for job in jobs):
        if job in cancelled:
            assert job.state is State.CANCELLED
        else:
            assert job.state is State.DONE
            assert job.predictions == predictions_of(job.sequence, job.steps, job.top)
            assert told.count(job) == (len(job.predictions) if job.streams else 1)
    assert not any(batch.histories for batch in engine.batches), "a slot stays taken"


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 6), st.booleans())
def test_the_last_of_many_is_answered_although_others_never_stop_coming(slots, many, steps, long):
    scheduler = scheduler_over(StandInEngine(), slots=slots, queue=1000, long_steps=4)
    own_steps = 4 if long else steps
    patient = jobs_of(*[[1]] * many, steps=own_steps)
    scheduler.submit(patient)
    bound = (STRIDE * many + many + slots) * 6  # at most so many are before the last, each of at most 6 steps
    for _ in range(bound):
        scheduler.step()
        if all(job.state is State.DONE for job in patient):
            return
        while scheduler.running + scheduler.waiting < 2 * slots + many:
            scheduler.submit(jobs_of([2], steps=steps))
    raise AssertionError(f"still not answered after {bound} steps: {[job.state for job in patient]}")


@given(st.integers(2, 40), st.integers(1, 8))
def test_a_lone_sequence_passes_a_request_of_many(many, slots):
    scheduler = scheduler_over(StandInEngine(), slots=slots, queue=100)
    crowd, lone = jobs_of(*[[1]] * many, steps=1), jobs_of([2], steps=1)
    scheduler.submit(crowd)
    scheduler.submit(lone)
    run = 0
    while lone[0].state is not State.DONE:
        scheduler.step()
        run += 1
    before = sum(job.state is State.DONE for job in crowd)
    assert before <= many // STRIDE + 1 + slots
    assert run <= many // STRIDE // slots + 2


@given(st.integers(4, 16))
def test_long_jobs_leave_slots_for_short_ones(slots):
    scheduler = scheduler_over(StandInEngine(), slots=slots, queue=100, long_steps=10)
    scheduler.submit(jobs_of(*[[1]] * 50, steps=200))
    scheduler.step()
    assert scheduler.running == slots * 3 // 4
    short = jobs_of([3], steps=1)
    scheduler.submit(short)
    assert short[0] in scheduler.step()


def test_one_slot_takes_long_jobs_too():
    scheduler = scheduler_over(StandInEngine(), slots=1, long_steps=2)
    long = jobs_of([1], [2], steps=5)
    scheduler.submit(long)
    run_dry(scheduler)
    assert [job.predictions for job in long] == [predictions_of([n], 5) for n in (1, 2)]


def test_a_cancelled_job_frees_its_slot_before_the_next_step_and_its_place_in_the_line_at_once():
    engine = StandInEngine()
    scheduler = scheduler_over(engine, slots=1, queue=1)
    running, waiting, later = (jobs_of([n], steps=9) for n in (1, 2, 3))
    scheduler.submit(running)
    scheduler.step()
    scheduler.submit(waiting)
    with pytest.raises(LineFull):
        scheduler.submit(later)
    scheduler.cancel(waiting)
    scheduler.submit(later)
    scheduler.cancel(running)
    engine.step_sizes.clear()
    scheduler.step()
    assert engine.step_sizes == [1]
    assert [len(job.predictions) for job in (*running, *waiting, *later)] == [1, 0, 1]


def test_a_job_that_is_cancelled_while_others_leave_does_not_keep_its_slot():
    """Clients hang up at any moment of the engine's thread: a slot that nobody leaves is missing ever after."""
    engine = StandInEngine()
    scheduler = scheduler_over(engine, slots=1)
    (job,) = jobs_of([1], steps=9)
    scheduler.submit([job])
    scheduler.step()
    looks = iter([State.RUNNING])

    class Cancelled(Job):
        __slots__ = ()
        state = property(lambda _: next(looks, State.CANCELLED))  # by another thread, after the first look

    job.__class__ = Cancelled
    scheduler._release([])
    scheduler._release([])
    assert scheduler.running == 0
    assert engine.batches[0].histories == {}


def test_jobs_that_are_cancelled_while_they_wait_are_forgotten():
    scheduler = scheduler_over(StandInEngine(), slots=1, queue=10)
    scheduler.submit(jobs_of([1], steps=31))
    scheduler.step()
    for _ in range(1000):
        jobs = jobs_of([2], [3], steps=1)
        scheduler.submit(jobs)
        scheduler.cancel(jobs)
    assert scheduler.waiting == 0
    assert len(scheduler._short) < 100


def test_a_failing_engine_fails_who_runs_and_nobody_else():
    engine = StandInEngine()
    scheduler = scheduler_over(engine, slots=1)
    unlucky, waiting = jobs_of([1], steps=3), jobs_of([3], steps=3)
    scheduler.submit(unlucky)
    scheduler.submit(waiting)
    engine.fails = True
    assert set(scheduler.step()) == set(unlucky)
    engine.fails = False
    run_dry(scheduler)
    assert all(isinstance(job.failure, EngineFailure) for job in unlucky)
    assert isinstance(unlucky[0].failure.__cause__, MemoryError)
    assert waiting[0].failure is None
    assert waiting[0].predictions == predictions_of([3], 3)


def test_an_engine_that_cannot_take_a_sequence_fails_it():
    def no_room(strategy, slots):
        raise RuntimeError(f"no room for {slots} slots")

    scheduler = Scheduler(no_room)
    (job,) = jobs_of([1], steps=1)
    scheduler.submit([job])
    assert scheduler.step() == [job]
    assert str(job.failure) == "RuntimeError: no room for 64 slots"
    assert scheduler.running == 0


@given(st.lists(st.integers(1, 6), max_size=12))
def test_no_job_is_passed_by_more_than_its_place(sizes):
    line = Line()
    places, arrived = {}, 0
    for size in sizes:
        jobs = jobs_of(*[[0]] * size, steps=1)
        line.add(jobs, arrived=arrived)
        places |= {job: arrived + STRIDE * number for number, job in enumerate(jobs)}
        arrived += size
    order = [line.pop() for _ in range(arrived)]
    assert line.place() is None
    assert [places[job] for job in order] == sorted(places.values())
    assert all(number <= places[job] for number, job in enumerate(order))


def test_retry_after_grows_with_what_waits():
    scheduler = scheduler_over(StandInEngine(), slots=1, queue=100)
    scheduler._step_seconds = 0.1
    scheduler.submit(jobs_of(*[[1]] * 100, steps=3))
    with pytest.raises(LineFull, match="ask again in 30 s") as full:
        scheduler.submit(jobs_of([1], steps=1))
    assert full.value.retry_after == 30
