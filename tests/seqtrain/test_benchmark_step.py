"""The benchmark of a training step: that all loops do the same work, and how it is timed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, preset
from seqtrain import benchmark_times, recipe_from_dict
from seqtrain.benchmark_step import SEQTRAIN, Contestant, race, step_time
from seqtrain.benchmark_step_loops import drawing_loop, float32_loop, hand_written, own_loop
from seqtrain.benchmark_step_nanogpt import nanogpt
from seqtrain.benchmark_step_works import Recorded, Work, default, nextint
from seqtrain.model_flops import step_flops

STEPS = 5


def work_of(**tables):
    common = {
        "budget": {"steps": STEPS},
        "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
        # With the usual epsilon, Adam makes as large a step of a gradient that is rounding as of any other.
        "optimiser": {"learning_rate": 0.01, "clip_norm": 0.3, "epsilon": 1e-3},
        "schedule": {"warmup": 3},
        "validation": {"rows": 4},
    }
    return Work.of("small", recipe_from_dict(common | tables), warm_up=2)


@pytest.fixture(scope="module")
def small():
    """Our own choices, small."""
    model = {"d_model": 16, "layers": 2, "heads": 2, "value_periods": [2, 3]}
    return work_of(model=model, data={"batch": 4})


@pytest.fixture(scope="module")
def document():
    """The document's choices, on small batches."""
    data, loss = {"batch": 4, "end": False}, {"kind": "distance-weighted"}
    return work_of(model={"preset": "nextint"}, data=data, loss=loss)


def named(contestants):
    return pytest.mark.parametrize("contestant", contestants, ids=lambda one: f"{one.name} {one.setting}")


def differs(work, contestant):
    """How far the weights are from ours after all steps, as a part of how far ours have come."""
    theirs, ours = (step_time(work, one)[1] for one in (contestant, own_loop()))
    first = work.new_model().state_dict()
    assert theirs.keys() == ours.keys()
    moved = max(float((ours[name] - first[name]).abs().max()) for name in ours)
    return max(float((ours[name] - theirs[name]).abs().max()) for name in ours) / moved


@named([drawing_loop(), float32_loop(), *hand_written(), nanogpt()])
def test_every_loop_ends_with_our_weights(contestant, small):
    assert differs(small, contestant) < 1e-3


@named([drawing_loop(), *hand_written()])
def test_every_loop_that_trains_the_document_s_model_ends_with_our_weights(contestant, document):
    assert differs(document, contestant) < 1e-3


def test_a_loop_that_does_other_work_is_found_out(small):
    faster = replace(small.recipe.optimiser, learning_rate=0.02)
    other = replace(small, recipe=replace(small.recipe, optimiser=faster))
    cheat = Contestant(name="cheat", train=lambda _, tick: own_loop().train(other, tick))
    assert differs(small, cheat) > 0.1
    found = race(small, [own_loop(), cheat], 1, lambda _: None)
    assert found.losses[0] != pytest.approx(found.losses[1], rel=1e-3)
    assert found.losses[0] != pytest.approx(found.first_loss, rel=1e-3)


def test_nanogpt_s_way_has_no_other_loss(document):
    with pytest.raises(ValueError, match="cross-entropy alone, not 'distance-weighted'"):
        nanogpt().train(document, lambda: None)


@pytest.mark.parametrize("steps", [STEPS - 1, STEPS + 1])
def test_a_loop_that_leaves_steps_out_or_adds_some_is_refused(steps, small):
    def train(work, tick):
        for _ in range(steps):
            tick()
        return {}

    with pytest.raises(ValueError, match=f"idle did {steps} steps, not {STEPS}"):
        step_time(small, Contestant(name="idle", train=train))


@pytest.fixture
def clocks(monkeypatch):
    """Both clocks stand still unless they are moved: [by the clock, processor time]."""
    now = [0.0, 0.0]
    monkeypatch.setattr(benchmark_times.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(benchmark_times.time, "process_time", lambda: now[1])
    return now


def idle(name, clocks, costs, done=None):
    """A loop whose steps take given times by the clock, and half of them of the processor; weights are the first."""

    def train(work, tick):
        if done is not None:
            done.append(name)
        for cost in costs:
            clocks[0] += cost
            clocks[1] += cost / 2
            tick()
        clocks[0] += 100.0
        return work.new_model().state_dict()

    return Contestant(name=name, train=train)


def test_the_time_of_a_step_leaves_out_what_comes_before_and_after(small, clocks):
    turn, _ = step_time(small, idle("a", clocks, [50.0, 70.0, 1.0, 2.0, 6.0]))
    assert (turn.clock, turn.processor) == (3.0, 1.5)


def test_a_race_gives_each_one_turn_a_round_in_changing_order(small, clocks):
    done = []
    contestants = [idle(name, clocks, [1.0] * STEPS, done) for name in (SEQTRAIN, "b", "c")]
    found = race(small, contestants, 12, lambda _: None)
    rounds = [tuple(done[place : place + 3]) for place in range(0, 36, 3)]
    assert all(set(one) == {SEQTRAIN, "b", "c"} for one in rounds)
    assert len(set(rounds)) > 2
    assert [len(times.clock.seconds) for times in found.times] == [12] * 3


def test_ratios_are_ours_over_theirs_and_the_fastest_setting_stands_for_its_name(small, clocks):
    slow, quick = (replace(idle("b", clocks, [cost] * STEPS), setting=str(cost)) for cost in (8.0, 4.0))
    found = race(small, [slow, idle(SEQTRAIN, clocks, [1.0] * STEPS), quick], 3, lambda _: None)
    assert [times.setting for times in found.best()] == ["4.0", ""]
    assert found.seqtrain_over(found.named("b"), "clock").medians == 0.25
    assert found.seqtrain_over(found.named("b"), "processor").medians == 0.25


def test_recorded_rows_come_again_from_the_beginning(small):
    rows = small.source()
    assert isinstance(rows, Recorded)
    again = rows.batches(STEPS - 1, 3)
    drawn = small.batches
    assert np.array_equal(again.inputs, drawn.inputs[[STEPS - 1, 0, 1]])
    assert np.array_equal(again.targets, drawn.targets[[STEPS - 1, 0, 1]])
    assert np.array_equal(again.phases, drawn.phases[[STEPS - 1, 0, 1]])


def test_what_is_measured_is_the_document_s_model_and_the_default_one():
    document, ours = nextint(), default()
    assert (document.recipe.model, document.recipe.data.batch) == (preset("nextint"), 32)
    assert (ours.recipe.model, ours.recipe.run.precision) == (ModelConfig(), "bfloat16")
    assert document.batches.inputs.shape == (document.steps, 32, 8)
    assert (document.tokens, ours.tokens) == (256, 4096)


@pytest.mark.parametrize("end", [True, False])
def test_the_operations_of_a_step_are_those_that_torch_counts(end):
    config = ModelConfig(d_model=24, layers=2, heads=3, d_head=4, d_ff=40, value_periods=())
    vocabulary = IntegerVocabulary(end=end)
    model = Transformer(config, vocabulary).eval()  # one row a window, as the formula has it
    model.exact = False
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(model(torch.zeros(5, 8, dtype=torch.int64)).sum())
    # The first layer's input needs no gradient only if nothing below it is learned: here tables are.
    assert step_flops(config, vocabulary, 5) == counter.get_total_flops()
