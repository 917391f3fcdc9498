"""What the benchmark makes of given seconds and tokens."""

import statistics

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import benchmark, decode
from seqmodel.benchmark import EXACT, NAIVE, OURS, SHAPES, TERMS, Contestant, Race, Ratio, Timing
from seqmodel.benchmark_agreement import NEAR_TIE, agreements, differences, lead

times = st.lists(st.floats(1e-5, 10), min_size=1, max_size=12)


def timed(name, *seconds, setting=""):
    return Timing(name=name, setting=setting, seconds=seconds)


def test_a_ratio_is_that_of_the_medians():
    ratio = Ratio.of(timed("peer", 9.0, 1.0, 6.0, 8.0), timed("ours", 2.0, 5.0, 1.0, 3.0))
    assert ratio.medians == 7.0 / 2.5


@given(times, st.sampled_from([0.25, 1.0, 4.0]))
def test_what_always_takes_so_many_times_as_long_has_that_ratio_and_no_spread(seconds, factor):
    ratio = Ratio.of(timed("peer", *(factor * one for one in seconds)), timed("ours", *seconds))
    assert ratio == Ratio(medians=factor, low=factor, high=factor)


@given(times, times)
def test_the_spread_lies_within_the_extremes(slow, quick):
    rounds = min(len(slow), len(quick))
    slow, quick = slow[:rounds], quick[:rounds]
    ratio = Ratio.of(timed("peer", *slow), timed("ours", *quick))
    assert min(slow) / max(quick) <= ratio.low <= ratio.high <= max(slow) / min(quick)


def test_the_spread_is_narrower_with_more_rounds_of_the_same():
    few = Ratio.of(timed("peer", *(4.0, 5.0, 6.0) * 2), timed("ours", *(2.0, 1.0, 3.0) * 2))
    many = Ratio.of(timed("peer", *(4.0, 5.0, 6.0) * 40), timed("ours", *(2.0, 1.0, 3.0) * 40))
    assert few.low < many.low <= 2.5 <= many.high < few.high


def test_the_fastest_setting_stands_for_its_name():
    slow, quick = timed("peer", 1.0, 4.0, 9.0, setting="a"), timed("peer", 3.0, 2.0, 8.0, setting="b")
    race = Race(work="decode", shape=SHAPES[0], batch=1, timings=(timed(OURS, 1.0, 2.0, 1.5), slow, quick))
    assert [timing.setting for timing in race.best] == ["", "b"]
    assert race.times_ours(slow).medians == 4.0 / 1.5


def test_every_round_runs_everything_twice_and_counts_the_second(monkeypatch):
    now, done = 0.0, []
    costs = {"a": iter(range(100)), "b": iter(range(100, 200))}

    def act(name):
        nonlocal now
        now += next(costs[name])
        done.append(name)

    monkeypatch.setattr(benchmark.time, "perf_counter", lambda: now)
    rounds = []
    seconds = benchmark.take_turns({"a": lambda: act("a"), "b": lambda: act("b")}, 3, rounds.append)
    assert seconds == {"a": (3.0, 5.0, 7.0), "b": (103.0, 105.0, 107.0)}
    assert rounds == [0, 1, 2, 3]
    turns = [done[place : place + 4] for place in range(0, 16, 4)]
    assert all(turn in (["a", "a", "b", "b"], ["b", "b", "a", "a"]) for turn in turns)


def test_the_order_of_the_contestants_changes_between_rounds():
    done = []
    benchmark.take_turns({name: lambda name=name: done.append(name) for name in "abc"}, 20, lambda _: None)
    orders = {tuple(done[place : place + 6]) for place in range(0, len(done), 6)}
    assert len(orders) > 2


rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.tuples(*[st.lists(st.integers(0, 1), min_size=width, max_size=width)] * 3), min_size=1, max_size=5
    )
)


@given(rows)
def test_differences_are_counted_up_to_the_first_of_each_row(rows):
    tokens = mismatches = near_ties = 0
    for expected, found, sure in rows:
        for one, other, clear in zip(expected, found, sure, strict=True):
            tokens += 1
            if one != other:
                mismatches += clear
                near_ties += 1 - clear
                break
    expected, found, sure = (np.array(part) for part in zip(*rows, strict=True))
    assert differences(expected, found, np.where(sure, 2 * NEAR_TIE, NEAR_TIE / 2)) == (tokens, mismatches, near_ties)


def test_own_contestants_find_the_tokens_of_the_exact_mode():
    contestants, exact = benchmark.own_contestants(SHAPES[0])
    assert [one.name for one in contestants] == [OURS, EXACT, NAIVE]
    prompts = benchmark.new_prompts(3)
    (plain, naive) = agreements([contestants[0], contestants[2]], exact, SHAPES[0], prompts)
    for found in plain, naive:
        assert found.mismatches == 0
        assert found.tokens == 3 * TERMS or found.near_ties > 0
        assert (found.batch, found.shape) == (3, SHAPES[0])


def test_a_contestant_with_other_tokens_is_found_out():
    _, exact = benchmark.own_contestants(SHAPES[0])
    prompts = benchmark.new_prompts(2)
    tokens = np.array([row.tokens for row in decode(exact, prompts.tolist(), TERMS)])
    tokens[1, 4] += 1
    wrong = Contestant(name="wrong", prefill=lambda _: None, decode=lambda *_: tokens)
    (found,) = agreements([wrong], exact, SHAPES[0], prompts)
    assert (found.name, found.tokens, found.mismatches + found.near_ties) == ("wrong", TERMS + 5, 1)


def test_a_lead_is_that_of_the_best_logit_where_the_token_was_chosen():
    _, exact = benchmark.own_contestants(SHAPES[0])
    prompts = benchmark.new_prompts(2)
    tokens = np.array([row.tokens for row in decode(exact, prompts.tolist(), 3)])
    leads = lead(exact, prompts, tokens)
    for row in range(2):
        for n in range(3):
            read = torch.tensor([[*prompts[row], *tokens[row, :n]]])
            second, best = sorted(exact(read)[0, -1].tolist())[-2:]
            assert leads[row, n] == np.float32(best) - np.float32(second)


def test_prompts_and_weights_are_the_same_every_time():
    assert (benchmark.new_prompts(5) == benchmark.new_prompts(5)).all()
    one, other = (benchmark.new_model(SHAPES[0]).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(("shape", "parameters"), [(SHAPES[0], 43_136), (SHAPES[1], 863_232)], ids=["small", "large"])
def test_the_models_are_as_large_as_they_are_said_to_be(shape, parameters):
    assert sum(weight.numel() for weight in benchmark.new_model(shape).parameters()) == parameters


def test_a_median_is_the_rounds_median():
    assert timed("ours", 3.0, 1.0, 2.0, 10.0).median == statistics.median([3.0, 1.0, 2.0, 10.0]) == 2.5
