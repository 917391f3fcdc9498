"""Whatever is given is either right or one clear error that names the argument and quotes what was given."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen import (
    AlternatingSigns,
    Below,
    Ceilings,
    Chosen,
    ControlStream,
    EveryKth,
    Family,
    Interleaved,
    Law,
    Mapped,
    Modulo,
    Parity,
    Posterior,
    Recurrence,
    Reversed,
    Runs,
    Span,
    Stream,
    Sums,
    Switch,
    Universe,
    explain,
    families,
    held_out,
    phase,
    record,
    regenerate,
    row_hash,
    split,
    universe,
    without_held_out,
)

NAN = float("nan")
STEP = Law(coefficients=((1,),))
LINE = families.arithmetic(start=range(4), step=range(2))
SMALL = Universe([families.constant(value=range(4)), LINE])
POSTERIOR = Posterior.of(SMALL)
HUGE = 10**30


def bad(call: Callable[[Any], object], *values: object, says: str) -> list[Any]:
    return [
        pytest.param(call, value, says, id=f"{says}: {type(value).__name__} {str(value).split(' at 0x')[0]:.40}")
        for value in values
    ]


def span(name: str) -> Callable[[Any], object]:
    return lambda value: Span(**{name: value})


def changed(name: str) -> Callable[[Any], object]:
    kept = record(Stream(phase(1)), 3).to_dict()
    return lambda value: regenerate({**kept, name: value})


NO_INTEGERS = (NAN, 1.0, "1", None, True, np.True_, np.array([1]), 1j)
NO_VALUES = (NAN, 5, None, "12", (), range(0), (1.0,), (NAN,), (True,), (1, 1), (1, "a"), {1, 2}, (HUGE, 1))
HALF = np.array([1.5])

CASES = [
    *(case for name in ("low", "high", "length") for case in bad(span(name), *NO_INTEGERS, HUGE, -HUGE, says=name)),
    *bad(lambda v: Span(length=v), 0, -1, says="length="),
    *bad(lambda v: Span(low=v), 256, says="low=256, high=255"),
    *bad(lambda v: Span(overflow=v), "cut", None, 3, ["truncate"], says="overflow="),
    *bad(lambda v: Law(constant=v), *NO_VALUES, HALF, says="constant"),
    *bad(lambda v: Law(divisor=v), *NO_VALUES, (0, 1), (-2,), says="divisor"),
    *bad(lambda v: Law(coefficients=(v,)), *NO_VALUES, says="coefficients[0]"),
    *bad(lambda v: Law(coefficients=v), None, 5, "ab", says="coefficients="),
    *bad(lambda v: Law(rounding=v), "round", None, says="rounding="),
    *bad(lambda v: families.arithmetic(start=v), *NO_VALUES, HALF, says="arithmetic: a0"),
    *bad(lambda v: families.runs(step=v), *NO_VALUES, says="runs: step"),
    *bad(lambda v: Recurrence(laws=v), None, (), 5, (1,), STEP, says="laws="),
    *bad(lambda v: Recurrence(laws=(STEP,), starts=v), (), says="starts"),
    *bad(lambda v: Recurrence(laws=(STEP, STEP), starts=((1,),), turn=v), (2,), (), (-1,), (1.0,), says="turn"),
    *bad(lambda v: Recurrence(name=v, laws=(STEP,), starts=((1,),)), None, 5, says="name="),
    *bad(lambda v: Recurrence(phase=v, laws=(STEP,), starts=((1,),)), *NO_INTEGERS, -1, says="phase"),
    *bad(lambda v: Runs(cycles=v, start=(1,), step=(1,)), (), None, 5, (2,), says="cycles"),
    *bad(lambda v: Runs(cycles=((v,),), start=(1,), step=(1,)), 0, -1, 1.0, NAN, True, says="run"),
    *bad(lambda v: Runs(cycles=((v,),), start=(1,), step=(1,)), 10**9, HUGE, says="run lengths"),
    *bad(lambda v: Modulo(inner=LINE, modulus=v), *NO_VALUES, (0,), (-1,), says="modulus"),
    *bad(lambda v: Modulo(inner=LINE, modulus=(2,), reduced=(v,)), "zz", says="reduced="),
    *bad(lambda v: EveryKth(inner=LINE, law=STEP, periods=v), *NO_VALUES, (0,), (10**9,), says="periods"),
    *bad(lambda v: Reversed(inner=LINE, last=v), *NO_VALUES, (-1,), (256,), says="last"),
    *bad(lambda v: AlternatingSigns(inner=LINE, first=v), *NO_VALUES, (0,), (2,), says="first"),
    *bad(lambda v: Interleaved(first=LINE, second=LINE, turn=v), *NO_VALUES, (2,), says="turn"),
    *bad(lambda v: Interleaved(first=v, second=LINE), None, 5, LINE[0], says="first="),
    *bad(lambda v: Chosen(first=LINE, second=LINE, predicate=v), None, STEP, says="predicate="),
    *bad(lambda v: Sums(inner=v, start=(1,)), None, 5, LINE[0], Family, says="inner="),
    *bad(lambda v: Mapped(inner=LINE, law=v), None, Law(), Law(coefficients=((0, 1),)), says="law="),
    *bad(lambda v: Switch(predicate=v, then=STEP, otherwise=STEP, starts=((1,),)), None, STEP, says="predicate="),
    *bad(lambda v: Switch(predicate=Parity(), then=v, otherwise=STEP, starts=((1,),)), None, says="then="),
    *bad(lambda v: Parity(modulus=v), *NO_INTEGERS, 0, -2, says="modulus"),
    *bad(lambda v: Below(threshold=v), *NO_VALUES, says="threshold"),
    *bad(LINE.within, None, 9, says="span="),
    *bad(lambda v: LINE[v], *NO_INTEGERS, 8, -9, HUGE, says="index="),
    *bad(LINE.index, None, 3, says="rule="),
    *bad(lambda v: LINE.index(SMALL.families[0][v]), 0, says="not in the range of arithmetic"),
    *bad(LINE.rule, None, 5, [1], says="parameters="),
    *bad(LINE.rule, {}, {"c1": 1}, {"c1": 1, "constant": 1, "a9": 1}, says="parameters of arithmetic"),
    *bad(lambda v: LINE.rule({"c1": 1, "constant": 1, "a0": v}), *NO_INTEGERS, says="a0="),
    *bad(lambda v: families.runs().rule({"pattern": v, "start": 0, "step": 1}), -1, 99, HUGE, says="pattern="),
    *bad(lambda v: families.rational_geometric().rule({"c1": 1, "constant": 0, "divisor": v, "a0": 1}), 0, says="zero"),
    *bad(LINE[0].terms, *NO_INTEGERS, -1, HUGE, says="n="),
    *bad(Universe, None, 5, LINE, [1], [None], "ab", [LINE[0]], says="families"),
    *bad(Universe, [], says="families is empty"),
    *bad(Universe, [LINE, LINE], says="two families are called 'arithmetic'"),
    *bad(lambda v: Universe([families.constant(value=(v,))]), 300, -1, says="constant: none of its 1 combinations"),
    *bad(lambda v: Universe([LINE], shares=v), 3, [], [1, 2], [0], [-1], [1.0], [NAN], [True], says="shares"),
    *bad(lambda v: Universe([LINE], span=v), None, 9, says="span="),
    *bad(lambda v: Universe([LINE], name=v), None, "", 5, says="name="),
    *bad(lambda v: Universe([families.order2(starts=range(v))]), 10**9, says="order-2 has"),
    *bad(lambda v: SMALL.rule(v, 0), *NO_INTEGERS, 2, -1, HUGE, says="family="),
    *bad(SMALL.family, "x", None, says="is no family of custom: constant, arithmetic"),
    *bad(universe, "", "x", None, 5, says="universe="),
    *bad(universe, ":", "a:", ".x:y", "os:environ", "math:pi", "json:loads", "seqgen:Universe", says="universe="),
    *bad(phase, 0, 4, NAN, 1.0, "1", None, True, says="number="),
    *bad(lambda v: explain(SMALL, v), [], says="terms is empty"),
    *bad(lambda v: explain(SMALL, v), None, 5, "12", {1, 2}, iter([1]), says="terms="),
    *bad(lambda v: explain(SMALL, [1, v]), *NO_INTEGERS, says="terms[1]="),
    *bad(POSTERIOR.next, None, 5, "12", {1, 2}, says="prefix="),
    *bad(POSTERIOR.next, [], [1] * 9, np.zeros((0,), int), says="give 1 to 8 terms"),
    *bad(lambda v: POSTERIOR.next([1, v]), *NO_INTEGERS, [2], says="prefix[1]="),
    *bad(POSTERIOR.batch, None, 5, says="prefixes="),
    *bad(POSTERIOR.batch, [1, 2], "12", says="prefix="),
    *bad(lambda v: POSTERIOR.rules([1], v), NAN, 1.0, "1", True, -1, says="limit="),
    *bad(lambda v: POSTERIOR.batch([[1]])[v], *NO_INTEGERS, -1, 1, says="i="),
    *bad(lambda v: Ceilings.of(POSTERIOR).at(v), *NO_INTEGERS[:3], True, 0, 9, says="position="),
    *bad(lambda v: Ceilings.of(POSTERIOR).of_phase(1, v), 0, -1, 9, 1.0, says="position="),
    *bad(lambda v: Ceilings.of(POSTERIOR).of_phase(v), 0, 7, NAN, None, says="phase="),
    *bad(lambda v: split(SMALL, v), 0, 1, -1, NAN, None, "x", "1/0", float("inf"), True, says="share="),
    *bad(lambda v: without_held_out(SMALL, v), 0, 1.5, None, says="share="),
    *bad(lambda v: held_out(np.ones((1, 2), int), np.ones(1, int), v), 0, 1, "x", says="share="),
    *bad(Stream, None, LINE, says="universe="),
    *bad(Stream, "phase1", None, says="give a Universe, as seqgen.universe makes it by name"),
    *bad(Posterior.of, "phase1", None, says="give a Universe, as seqgen.universe makes it by name"),
    *bad(lambda v: explain(v, [1]), "phase1", None, says="give a Universe, as seqgen.universe makes it by name"),
    *bad(lambda v: Stream(SMALL, v), None, "", 5, "a/b", says="purpose="),
    *bad(lambda v: Stream(SMALL, seed=v), *NO_INTEGERS, -1, 2**64, says="seed="),
    *bad(lambda v: Stream(SMALL).shard(v, 4), *NO_INTEGERS, -1, 4, says="rank="),
    *bad(lambda v: next(Stream(SMALL).batches(v)), *NO_INTEGERS, 0, -1, says="rows="),
    *bad(lambda v: Stream(SMALL, shortest=v), *NO_INTEGERS[:3], True, 0, 10, says="shortest="),
    *bad(lambda v: ControlStream(seed=v), NAN, 1.0, -1, says="seed="),
    *bad(lambda v: ControlStream()[v], 3, None, says="index="),
    *bad(
        lambda v: row_hash(v, np.array([1, 1])), np.ones(2, int), np.ones((3, 2), int), np.ones((2, 2)), says="values"
    ),
    *bad(regenerate, None, [1], 5, says="record="),
    *bad(changed("index"), -1, 1.0, "3", says="indices"),
    *bad(changed("universe"), "x", 5, None, says="universe="),
    *bad(changed("length"), 0, "9", 1.0, says="length="),
]


@pytest.mark.parametrize(("call", "value", "says"), CASES)
def test_what_is_wrong_is_named_and_quoted(call: Callable[[Any], object], value: object, says: str) -> None:
    with pytest.raises((ValueError, TypeError, IndexError, KeyError), match=re.escape(says)):
        call(value)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_numpy_integers_of_every_width_are_right(kind: str) -> None:
    one = np.dtype(kind).type(1)
    assert Span(length=one).length == 1
    assert LINE[one] == LINE[1]
    assert LINE.rule({"c1": one, "constant": one, "a0": one}).terms(one) == [1]
    assert Universe([LINE], shares=[one]).units == Universe([LINE]).units
    assert Stream(SMALL, seed=one)[one] == Stream(SMALL, seed=1)[1]
    assert Law(constant=np.arange(3, dtype=kind)).constant == (0, 1, 2)
    assert POSTERIOR.next([one, one]) == POSTERIOR.next(np.array([1, 1], kind)) == POSTERIOR.next([1, 1])  # type: ignore[arg-type]


def test_lists_and_arrays_are_ranges_too() -> None:
    made = [families.arithmetic(start=start, step=(1,)) for start in ([2, 3], (2, 3), np.array([2, 3]))]  # type: ignore[arg-type]
    assert made[0] == made[1] == made[2]
    assert len({family[0] for family in made}) == 1


@given(st.integers(-(2**62) + 1, 2**62 - 1), st.integers(-(2**62) + 1, 2**62 - 1))
def test_rows_of_any_range_are_exact(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    wide = Universe([families.constant(value=(low, high) if low < high else (low,))], span=Span(low=low, high=high))
    assert wide.table[0].dtype.kind in "iu"
    assert {int(value) for value in wide.table[0].ravel()} == {low, high}
    posterior = Posterior.of(wide)
    assert [d.mode for d in posterior.batch([[low], [high], [2**63], [-(2**70)]])] == [low, high, None, None]
