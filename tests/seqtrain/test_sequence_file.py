"""A user's own sequences as rows: which they are, in what order, and that a run on them is like any other."""

import json
import logging
import pickle
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqgen
from seqmodel import IntegerVocabulary, load_checkpoint
from seqtrain import IGNORE, SequenceFile, Trainer, recipe_from_dict
from seqtrain.cli import main
from seqtrain.sequence_reading import ReadSequence

DIGITS = IntegerVocabulary(high=9)
SEQUENCES = st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=12), min_size=1, max_size=8)


def written(path, sequences):
    path.write_text("".join(json.dumps(each) + "\n" for each in sequences))
    return path


def opened(path, **changes):
    return SequenceFile(path, **{"vocabulary": DIGITS, "context": 4, "rows": 3} | changes)


def asked(batches):
    """Return what is asked after what, as a count of (terms seen, target)."""
    found = Counter()
    for inputs, targets in zip(batches.inputs.reshape(-1, 4), batches.targets.reshape(-1, 4), strict=True):
        for k in range(4):
            if targets[k] != IGNORE:
                found[(*inputs[: k + 1].tolist(), "->", int(targets[k]))] += 1
    return found


def one_pass(source):
    """Return the first pass over all rows of a source with a row a step."""
    return source.batches(0, source.distinct_rows)


@settings(max_examples=30)
@given(SEQUENCES)
def test_a_pass_asks_for_each_term_once(tmp_path_factory, sequences):
    path = written(tmp_path_factory.mktemp("file") / "mine.jsonl", sequences)
    targets = Counter(count for each in asked(one_pass(opened(path, rows=1))).elements() for count in [each[-1]])
    assert targets == Counter(term for sequence in sequences for term in sequence[1:])


@settings(max_examples=30)
@given(SEQUENCES, st.integers(0, 10**6), st.integers(1, 4))
def test_a_step_s_rows_are_a_pure_function_of_its_number(tmp_path_factory, sequences, first, count):
    path = written(tmp_path_factory.mktemp("file") / "mine.jsonl", sequences)
    source = opened(path)
    together = source.batches(first, count)
    again = opened(path)
    for name in ("inputs", "targets", "phases"):
        alone = [getattr(again.batches(first + step, 1), name)[0] for step in reversed(range(count))]
        assert np.array_equal(getattr(together, name), np.stack(alone[::-1]))


def test_rows_are_padded_and_end_only_where_that_is_known(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('[1, 2]\n{"terms": [3, 4], "ended": true}\n[5, 6, 77]\n{"terms": [7, 8, 9, 7, 8], "ended": true}\n')
    end = DIGITS.end_token
    expected = {
        (1, 2, 0, 0): (2, IGNORE, IGNORE, IGNORE),
        (3, 4, 0, 0): (4, end, IGNORE, IGNORE),
        (5, 6, 0, 0): (6, end, IGNORE, IGNORE),
        (7, 8, 9, 7): (8, 9, 7, 8),
        (8, 9, 7, 8): (IGNORE, IGNORE, IGNORE, end),
    }
    rows = one_pass(opened(path, rows=1))
    found = zip(rows.inputs[:, 0].tolist(), rows.targets[:, 0].tolist(), strict=True)
    assert {tuple(inputs): tuple(targets) for inputs, targets in found} == expected
    without = one_pass(opened(path, rows=1, vocabulary=IntegerVocabulary(high=9, end=False)))
    assert set(np.unique(without.targets)) == {IGNORE, 2, 4, 6, 7, 8, 9}


@settings(max_examples=30)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=8), min_size=30, max_size=60, unique_by=tuple),
    st.sampled_from([0.2, 0.5, 0.75]),
)
def test_each_sequence_is_in_one_part_whatever_else_the_file_holds(tmp_path_factory, sequences, share):
    folder = tmp_path_factory.mktemp("file")
    whole = parts_of(written(folder / "whole.jsonl", sequences), share)
    assert sum(whole.values(), Counter()) == asked(
        one_pass(opened(folder / "whole.jsonl", rows=1)),
    )
    half = parts_of(written(folder / "half.jsonl", sequences[::2]), share)
    assert all(half[part] <= whole[part] for part in whole)


def parts_of(path, share):
    found = {}
    for part in ("train", "validation", "evaluation"):
        try:
            found[part] = asked(one_pass(opened(path, rows=1, held_out=share, part=part)))
        except ValueError as error:
            assert f"no row for {part} where {share} is held out" in str(error)  # noqa: PT017
            found[part] = Counter()
    return found


def test_the_share_held_out_is_that_of_the_sequences(tmp_path):
    path = written(tmp_path / "mine.jsonl", [[n // 100, n // 10 % 10, n % 10] for n in range(1000)])
    source = opened(path, held_out=0.3)
    sizes = [source.part(part).distinct_rows for part in ("train", "validation", "evaluation")]
    assert sum(sizes) == 1000
    # Four standard deviations of a count of 1,000 draws.
    assert np.abs(np.array(sizes) - [700, 150, 150]).max() < 58
    assert source.part("validation").batches(0, 5).inputs.tolist() != source.batches(0, 5).inputs.tolist()


def test_what_was_cut_is_kept_beside_the_file_and_found_by_its_content(tmp_path, monkeypatch):
    path = written(tmp_path / "mine.jsonl", [[1, 2, 3], [4, 5]])
    first = opened(path)
    monkeypatch.setattr("seqtrain.window_store.read_sequences", None)
    assert opened(path).fingerprint == first.fingerprint
    moved = path.rename(tmp_path / "moved.jsonl")
    assert opened(moved).fingerprint == first.fingerprint
    monkeypatch.undo()
    written(moved, [[1, 2, 3], [4, 6]])
    assert opened(moved).fingerprint != first.fingerprint
    assert opened(moved).batches(0, 2).inputs.tolist() != first.batches(0, 2).inputs.tolist()
    assert len(list((tmp_path / ".seqtrain").iterdir())) == 2


@pytest.mark.parametrize(
    "change",
    [{"context": 3}, {"vocabulary": IntegerVocabulary(high=8)}, {"overflow": "wrap"}, {"held_out": 0.5}, {"seed": 1}],
)
def test_a_fingerprint_tells_what_decides_the_rows(tmp_path, change):
    path = written(tmp_path / "mine.jsonl", [[a, b, 1] for a in range(8) for b in range(8)])
    assert opened(path, **change).fingerprint != opened(path).fingerprint


def test_where_nothing_can_be_kept_rows_are_the_same(tmp_path, caplog):
    path = written(tmp_path / "mine.jsonl", [[1, 2, 3], [4, 5]])
    (tmp_path / ".seqtrain").write_text("in the way")
    with caplog.at_level(logging.INFO, "seqtrain"):
        rows = opened(path).batches(0, 4)
    assert "cannot be written" in caplog.text
    (tmp_path / ".seqtrain").unlink()
    assert np.array_equal(rows.inputs, opened(path).batches(0, 4).inputs)


def test_nothing_half_built_is_kept(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("[1, 2]\n[x]\n")
    with pytest.raises(ValueError, match="line 2"):
        opened(path)
    assert list((tmp_path / ".seqtrain").iterdir()) == []


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path / "mine.jsonl", [[1, 2, 3]])

    def meddling(path):
        path.write_text("[1, 2, 3, 4]\n")
        return iter([ReadSequence([1, 2, 3], ended=False)])

    monkeypatch.setattr("seqtrain.window_store.read_sequences", meddling)
    with pytest.raises(ValueError, match=r"mine.jsonl was changed while it was read"):
        opened(path)
    assert list((tmp_path / ".seqtrain").iterdir()) == []


def test_a_copy_in_another_process_does_not_carry_the_arrays(tmp_path):
    path = written(tmp_path / "mine.jsonl", [[n % 10 for n in range(5000)]])
    source = opened(path)
    before = source.batches(3, 2)
    carried = pickle.dumps(source)
    assert len(carried) < 2000
    assert np.array_equal(pickle.loads(carried).batches(3, 2).inputs, before.inputs)  # noqa: S301


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("seqtrain.window_store._TERMS_AT_ONCE", 1 << 13)
    small = written(tmp_path / "small.jsonl", [[n % 10, n % 7, n % 3, 5] for n in range(5_000)])
    large = tmp_path / "large.jsonl"
    large.write_text(small.read_text() * 20)

    def peak(path):
        tracemalloc.start()
        opened(path).batches(0, 4)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(large) < 1.5 * peak(small)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "mine.jsonl holds no sequence"),
        ("[]\n[77, 1]\n", "nothing is left of its 2 sequences, as their terms leave 0..9"),
        ("[1]\n", "no row for train where 0.0 is held out"),
    ],
)
def test_a_file_with_nothing_to_learn_is_refused(tmp_path, content, message):
    path = tmp_path / "mine.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        opened(path)


def test_terms_that_leave_the_range_are_counted_aloud(tmp_path, caplog):
    path = written(tmp_path / "mine.jsonl", [[1, 2], [1, 10], [10, 1], []])
    opened(path)
    assert "of 4 sequences 2 leave 0..9 (overflow 'truncate'); 2 have no term left" in caplog.text


def test_parquet_and_json_lines_of_one_export_are_the_same_rows(tmp_path):
    stream = seqgen.Stream(seqgen.phase(2), purpose="train", seed=3)
    for kind in ("jsonl", "parquet"):
        seqgen.export(stream, tmp_path / f"rows.{kind}", rows=100, format=kind)
    sources = [
        SequenceFile(tmp_path / f"rows.{kind}", vocabulary=IntegerVocabulary(), context=8, rows=100)
        for kind in ("jsonl", "parquet")
    ]
    first, second = (source.batches(0, 1) for source in sources)
    assert np.array_equal(first.inputs, second.inputs)
    assert np.array_equal(first.targets, second.targets)


class TestRun:
    """A recipe that names files of its own."""

    @pytest.fixture
    def own(self, tmp_path, monkeypatch):
        """The text of a recipe on files in the current folder: counting up, in steps."""
        monkeypatch.chdir(tmp_path)
        written(tmp_path / "mine.jsonl", [list(range(start, 200, step)) for start in range(20) for step in (1, 2, 3)])
        return {
            "model": {"d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
            "data": {"batch": 8, "train": "mine.jsonl", "held_out": 0.3},
            "validation": {"every": 10, "rows": 10_000, "final_rows": 10_000},
            "budget": {"steps": 20},
            "run": {"threads": 1, "log_every": 5, "save_every": 10},
        }

    def test_it_trains_and_is_measured_on_what_was_held_out(self, own, tmp_path):
        recipe = recipe_from_dict(own)
        trainer = Trainer(recipe, "run")
        result = trainer.run()
        assert result.reason == "steps done"
        assert result.scores.ceilings is None
        assert result.scores.model.rows == trainer.evaluation.distinct_rows < 10_000
        assert result.scores.model.phases.keys() == {"sequences"}
        provenance = load_checkpoint("run/model.safetensors").provenance
        assert provenance["universe"] is None
        assert provenance["rows"]["training"] == trainer.source.fingerprint

    def test_the_command_runs_and_evaluates_it(self, own, tmp_path, capsys):
        (tmp_path / "own.toml").write_text(as_toml(own))
        assert main(["run", "own.toml", "--out", "run"]) == 0
        shown = capsys.readouterr()
        assert "sequences" in shown.out
        assert "ceiling" not in shown.out
        assert main(["evaluate", "run/model.safetensors", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found == json.loads((tmp_path / "run" / "result.json").read_text())["scores"]
        assert main(["report", "run"]) == 0

    def test_a_file_of_its_own_can_be_validated_on(self, own, tmp_path):
        held = [list(range(start, 0, -1)) for start in range(10, 40)]
        written(tmp_path / "held.jsonl", held)
        own["data"] |= {"held_out": 0.0, "validation": "held.jsonl"}
        trainer = Trainer(recipe_from_dict(own), "run")
        rows = [trainer.validation.distinct_rows, trainer.evaluation.distinct_rows]
        assert sum(rows) == sum(-(-(len(each) - 1) // 8) for each in held)
        assert trainer.run().scores.model.rows == rows[1]

    def test_it_goes_on_to_the_same_bits_and_not_on_another_file(self, own, tmp_path):
        whole = Trainer(recipe_from_dict(own), "whole").run()
        Trainer(recipe_from_dict(own | {"budget": {"steps": 7}}), "halted").run()
        assert Trainer(recipe_from_dict(own), "halted").run().step == whole.step
        files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "halted")]
        assert files[0] == files[1]

        state = (tmp_path / "halted" / "state.safetensors").read_bytes()
        with (tmp_path / "mine.jsonl").open("a") as file:
            file.write("[1, 2]\n")
        with pytest.raises(ValueError, match="holds a run on other rows: the file of its training rows has changed"):
            Trainer(recipe_from_dict(own | {"budget": {"steps": 30}}), "halted").run()
        assert (tmp_path / "halted" / "state.safetensors").read_bytes() == state
        assert Trainer(recipe_from_dict(own), "halted", fresh=True).run().step == 20

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({"train": "none.jsonl"}, "data.train is 'none.jsonl'; it must be a file of sequences, as seen from the"),
            ({"train": "."}, "data.train is '.'; it must be a file of sequences"),
            ({"held_out": 0.0}, "data.held_out is 0.0; it must be above 0, such as 0.1, where data.train"),
            ({"held_out": 1.0}, "data.held_out is 1.0; it must be at least 0 and below 1"),
            ({"validation": "mine.jsonl"}, "data.held_out is 0.3; it must be 0 where data.validation names a file"),
            ({"train": "", "validation": "mine.jsonl", "held_out": 0.0}, "data.validation is 'mine.jsonl'; it must be"),
        ],
    )
    def test_a_recipe_that_makes_no_sense_is_refused(self, own, tmp_path, capsys, data, message):
        own["data"] |= data
        (tmp_path / "own.toml").write_text(as_toml(own))
        assert main(["run", "own.toml"]) == 2
        assert message in capsys.readouterr().err

    def test_a_curriculum_beside_a_file_is_refused(self, own):
        with pytest.raises(ValueError, match=r"curriculum.stages is \[{'phase1': 1.0}\]; it must be left out"):
            recipe_from_dict(own | {"curriculum": {"stages": [{"shares": {"phase1": 1}}]}})

    def test_exact_labels_beside_a_file_are_refused(self, own):
        with pytest.raises(ValueError, match=r"loss.labels is 'posterior'; it must be 'drawn' where data.train"):
            recipe_from_dict(own | {"loss": {"labels": "posterior"}})


def as_toml(table):
    return "\n".join(
        f"[{section}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
        for section, fields in table.items()
    )
