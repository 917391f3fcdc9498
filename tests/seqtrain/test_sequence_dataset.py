"""A loop of one's own gets the batches of the run, whatever the workers, from any step on."""

from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from seqtrain import Batches, Mixture, SequenceDataset, SequenceFile, recipe_from_dict
from seqtrain.mixture import vocabulary_of
from seqtrain.short_rows import step_batches


class Numbered:
    """A source whose rows tell which they are."""

    phases = ("only",)

    def batches(self, first, count):
        rows = np.arange(first * 2, (first + count) * 2).reshape(count, 2, 1)
        return Batches(inputs=rows, targets=rows + 1, phases=np.zeros((count, 2), np.int64))


def steps_of(items):
    return [int(batch.inputs[0, 0]) // 2 for batch in items]


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 7))
def test_the_workers_together_yield_each_step_once_and_in_turn_in_order(start, steps, workers):
    parts = []
    for worker in range(workers):
        with pytest.MonkeyPatch.context() as patch:
            info = SimpleNamespace(id=worker, num_workers=workers)
            patch.setattr("seqtrain.sequence_dataset.get_worker_info", lambda info=info: info)
            parts.append(steps_of(SequenceDataset(Numbered(), start=start, steps=steps)))
    in_turn = [part[turn] for turn in range(steps) for part in parts if turn < len(part)]
    assert in_turn == list(range(start, start + steps))


@given(st.integers(0, 10**6))
def test_without_an_end_it_goes_on_from_any_step(start):
    assert steps_of(islice(SequenceDataset(Numbered(), start=start), 70)) == list(range(start, start + 70))


@pytest.mark.parametrize(("attention", "short"), [("causal", 0), ("full", 0), ("causal", 4)])
def test_its_batches_are_those_of_the_run(attention, short):
    table = {"model": {"attention": attention}, "loss": {"targets": "last"}, "data": {"batch": 4, "short_terms": short}}
    recipe = recipe_from_dict(table)
    expected = step_batches(recipe, Mixture.of(recipe, purpose="train"), 3)
    loader = DataLoader(SequenceDataset(recipe, start=3, steps=5), batch_size=None)
    for found, right in zip(loader, islice(expected, 5), strict=True):
        assert torch.equal(found.inputs, right.inputs)
        assert torch.equal(found.targets, right.targets)
        assert torch.equal(found.phases, right.phases)
        assert (found.lengths is None) == (attention == "causal")
        assert found.lengths is None or torch.equal(found.lengths, right.lengths)


def test_exact_labels_come_along_where_the_recipe_asks_for_them():
    recipe = recipe_from_dict(
        {
            "loss": {"labels": "posterior"},
            "data": {"batch": 4},
            "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
        }
    )
    (batch,) = SequenceDataset(recipe, steps=1)
    assert batch.labels.shape == (4, 8, vocabulary_of(recipe).outputs)


def test_workers_in_processes_of_their_own_change_nothing(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(f"[{n % 10}, {n // 10 % 10}, {n // 100}]\n" for n in range(500)))
    recipe = recipe_from_dict({"data": {"high": 9}})
    source = SequenceFile(path, vocabulary=vocabulary_of(recipe), context=2, rows=5)
    dataset = SequenceDataset(source, start=60, steps=9)
    # Forked workers of a process with threads would be warned of.
    loader = DataLoader(dataset, batch_size=None, num_workers=2, multiprocessing_context="spawn")
    pairs = zip(loader, dataset, strict=True)
    assert all(torch.equal(found.inputs, right.inputs) for found, right in pairs)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": [[1, 2]]}, TypeError, r"rows is \[\[1, 2\]\]; it must be a Recipe or a source of batches"),
        ({"rows": Numbered(), "start": -1}, ValueError, "start is -1; it must be 0 or more"),
        ({"rows": Numbered(), "steps": -3}, ValueError, "steps is -3; it must be 0 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SequenceDataset(**arguments)
