"""Every rule of every family is exact: its terms are what its formula says, whatever evaluates it."""

import pytest
from formula_oracle import evaluate
from hypothesis import given
from hypothesis import strategies as st

import seqgen
from seqgen import Family, Rule, Span
from seqgen.strategies import families, rules, spans


@given(rules(), st.integers(0, 14))
def test_terms_are_what_the_formula_says(rule: Rule, n: int) -> None:
    assert rule.terms(n) == evaluate(rule.formula, n)


@given(families(), st.data())
def test_terms_are_what_the_formula_says_for_combined_families(family: Family, data: st.DataObject) -> None:
    rule = family[data.draw(st.integers(0, len(family) - 1))]
    assert rule.terms(10) == evaluate(rule.formula, 10)


@given(st.data())
def test_rows_are_the_exact_terms_under_the_overflow_policy(data: st.DataObject) -> None:
    span = data.draw(spans())
    family = data.draw(families(span))
    values, lengths = family.rows(family.combinations)
    for i in data.draw(st.lists(st.integers(0, len(family) - 1), min_size=1, max_size=5)):
        row = values[: lengths[i], i].tolist()
        assert row == emitted(family[i].terms(span.length), span)
        assert len(row) >= span.least


@given(families(), st.data())
def test_only_invalid_combinations_are_left_out(family: Family, data: st.DataObject) -> None:
    combination = data.draw(st.integers(0, family.size_of_product - 1))
    rule = family.rule(family.parameters_at(combination))
    long_enough = len(emitted(rule.terms(family.span.length), family.span)) >= family.span.least
    admitted = bool(family.admits(rule.parameters))
    assert (combination in family.combinations) == (long_enough and admitted)


@given(families(), st.data())
def test_a_rule_is_found_again_at_its_index(family: Family, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(family) - 1))
    rule = family[index]
    assert family.index(rule) == index
    assert family.rule(rule.to_dict()["parameters"]) == rule


def emitted(terms: list[int], span: Span) -> list[int]:
    """The overflow policies once more, a term at a time."""
    row: list[int] = []
    for term in terms:
        if span.overflow == "wrap":
            term = span.low + (term - span.low) % (span.high - span.low + 1)
        elif span.overflow == "saturate":
            term = min(max(term, span.low), span.high)
        if not span.low <= term <= span.high:
            break
        row.append(term)
    return row


def test_terms_stay_exact_beyond_64_bits() -> None:
    rule = seqgen.phase(1).family("order-2").rule({"c1": 1, "c2": 1, "constant": 0, "a0": 0, "a1": 1})
    terms = rule.terms(301)
    # F(300), as in any table of Fibonacci numbers.
    assert terms[300] == 222232244629420445529739893461909967206666939096499764990979600


@pytest.mark.parametrize("n", [-1, 1.5, "3", None])
def test_a_wrong_number_of_terms_is_refused(n: object) -> None:
    rule = seqgen.phase(1).families[0][0]
    with pytest.raises((TypeError, ValueError)):
        rule.terms(n)  # type: ignore[arg-type]
