"""The posterior is exact: every figure equals what counting all rules one by one gives."""

import math
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqgen
from seqgen import END, Ceilings, Posterior, Universe, explain, phase
from seqgen.strategies import universes


def listed(universe: Universe) -> list[tuple[int, int, list[int | None]]]:
    """Every rule as (weight, family, outcomes), rule by rule: terms, then END where the row is short."""
    rows = []
    for f, family in enumerate(universe.families):
        values, lengths = family.rows(family.combinations)
        for i in range(len(family)):
            row: list[int | None] = values[: lengths[i], i].tolist()
            rows.append((universe.units[f], f, row + [END] * int(lengths[i] < universe.length)))
    return rows


def counted(rows: list[tuple[int, int, list[int | None]]], prefix: list[int]) -> dict[int | None, int]:
    """The weights of the next outcomes after ``prefix``."""
    weights: dict[int | None, int] = defaultdict(int)
    for unit, _, row in rows:
        if row[: len(prefix)] == prefix:
            weights[row[len(prefix)]] += unit
    return weights


def longer_than_one(universe: Universe) -> bool:
    return universe.length > 1


@given(universes().filter(longer_than_one), st.data())
def test_distributions_equal_counting(universe: Universe, data: st.DataObject) -> None:
    rows = listed(universe)
    posterior = Posterior.of(universe)
    prefixes = []
    for _ in range(4):
        _, _, row = data.draw(st.sampled_from(rows))
        known = [term for term in row if term is not END][: universe.length - 1]
        prefix = known[: data.draw(st.integers(1, len(known)))]
        if data.draw(st.booleans()):
            prefix[-1] += data.draw(st.integers(-2, 2))
        prefixes.append(prefix)
    for prefix, found in zip(prefixes, posterior.batch(prefixes), strict=True):
        weights = counted(rows, prefix)
        assert dict(zip(found.outcomes, found.weights, strict=True)) == weights
        assert sum(weight for _, weight in posterior.rules(prefix)) == sum(weights.values())
        looked_up = explain(universe, prefix)
        assert looked_up.next == found
        assert [rule.rule for rule in looked_up.rules] == [rule for rule, _ in posterior.rules(prefix)]
        if weights:
            ambiguity = posterior.ambiguity(prefix)
            assert (ambiguity.rules, ambiguity.outcomes) == (len(looked_up.rules), len(weights))


@given(universes(max_families=2).filter(longer_than_one))
def test_ceilings_equal_counting(universe: Universe) -> None:
    rows = listed(universe)
    ceilings = Ceilings.of(Posterior.of(universe))
    for f, family in enumerate(universe.families):
        for k in range(1, universe.length):
            scored = [row for _, g, row in rows if g == f and len(row) > k]
            hits = terms = distance = 0
            loss = 0.0
            for row in scored:
                weights = counted(rows, row[:k])  # type: ignore[arg-type]
                order = sorted(weights, key=lambda o: (o is END, o or 0))
                mode = max(order, key=lambda o: weights[o])
                hits += row[k] == mode
                loss -= math.log(weights[row[k]] / sum(weights.values()))
                if row[k] is not END:
                    terms += 1
                    numbers = [o for o in order if o is not END]
                    half = sum(weights[o] for o in numbers)
                    median = next(o for o in numbers if 2 * sum(weights[p] for p in numbers if p <= o) >= half)
                    distance += abs(row[k] - median)
            if not scored:
                continue
            found = ceilings.of_family(family.name, k)
            assert found.accuracy == Fraction(hits, len(scored))
            assert found.distance == (Fraction(distance, terms) if terms else None)
            assert found.loss == pytest.approx(loss / len(scored), abs=1e-12)


def test_ceilings_add_up_over_phases_and_positions() -> None:
    ceilings = Ceilings.of(Posterior.of(phase(1)))
    by_position = [ceilings.at(k) for k in range(1, 9)]
    total = sum(at.weight for at in by_position)
    assert ceilings.overall().weight == total
    assert ceilings.overall().accuracy == sum(at.accuracy * at.weight for at in by_position) / total
    assert ceilings.of_phase(1) == ceilings.overall()
    with pytest.raises(ValueError, match="phase=2"):
        ceilings.of_phase(2)


def test_a_mode_predictor_scores_the_ceiling_on_the_streams_own_rows() -> None:
    universe = phase(1)
    posterior = Posterior.of(universe)
    batch = seqgen.Stream(universe, "validation", 3)[0:4000]
    rows = [row for row in batch.terms() if len(row) > 3]
    modes = [found.mode for found in posterior.batch([row[:3] for row in rows])]
    score = np.mean([mode == row[3] for mode, row in zip(modes, rows, strict=True)])
    assert score == pytest.approx(float(Ceilings.of(posterior).at(3).accuracy), abs=0.02)


def test_what_no_rule_explains_is_an_answer() -> None:
    posterior = Posterior.of(phase(1))
    for prefix in ([0, 255, 0, 255, 1], [300], [-1, 2], [2**70, 1]):
        assert not posterior.next(prefix)
        assert posterior.next(prefix).outcomes == ()
        assert posterior.rules(prefix) == []
        assert explain(phase(1), prefix).rules == ()
    with pytest.raises(ValueError, match="no rule explains"):
        posterior.next([300]).probability(1)


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ([], "1 to 8 terms"),
        ([1] * 9, "1 to 8 terms"),
        ([1.0, 2.0], "give an integer"),
        ([float("nan")], "give an integer"),
        ([True, False], "give an integer"),
        (["1"], "give an integer"),
    ],
)
def test_a_wrong_prefix_is_refused(prefix: list[int], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Posterior.of(phase(1, length=9)).next(prefix)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_numpy_integers_of_every_width_are_integers(dtype: str) -> None:
    prefix = np.array([2, 4, 6, 8], dtype)
    assert Posterior.of(phase(1)).next(prefix).mode == 10  # type: ignore[arg-type]
    assert explain(phase(1), prefix).next.mode == 10  # type: ignore[arg-type]


def test_more_terms_than_a_row_has_can_be_explained() -> None:
    terms = [k * 3 for k in range(20)]
    explanation = explain(phase(1), terms)
    assert explanation.next.mode == 60
    assert any(found.rule.family.name == "arithmetic" for found in explanation.rules)
    assert sum(found.probability for found in explanation.rules) == 1


@given(universes().filter(longer_than_one), st.data())
def test_walking_along_rows_finds_what_asking_for_each_prefix_does(universe: Universe, data: st.DataObject) -> None:
    posterior = Posterior.of(universe)
    most = data.draw(st.integers(1, universe.length - 1))
    values, _ = universe.table
    picked = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=4))
    rows = values[picked, :most].astype(np.int64)
    for i in range(len(picked)):
        if data.draw(st.booleans()):
            rows[i, data.draw(st.integers(0, most - 1))] += data.draw(st.integers(-300, 300))
    counts = np.array([data.draw(st.integers(0, most)) for _ in picked], np.int64)
    found = posterior.along(rows, counts)
    assert len(found) == len(picked) * most
    for i, (row, count) in enumerate(zip(rows.tolist(), counts.tolist(), strict=True)):
        for k in range(1, most + 1):
            expected = posterior.next(row[:k]) if k <= count else ()
            assert found[i * most + k - 1] == expected or not (found[i * most + k - 1] or expected)


@pytest.mark.parametrize(
    ("rows", "lengths", "message"),
    [
        (np.zeros((2, 9), np.int64), np.zeros(2, np.int64), "n from 1 to 8; got int64 .2, 9."),
        (np.zeros((2, 3)), np.zeros(2, np.int64), "got float64"),
        (np.zeros((2, 3), np.int64), np.array([0, 4]), "give 2 integers from 0 to 3"),
        (np.zeros((2, 3), np.int64), np.zeros(3, np.int64), "give 2 integers from 0 to 3"),
    ],
)
def test_wrong_rows_are_refused(rows: np.ndarray, lengths: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Posterior.of(phase(1, length=9)).along(rows, lengths)
