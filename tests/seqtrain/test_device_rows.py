"""Rows and labels that a device makes: the same bits as a CPU's, whatever is asked for. Here the device is the CPU."""

import sys
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen import words
from seqgen.philox import multiply_high
from seqtrain import IGNORE, Mixture, recipe_from_dict
from seqtrain.device_mixture import DeviceMixture
from seqtrain.device_teacher import DeviceTeacher
from seqtrain.device_words import device_words, high_half
from seqtrain.protocols import Batches
from seqtrain.short_rows import ShortRows
from seqtrain.teacher import Teacher
from seqtrain.tensor_batches import tensors_of

CPU = torch.device("cpu")

MOVING = {
    "stages": [
        {"shares": {"phase1": 1}},
        {"start": 3, "transition": 6, "shares": {"phase1": 2, "phase2": 1, "phase3": 3}},
    ]
}
TABLE = {
    "model": {"context": 5, "d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"batch": 7, "low": -3, "high": 20},
    "curriculum": MOVING,
    "budget": {"steps": 6},
}


def recipe(**sections):
    return recipe_from_dict(TABLE | {name: TABLE.get(name, {}) | fields for name, fields in sections.items()})


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**63 - 300), st.integers(0, 300), st.sampled_from(["train", "x"]))
def test_words_are_seqgens(seed, start, count, purpose):
    there = device_words(purpose, seed, start, count, CPU)
    assert there.dtype == torch.int64
    assert (there.numpy().view(np.uint64) == words(purpose, seed, start, count)).all()


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), st.integers(0, 2**64 - 1))
def test_high_halves_are_exact(numbers, factor):
    given = np.array(numbers, np.uint64)
    there = high_half(torch.from_numpy(given.view(np.int64)), factor)
    assert there.numpy().view(np.uint64).tolist() == [number * factor >> 64 for number in numbers]
    assert (there.numpy().view(np.uint64) == multiply_high(given, factor)).all()


def assert_same_rows(drawn, there):
    for name in ("inputs", "targets", "phases"):
        expected, found = getattr(drawn, name), getattr(there, name)
        assert found.dtype == torch.int64
        assert found.shape == expected.shape
        assert (found.numpy() == expected).all(), name


MIXTURES = {
    "moving": recipe(),
    "without END": recipe(data={"end": False}),
    "rows left out": recipe(data={"held_out": 0.1}),
    "wrapped": recipe(data={"overflow": "wrap"}),
    "one universe": recipe(curriculum={"stages": [{"shares": {"default": 1}}]}),
}


@cache
def both(kind):
    mixture = Mixture.of(MIXTURES[kind], purpose="train")
    return mixture, DeviceMixture(mixture, CPU)


@pytest.mark.parametrize("kind", MIXTURES)
@settings(max_examples=10)
@given(first=st.integers(0, 10**9), count=st.integers(1, 12))
def test_a_device_draws_the_rows_of_a_cpu(kind, first, count):
    mixture, there = both(kind)
    for start in (first, first % 9):  # before, in and behind the transition
        assert_same_rows(mixture.batches(start, count), there.batches(start, count))


def test_beginnings_of_rows_are_the_same_too():
    short = ShortRows.of(recipe(data={"short_terms": 2, "short_from": 9}))
    assert_same_rows(short.batches(4, 3), short.on(CPU).batches(4, 3))


def test_what_cannot_be_listed_is_drawn_by_the_cpu(caplog, monkeypatch):
    monkeypatch.setattr(sys.modules["seqgen.universe"], "LISTED_LIMIT", 10)  # seqgen.universe is a function too
    mixture = Mixture.of(recipe(), purpose="train")
    with caplog.at_level("INFO", "seqtrain"):
        assert mixture.on(CPU) is None
    assert "rows are drawn on the CPU: phase1 has " in caplog.text
    assert ShortRows(mixture, 2).on(CPU) is None
    assert_same_rows(mixture.batches(3, 2), tensors_of(mixture, CPU).batches(3, 2))


SETTLED = {
    end: recipe(data={"end": end}, curriculum={"stages": [{"shares": MOVING["stages"][1]["shares"]}]})
    for end in (True, False)
}


@cache
def taught(end):
    settled = SETTLED[end]
    return Mixture.of(settled, purpose="train"), Teacher(settled), DeviceTeacher(settled, CPU)


@pytest.mark.parametrize("end", [True, False])
@settings(max_examples=25)
@given(first=st.integers(0, 10**6), terms=st.integers(1, 5), data=st.data())
def test_labels_are_the_teachers_to_the_bit(end, first, terms, data):
    mixture, teacher, there = taught(end)
    drawn = mixture.batches(first, 1)
    inputs, targets = (torch.from_numpy(each[0, :, :terms].copy()) for each in (drawn.inputs, drawn.targets))
    unasked = data.draw(st.lists(st.booleans(), min_size=7, max_size=7))
    targets[torch.tensor(unasked), terms // 2 :] = IGNORE
    expected, found = teacher.labels(inputs, targets), there.labels(inputs, targets)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
    there.require_explained()


def test_a_row_of_no_rule_is_told_when_it_is_asked_for():
    mixture, _, _ = taught(end=True)
    teacher, drawn = DeviceTeacher(SETTLED[True], CPU), mixture.batches(0, 1)
    right = torch.from_numpy(drawn.inputs[0]), torch.from_numpy(drawn.targets[0])
    teacher.labels(*right)
    teacher.require_explained()
    wrong = torch.tensor([[3, 4, 5, 6], [0, 19, 7, 18]]), torch.tensor([[4, 5, 6, 7], [19, 7, 18, 4]])
    labels = teacher.of_steps(*(torch.stack([each, each]) for each in wrong))
    assert len([next(labels), next(labels)]) == 2
    with pytest.raises(ValueError, match=r"no rule of the final mixture explains the row \[-3, 16, 4, 15, -3\]"):
        next(labels)


@pytest.mark.parametrize("at_once", [1, 7 * 5 * 25 * 3])
def test_steps_are_labelled_one_by_one_or_together(at_once, monkeypatch):
    monkeypatch.setattr("seqtrain.device_teacher._AT_ONCE", at_once)
    mixture, teacher, there = taught(end=True)
    drawn = mixture.batches(3, 4)
    rows = torch.from_numpy(drawn.inputs), torch.from_numpy(drawn.targets)
    for expected, found in zip(teacher.of_steps(*rows), there.of_steps(*rows), strict=True):
        assert torch.equal(found, expected)


def test_a_source_of_ones_own_comes_as_tensors():
    class Own:
        phases = ("only",)

        def batches(self, first, count):
            inputs = np.full((count, 2, 3), first)
            return Batches(inputs=inputs, targets=inputs + 1, phases=np.zeros((count, 2), np.int64))

    assert_same_rows(Own().batches(3, 4), tensors_of(Own(), CPU).batches(3, 4))
