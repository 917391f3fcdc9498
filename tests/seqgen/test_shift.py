"""Families are closed under shift: what is left of a row without its first term is a row again, with the same rest."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seqgen import Rule, Universe, explain, universe

NAMES = [family.name for family in universe("default").families]


@cache
def alone(name: str) -> Universe:
    """The universe of one family of ``default``."""
    return Universe([universe("default").family(name)])


def starts_in_range(rule: Rule) -> bool:
    """Families of order 2 start from 0 to 63; a tail may start higher."""
    return max(rule.terms(3)[1:]) < 64


def step_in_range(rule: Rule) -> bool:
    first, second = rule.terms(3)[1:]
    return abs(second - first) <= 40


def inner_start_in_range(rule: Rule) -> bool:
    return rule.parameters["inner.a0"] + rule.parameters["inner.constant"] in range(64)


IN_RANGE: dict[str, Callable[[Rule], bool]] = {
    "order-2": starts_in_range,
    "direction": starts_in_range,
    "changing-steps": step_in_range,
    "alternating-signs": inner_start_in_range,
}
"""Where the tail's own parameters lie in the ranges; in all other families they always do."""


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6)
@given(st.data())
def test_a_tail_is_a_row_of_the_same_family(name: str, data: st.DataObject) -> None:
    source = alone(name)
    family = source.families[0]
    index = data.draw(st.integers(0, len(family) - 1))
    rule = family[index]
    values, lengths = family.rows(family.combinations[index : index + 1])
    row = values[: lengths[0], 0].tolist()
    assume(len(row) >= 5)
    assume(IN_RANGE.get(name, lambda _: True)(rule))
    tails = [found.rule for found in explain(source, row[1:]).rules]
    # As exact sequences they agree beyond the row, too.
    assert rule.terms(24)[1:] in [tail.terms(24)[: len(rule.terms(24)) - 1] for tail in tails]
