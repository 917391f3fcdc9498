"""Every example of the design, term for term: the family named for it has a rule that begins exactly so."""

import re
from collections.abc import Callable

import pytest

from seqgen import END, Family, Stream, Universe, broad, explain, families, universe
from seqgen.universes import NAMES

DESIGN = [
    # Phase 1
    (families.constant, [1, 1, 1]),
    (families.arithmetic, [2, 4, 6]),
    (families.order2, [1, 0, 1, 0]),
    (families.order2, [1, 1, 2, 3, 5, 8, 13, 21, 34]),
    (families.affine, [1, 3, 7, 15, 31, 63]),
    # Phase 2: steps
    (families.alternating_steps, [1, 3, 4, 6, 7, 9]),
    (families.changing_steps, [1, 2, 4, 7, 11]),
    (families.changing_steps, [1, 5, 8, 10, 11]),
    # Phase 2: factors
    (families.geometric, [2, 4, 8, 16]),
    (families.alternating_geometric, [1, 2, 6, 12, 36]),
    (families.alternating_geometric, [8, 4, 6, 3]),
    (families.rational_geometric, [81, 54, 36, 24, 16]),
    # Phase 2: runs
    (families.runs, [1, 1, 2, 2, 3, 3]),
    (families.runs, [1, 1, 1, 2, 2, 2]),
    (families.mixed_runs, [1, 2, 2, 3, 4, 4, 5, 6, 6]),
    # Phase 3
    (families.fibonacci_modulo, [0, 1, 1, 2, 0, 2, 2, 1, 0]),
    (families.fibonacci_modulo, [1, 1, 2, 0, 2, 2, 1, 0]),
    (families.every_kth, [1, 2, 6, 4, 5, 12, 7, 8, 18]),
    (families.floor_geometric, [100, 66, 44, 29, 19]),
    (families.ceiling_geometric, [100, 67, 45, 30, 20]),
    (families.alternating_signs, [101, 98, 103, 96]),
    (families.parity, [1, 2, 3, 6, 7, 14, 15, 30]),
    (families.threshold, [10, 15, 20, 8, 13, 18, 6]),
    (families.direction, [3, 1, 2, 7, 12, 17]),
    (families.direction, [1, 2, 1, 2, 1, 2]),
]

BROAD = [
    (broad.floor_powers, [1, 1, 2, 3, 5, 7, 11, 17, 25]),
    (broad.ceiling_powers, [1, 2, 3, 4, 6, 8, 12, 18]),
    (broad.interleaved_arithmetic, [1, 10, 2, 20, 3, 30]),
    (broad.interleaved_growth, [1, 5, 2, 4, 4, 3, 8, 2]),
    (broad.interleaved_growth, [5, 1, 4, 2, 3, 4, 2, 8]),
    (broad.alternating_operations, [1, 3, 6, 8, 16, 18]),
    (broad.alternating_operations, [3, 6, 8, 16, 18, 36]),
    (broad.rational_affine, [17, 9, 5, 3, 2]),
    (broad.polynomial, [0, 1, 4, 9, 16]),
    (broad.polynomial, [0, 1, 8, 27, 64]),
    (broad.order3, [1, 1, 2, 4, 7, 13]),
    (broad.sums_of_order2, [1, 2, 4, 7, 12, 20]),
    (broad.sums_of_order2, [0, 1, 2, 4, 7, 12]),
    (broad.sums_of_geometric, [1, 3, 7, 15, 31]),
    (broad.shifted_powers, [3, 5, 9, 17, 33]),
    (broad.reversed_growth, [21, 13, 8, 5, 3, 2, 1, 1]),
    (broad.long_runs, [1, 2, 2, 3, 3, 3, 4, 5, 5]),
    (broad.long_runs, [7, 7, 7, 7, 5, 5, 5, 5, 3]),
]


@pytest.mark.parametrize(("make", "terms"), [*DESIGN, *BROAD], ids=lambda part: getattr(part, "__name__", str(part)))
def test_a_rule_of_the_named_family_begins_with_the_example(make: Callable[[], Family], terms: list[int]) -> None:
    explanation = explain(Universe([make()]), terms)
    assert explanation.rules
    for found in explanation.rules:
        assert found.rule.terms(len(terms)) == terms


def test_every_family_of_the_design_has_an_example() -> None:
    shown = {make().name for make, _ in DESIGN}
    assert shown == {family.name for family in universe("default").families}
    assert {make().name for make, _ in BROAD} == {make().name for make in broad.FAMILIES}


@pytest.mark.parametrize("make", [*dict(DESIGN), *broad.FAMILIES], ids=lambda make: make.__name__)
def test_the_examples_in_the_docstrings_are_true(make: Callable[[], Family]) -> None:
    """Whatever stands in a family's docstring as four terms or more is a row of that family."""
    text = (make.__doc__ or "").split("\n\n")[0]
    for example in re.findall(r"\d+(?:, \d+){2,}", text):
        terms = [int(term) for term in example.split(", ")]
        assert explain(Universe([make()]), terms).rules, example


@pytest.mark.parametrize(
    ("make", "terms"),
    [
        (families.alternating_geometric, [8, 4, 6, 3]),  # 4.5
        (families.rational_geometric, [81, 54, 36, 24, 16]),  # 32/3
        (broad.rational_affine, [17, 9, 5, 3, 2]),  # 1.5
        (families.geometric, [2, 4, 8, 16, 32, 64, 128]),  # 256
        (families.alternating_signs, [101, 98, 103, 96, 105]),
    ],
)
def test_a_row_that_leaves_the_integers_or_the_range_ends(make: Callable[[], Family], terms: list[int]) -> None:
    explanation = explain(Universe([make()]), terms)
    ended = [found for found in explanation.rules if found.next is END]
    assert bool(ended) == (make is not families.alternating_signs)


def test_coefficients_apply_to_the_most_recent_term_first() -> None:
    rule = families.order2().rule({"c1": 1, "c2": 2, "constant": 0, "a0": 1, "a1": 1})
    assert rule.terms(6) == [1, 1, 3, 5, 11, 21]
    assert rule.formula == "a(0) = 1; a(1) = 1; a(n) = a(n-1) + 2*a(n-2)"


def test_the_whole_default_universe_explains_each_example() -> None:
    whole = universe("default")
    for terms in ([1, 1, 2, 3, 5, 8], [8, 4, 6, 3], [1, 2, 2, 3, 4, 4], [101, 98, 103, 96]):
        explanation = explain(whole, terms)
        assert explanation.rules
        assert sum(found.probability for found in explanation.rules) == 1


def test_every_named_universe_gives_rows() -> None:
    for name in NAMES:
        row = Stream(universe(name, length=5))[0]
        assert 4 <= len(row.terms) <= 5
        assert row.rule.terms(len(row.terms)) == list(row.terms)
