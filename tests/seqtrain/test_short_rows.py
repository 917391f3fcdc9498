"""Short steps: the same rows as anywhere else, cut; every series without a gap, from any step on."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtrain import Mixture, Trainer, recipe_from_dict
from seqtrain.curriculum import final_mixture
from seqtrain.drawing import TrainingBatch
from seqtrain.recipe import DataRecipe
from seqtrain.short_rows import ShortRows, interleaved, is_short, short_steps_before

TABLE = {
    "model": {"context": 8, "d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"batch": 6, "short_terms": 3, "short_from": 4},
    "curriculum": {"stages": [{"shares": {"phase1": 1}}, {"start": 2, "shares": {"phase1": 1, "phase2": 1}}]},
    "schedule": {"kind": "constant", "warmup": 1},
    "stopping": {"restore": "last"},
    "validation": {"every": 10, "rows": 8, "final_rows": 40, "ceiling": False},
    "budget": {"steps": 9},
    "run": {"threads": 1, "log_every": 2, "save_every": 3},
}


def recipe(**sections):
    return recipe_from_dict(TABLE | {name: TABLE.get(name, {}) | fields for name, fields in sections.items()})


@given(st.integers(0, 20), st.integers(0, 60))
def test_the_short_steps_before_a_step_are_those_that_are_short(short_from, step):
    data = DataRecipe(short_terms=2, short_from=short_from)
    assert short_steps_before(data, step) == sum(is_short(data, earlier) for earlier in range(step))
    assert short_steps_before(DataRecipe(), step) == 0


@given(st.integers(0, 20), st.integers(0, 30))
def test_both_series_go_on_without_a_gap_wherever_one_begins(short_from, first):
    def series(name):
        def begin(place):
            while True:
                yield TrainingBatch(name, place, None, None)  # type: ignore[arg-type]
                place += 1

        return begin

    whole = recipe(data={"short_from": short_from + 2})
    seen = [batch[:2] for batch in islice(interleaved(whole, 0, series("full"), series("short")), 60)]
    assert [place for name, place in seen if name == "full"] == list(range(sum(name == "full" for name, _ in seen)))
    assert [place for name, place in seen if name == "short"] == list(range(sum(name == "short" for name, _ in seen)))
    later = interleaved(whole, first, series("full"), series("short"))
    assert [batch[:2] for batch in islice(later, 20)] == seen[first : first + 20]


def test_a_short_row_is_the_beginning_of_a_row_of_the_final_mixture():
    short = ShortRows.of(recipe())
    final = final_mixture(recipe().curriculum)
    rows = Mixture.of(recipe(), purpose="train-short", curriculum=final, rows=16).batches(5, 2)
    cut = short.batches(5, 2)
    assert cut.inputs.shape == (2, 16, 3)  # 6 rows of 8 terms are 16 of 3
    np.testing.assert_array_equal(cut.inputs, rows.inputs[..., :3])
    np.testing.assert_array_equal(cut.targets, rows.targets[..., :3])
    assert short.phases == ("phase1", "phase2")


class Asked:
    """Remember how many steps were asked for at once."""

    def __init__(self, rows):
        self.rows, self.counts, self.phases = rows, [], rows.phases

    def batches(self, first, count):
        self.counts.append(count)
        return self.rows.batches(first, count)


@settings(max_examples=20)
@given(st.integers(0, 50), st.integers(1, 9), st.integers(1, 12))
def test_whole_rows_are_drawn_of_few_steps_at_a_time_and_are_the_same(first, count, together):
    rows = ShortRows.of(recipe()).rows
    asked = Asked(rows)
    cut, at_once = (each.batches(first, count) for each in (ShortRows(asked, 3, together), ShortRows(rows, 3, count)))
    for part in ("inputs", "targets", "phases"):
        np.testing.assert_array_equal(getattr(cut, part), getattr(at_once, part))
    assert sum(asked.counts) == count
    assert max(asked.counts) <= together


def test_a_draw_of_short_steps_holds_no_more_whole_rows_than_one_of_others():
    assert ShortRows.of(recipe()).together == 64 * 3 // 8


@pytest.mark.parametrize("labels", ["drawn", "posterior"])
def test_a_halted_run_goes_on_to_the_same_bits_and_short_steps_change_them(labels, tmp_path):
    taught = recipe(loss={"labels": labels}, data={"high": 30})
    whole, halted, full = tmp_path / "whole", tmp_path / "halted", tmp_path / "full"
    Trainer(taught, whole).run()
    for steps in (5, 9):
        Trainer(replace(taught, budget=replace(taught.budget, steps=steps)), halted).run()
    assert (whole / "model.safetensors").read_bytes() == (halted / "model.safetensors").read_bytes()
    Trainer(replace(taught, data=replace(taught.data, short_terms=0)), full).run()
    assert (whole / "model.safetensors").read_bytes()[-999:] != (full / "model.safetensors").read_bytes()[-999:]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"short_terms": 8}, "data.short_terms is 8; it must be below model.context = 8, or 0"),
        ({"short_terms": -1}, "data.short_terms is -1; it must be 0 or more"),
        ({"short_from": 1}, "data.short_from is 1; it must be 2 or more: short steps know the final mixture alone"),
        ({"train": "x.jsonl", "held_out": 0.1}, "data.short_terms is 3; it must be 0 where data.train names a file"),
    ],
)
def test_what_cannot_be_is_refused(data, message):
    with pytest.raises(ValueError, match=message):
        recipe(data=data)


def test_a_source_of_ones_own_has_no_short_rows(tmp_path):
    rows = Mixture.of(recipe(), purpose="train")
    with pytest.raises(ValueError, match=r"data.short_terms is 3; it must be 0 with a source of one's own"):
        Trainer(recipe(), tmp_path, source=rows)
