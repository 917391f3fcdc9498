"""A stream is random access: however rows are asked for, row i is row i."""

import csv
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen import (
    ControlStream,
    Span,
    Stream,
    Universe,
    families,
    held_out,
    phase,
    record,
    regenerate,
    row_hash,
    split,
    universe,
    without_held_out,
    words,
    words_at,
)
from seqgen.philox import MAX_INDEX
from seqgen.strategies import universes

SEEDS = st.integers(0, 2**64 - 1)
VECTORS = Path(__file__).parent / "vectors"


@given(SEEDS, st.integers(0, MAX_INDEX - 60), st.integers(0, 50), st.lists(st.integers(0, 49), max_size=9))
def test_words_are_random_access(seed: int, start: int, count: int, places: list[int]) -> None:
    drawn = words("train", seed, start, count)
    chosen = [place for place in places if place < count]
    assert words_at("train", seed, [start + place for place in chosen]).tolist() == drawn[chosen].tolist()
    assert words("train", seed, start + count // 2, count - count // 2).tolist() == drawn[count // 2 :].tolist()


def test_words_are_those_of_philox() -> None:
    """Known answers: blocks of Philox4x64-10 for key 0, counters 0 and 1 (Random123's vectors give the first)."""
    from seqgen.philox import _philox

    block = _philox(np.array([0], np.uint64), 0)
    assert [f"{int(word[0]):016x}" for word in block] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]


@given(universes(), SEEDS, st.integers(0, 2**50), st.integers(0, 30), st.data())
def test_rows_do_not_depend_on_how_they_are_asked_for(
    universe: Universe, seed: int, start: int, count: int, data: st.DataObject
) -> None:
    stream = Stream(universe, "train", seed)
    batch = stream[start : start + count]
    places = data.draw(st.lists(st.integers(0, count - 1), max_size=8)) if count else []
    taken = stream.take([start + place for place in places])
    assert taken.values.tolist() == batch.values[places].tolist()
    assert taken.lengths.tolist() == batch.lengths[places].tolist()
    for place in places[:3]:
        row = stream[start + place]
        assert list(row.terms) == batch.values[place, : batch.lengths[place]].tolist()
        assert row.rule.terms(len(row.terms)) == list(row.terms) or universe.overflow in ("wrap", "saturate")
    world = data.draw(st.integers(1, 4))
    parts = [stream.shard(rank, world)[0:5].values.tolist() for rank in range(world)]
    together = [parts[i % world][i // world] for i in range(5 * world)]
    assert together == stream[0 : 5 * world].values.tolist()


@given(universes(), SEEDS, st.data())
def test_rows_of_several_lengths_are_the_whole_rows_cut(universe: Universe, seed: int, data: st.DataObject) -> None:
    shortest = data.draw(st.integers(1, universe.length))
    whole, cut = Stream(universe, "train", seed)[0:40], Stream(universe, "train", seed, shortest=shortest)[0:40]
    for full, part, full_ended, part_ended in zip(whole.terms(), cut.terms(), whole.ended, cut.ended, strict=True):
        assert part == full[: len(part)]
        assert len(part) >= min(shortest, len(full))
        assert full_ended == (len(full) < universe.length)
        assert not part_ended or (full_ended and part == full)
        assert part_ended or len(part) >= shortest
    stream = Stream(universe, "train", seed, shortest=shortest)
    assert stream.take([7, 3]).lengths.tolist() == cut.lengths[[7, 3]].tolist()
    assert regenerate(record(stream, 5), within=universe) == stream[5]


@given(universes(), SEEDS, st.integers(0, 1000))
def test_the_table_of_all_rows_changes_no_row(universe: Universe, seed: int, start: int) -> None:
    stream = Stream(universe, "train", seed)
    before = stream[start : start + 20]
    assert universe.table[0].shape == (len(universe), universe.length)
    after = stream[start : start + 20]
    assert before.values.tolist() == after.values.tolist()
    assert before.lengths.tolist() == after.lengths.tolist()


@given(universes(), SEEDS, st.integers(0, 1000))
def test_rows_are_rebuilt_from_their_records(universe: Universe, seed: int, index: int) -> None:
    stream = Stream(universe, "train", seed)
    kept = record(stream, index).to_dict()
    assert regenerate(kept, within=universe) == stream[index]


def test_a_record_of_another_version_or_a_changed_universe_is_refused() -> None:
    kept = record(Stream(phase(2), "train", 7), 5).to_dict()
    with pytest.raises(ValueError, match="stream_version=2"):
        regenerate({**kept, "stream_version": 2})
    with pytest.raises(ValueError, match="has changed"):
        regenerate({**kept, "rule": kept["rule"] + 1})
    with pytest.raises(ValueError, match="unknown \\['colour'\\]"):
        regenerate({**kept, "colour": "red"})


@pytest.mark.parametrize("name", ["default", "phase1", "phase2", "phase3", "broad"])
def test_rows_never_change(name: str) -> None:
    """Known answers: changing one is a new stream version or universe version."""
    source = universe(name)
    with (VECTORS / f"{name}.csv").open(newline="") as file:
        for known in csv.DictReader(file):
            stream = Stream(source, known["purpose"], int(known["seed"]))
            row = stream[int(known["index"])]
            assert " ".join(map(str, row.terms)) == known["terms"]
            assert (row.rule.family.name, row.rule.formula) == (known["family"], known["formula"])


def test_seeds_and_purposes_share_no_structure() -> None:
    """Adjacent seeds and other purposes have as few equal rows at equal or shifted places as chance gives."""
    one = words("train", 1, 0, 4096)
    for other in (words("train", 2, 0, 4096), words("validation", 1, 0, 4096), words("train", 1, 4096, 4096)):
        assert not set(one.tolist()) & set(other.tolist())
        agreeing_bits = 64 - np.bitwise_count(one ^ other)
        assert agreeing_bits.mean() == pytest.approx(32, abs=0.5)
    a, b = (Stream(phase(1), "train", seed)[0:2000] for seed in (1, 2))
    assert (a.values == b.values).all(axis=1).mean() < 0.02


def test_words_hit_families_and_rules_as_their_weights_say() -> None:
    batch = Stream(phase(2), "train", 0)[0:70_000]
    shares = np.bincount(batch.families, minlength=7) / len(batch)
    assert shares == pytest.approx(np.full(7, 1 / 7), abs=0.006)
    small = batch.rules[batch.families == 2]
    assert np.bincount(small, minlength=51).min() > 100


def test_iteration_resumes_where_it_is_told_to() -> None:
    stream = Stream(phase(1), "train", 3)
    whole = [batch.indices.tolist() for batch in islice(stream.batches(5), 4)]
    resumed = [batch.indices.tolist() for batch in islice(stream.batches(5, start=10), 2)]
    assert whole[2:] == resumed


def test_a_family_of_few_rows_may_have_none_that_are_held_out() -> None:
    few = Universe([families.constant(value=range(3)), families.arithmetic(start=range(40))])
    shares = [Fraction(1, 4), Fraction(1, 1000)]
    kept = [without_held_out(few, share) for share in shares]
    expected = [int((~held_out(*few.table, share)).sum()) for share in shares]
    assert [len(each) for each in kept] == expected
    assert kept[1].sizes[0] == 3
    with pytest.raises(ValueError, match="constant: none of its 3 rows is held"):
        split(few, shares[1])


@pytest.mark.parametrize("share", ["0.1", 0.25, "1/3"])
def test_held_out_rows_and_kept_rows_share_none(share: str | float) -> None:
    whole = phase(1)
    kept, held = split(whole, share)
    sides = [
        {tuple(row[:length]) for row, length in zip(*(part.tolist() for part in side.table), strict=True)}
        for side in (kept, held)
    ]
    assert not sides[0] & sides[1]
    assert len(kept) + len(held) == len(whole)
    assert len(held) / len(whole) == pytest.approx(float(Fraction(str(share))), abs=0.02)
    assert {tuple(row) for row in Stream(held, "validation", 0)[0:50].terms()} <= sides[1]
    assert [bool(held_out(*side.table, share).all()) for side in (kept, held)] == [False, True]
    assert not held_out(*kept.table, share).any()


def test_the_row_hash_never_changes() -> None:
    rows = np.array([[1, 2, 0], [255, -3, 7]])
    assert row_hash(rows, np.array([2, 3])).tolist() == [10071245268460305800, row_hash_by_hand([255, -3, 7])]


def row_hash_by_hand(terms: list[int]) -> int:
    state = 0
    for word in [*terms, len(terms)]:
        z = (state + word + 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        state = z ^ (z >> 31)
    return state


def test_the_control_has_no_rule_and_every_value() -> None:
    stream = ControlStream(Span(low=-2, high=3, length=5), seed=4)
    batch = stream[0:3000]
    assert np.bincount(batch.values.ravel() + 2).min() > 2300
    assert stream[100:200].values.tolist() == batch.values[100:200].tolist()
    assert set(batch.families.tolist()) == {-1}


WRONG = [
    (lambda s: s[-1], IndexError, "from 0"),
    (lambda s: s[2**70], IndexError, "from 0"),
    (lambda s: s[:], ValueError, "an end"),
    (lambda s: s[5:2], IndexError, "5:2"),
    (lambda s: s[0:10:0], IndexError, "step"),
    (lambda s: s[1.5], TypeError, "integer"),
    (lambda s: s.take([1.0]), TypeError, "integers"),
    (lambda s: s.take([-3]), IndexError, "-3"),
    (lambda s: s.take([2**63]), IndexError, str(2**63)),
    (lambda s: s.shard(2, 2), ValueError, "rank=2"),
    (lambda s: Stream(s.universe, "train", -1), ValueError, "seed=-1"),
    (lambda s: Stream(s.universe, "train", 2**64), ValueError, "seed="),
    (lambda s: Stream(s.universe, "train", 1.5), TypeError, "seed=1.5"),
    (lambda s: Stream(s.universe, "", 1), ValueError, "purpose=''"),
    (lambda s: Stream(s.universe, "a/b", 1), ValueError, "purpose='a/b'"),
    (lambda s: split(s.universe, 1.5), ValueError, "share=1.5"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_what_cannot_be_is_refused_by_name(wrong: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wrong(Stream(phase(1)))  # type: ignore[operator]


def test_repeated_and_unordered_indices_are_right() -> None:
    stream = Stream(phase(3), "train", 9)
    taken = stream.take(np.array([7, 3, 7, 0], np.uint8))
    assert taken.indices.tolist() == [7, 3, 7, 0]
    assert taken.values[0].tolist() == taken.values[2].tolist() == stream[7:8].values[0].tolist()
    assert stream.take([]).values.shape == (0, 9)
