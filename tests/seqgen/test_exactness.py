"""Cases where 64 bits, or one rule alone, once gave wrong rows without a word."""

import numpy as np
import pytest

from seqgen import (
    Below,
    Ceilings,
    Chosen,
    Law,
    Mapped,
    Modulo,
    Posterior,
    Recurrence,
    Runs,
    Span,
    Stream,
    Sums,
    Universe,
    families,
    phase,
)
from seqgen.philox import words

ONE_FIBONACCI = Recurrence(name="fibonacci", laws=(Law(coefficients=((1,), (1,))),), starts=((0,), (1,)))
ONE_POWER = families.geometric(start=(1,), factor=(3,))


@pytest.mark.parametrize(
    "family",
    [
        Modulo(name="modulo", inner=ONE_FIBONACCI, modulus=range(2, 33)),
        ONE_POWER,
        Runs(name="runs", cycles=((1,),), start=(2**60,), step=(2**60,)),
        Chosen(name="chosen", first=ONE_POWER, second=ONE_FIBONACCI, predicate=Below(threshold=range(1, 9))),
        Sums(name="sums", inner=ONE_POWER, start=range(4)),
    ],
    ids=lambda family: family.name,
)
@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
def test_rows_stay_exact_beyond_64_bits_where_a_part_has_one_rule(family, overflow):
    span = Span(length=100, high=1000, overflow=overflow)
    placed = family.within(span)
    values, _ = placed.rows(placed.combinations)
    for i, rule in enumerate(placed):
        exact = np.array(rule.terms(100), object)
        expected = exact % 1001 if overflow == "wrap" else np.minimum(exact, 1000)
        assert values[:, i].tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("family", "first"),
    [
        (Sums(name="sums", inner=families.arithmetic(start=(1,), step=(1,)), start=range(10)), [0, 1, 3, 6]),
        (Mapped(name="mapped", inner=ONE_POWER, law=Law(coefficients=((1,),), constant=range(5))), [1, 3, 9, 27]),
    ],
    ids=lambda part: getattr(part, "name", None),
)
def test_one_inner_rule_serves_many_outer_ones(family, first):
    assert family[0].terms(4) == first
    assert len(family) == family.size_of_product


@pytest.mark.parametrize("length", [255, 256, 300])
def test_the_posterior_of_long_rows_is_exact(length):
    universe = Universe([families.constant(value=range(3))], span=Span(length=length, high=3))
    posterior = Posterior.of(universe)
    assert posterior.next([1] * (length - 1)).outcomes == (1,)
    assert Ceilings.of(posterior).at(length - 1).accuracy == 1


def test_a_cycle_keeps_all_its_laws_equal_or_not():
    steps = Law(coefficients=((1,),), constant=(1, 2))
    family = Recurrence(name="cycle", laws=(steps, steps, steps), starts=((0,),))
    assert len(family) == 8
    assert [0, 1, 2, 4] in [rule.terms(4) for rule in family]


def test_formulas_of_deeply_nested_rules_find_names():
    family = families.arithmetic(start=(1,), step=(1,))
    for depth in range(14):
        family = Sums(name=f"sums{depth}", inner=family, start=(1,))
    assert "b1(n)" in family.rule({name: values[0] for name, values in family.axes().items()}).formula


def test_the_parts_of_a_row_share_no_words_with_any_purpose():
    drawn = words("train", 7, 0, 256, part="length")
    assert not set(drawn.tolist()) & set(words("train-length", 7, 0, 256).tolist())
    with pytest.raises(ValueError, match="purpose="):
        Stream(phase(1), "train/length")


def test_distances_of_the_widest_ranges_are_exact():
    step = tuple(k * 2**52 for k in range(-500, 500))
    span = Span(low=-(2**62) + 1, high=2**62 - 1, length=5)
    ceiling = Ceilings.of(Posterior.of(Universe([families.arithmetic(start=(0,), step=step)], span=span))).at(1)
    valid = [s for s in step if abs(3 * s) < 2**62]
    median = sorted(valid)[(len(valid) - 1) // 2]
    assert ceiling.distance is not None
    assert ceiling.distance * len(valid) == sum(abs(s - median) for s in valid)


def test_a_universe_that_cannot_be_listed_says_so():
    wide = families.arithmetic(start=range(6000), step=range(5000))
    other = families.affine(factor=(1,), constant=range(5000), start=range(6000))
    universe = Universe([wide, other], span=Span(high=10**9, length=4))
    with pytest.raises(ValueError, match="60,000,000 rules"):
        Posterior.of(universe)


def test_a_rule_is_rebuilt_from_its_plain_values():
    universe = phase(2)
    rule = universe.families[5][1000]
    assert universe.rule_from_dict(rule.to_dict()) == rule
    with pytest.raises(ValueError, match="family"):
        universe.rule_from_dict({"parameters": {}})
