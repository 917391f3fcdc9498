"""Hypothesis strategies for rules, families, universes and batches, for tests of what is built on seqgen.

Install Hypothesis beside seqgen; nothing else in the package imports it. With it, ``@given`` also finds strategies by
type: a parameter annotated :class:`seqgen.Rule` needs no strategy.

    >>> from hypothesis import given, settings
    >>> @settings(database=None, max_examples=10)
    ... @given(rules())
    ... def check(rule):
    ...     assert rule.terms(3) == rule.terms(9)[:3]
    >>> check()
"""

from collections.abc import Sequence

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from seqgen import families as named
from seqgen.arithmetic.strategies import questions
from seqgen.batch import Batch
from seqgen.family import Family, Values
from seqgen.law import Law, Rounding
from seqgen.listing import NoRulesError
from seqgen.mapped import EveryKth, Mapped
from seqgen.modulo import Modulo
from seqgen.pairs import Chosen, Composed, Interleaved
from seqgen.powers import RoundedPowers
from seqgen.recurrence import Recurrence
from seqgen.reversed import Reversed
from seqgen.rule import Rule
from seqgen.runs import Runs
from seqgen.signs import AlternatingSigns
from seqgen.span import Overflow, Span
from seqgen.stream import Stream
from seqgen.sums import Sums
from seqgen.switch import Below, Parity, Predicate, Rising, Switch
from seqgen.universe import Universe

_OVERFLOWS: tuple[Overflow, ...] = ("truncate", "reject", "wrap", "saturate")
_ROUNDINGS: tuple[Rounding, ...] = ("exact", "floor", "ceil")

Strategy = st.SearchStrategy

__all__ = ["batches", "families", "questions", "rules", "spans", "universes"]


@st.composite
def rules(draw: st.DrawFn, among: Sequence[Family] | None = None) -> Rule:
    """Rules of given families, by default small ones of all three phases.

    Failing examples shrink towards the first family and parameters near zero.
    """
    family = draw(st.sampled_from(among or _small_families()))
    combination = 0
    for values in family.axes().values():
        simplest_first = np.lexsort([np.less(values, 0), np.abs(values)]).tolist()
        combination = combination * len(values) + draw(st.sampled_from(simplest_first))
    # The parameters drawn may be no valid rule; the next one is.
    position = int(np.searchsorted(family.combinations, combination))
    return family[min(position, len(family) - 1)]


def families(span: Span | None = None, max_leaves: int = 3) -> Strategy[Family]:
    """Families of every kind with small ranges, simple ones first; combinators nest up to ``max_leaves`` families.

    Each has at least one valid rule within ``span`` (by default 0..255, nine terms, truncated).
    """
    nested = st.recursive(_simple_families(), _combined_families, max_leaves=max_leaves)
    return nested.map(lambda family: family.within(span or Span())).filter(_has_rules)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Ranges that may be negative, lengths up to 12, every overflow policy."""
    low = draw(st.integers(-300, 10))
    return Span(
        low=low,
        high=draw(st.integers(low, low + 600)),
        length=draw(st.integers(1, 12)),
        overflow=draw(st.sampled_from(_OVERFLOWS)),
    )


@st.composite
def universes(draw: st.DrawFn, max_families: int = 3) -> Universe:
    """Universes of a few small families with shares and a span of their own."""
    span = draw(spans())
    count = draw(st.integers(1, max_families))
    drawn = draw(st.lists(families(span), min_size=count, max_size=count, unique_by=lambda f: f.name))
    shares = draw(st.lists(st.integers(1, 5), min_size=count, max_size=count))
    return Universe(drawn, shares=shares, span=span)


@st.composite
def batches(draw: st.DrawFn, universe: Universe | None = None, max_rows: int = 20) -> Batch:
    """Batches of a stream, of any universe unless one is given."""
    chosen = universe or draw(universes())
    shortest = draw(st.none() | st.integers(1, chosen.length))
    stream = Stream(chosen, seed=draw(st.integers(0, 2**64 - 1)), shortest=shortest)
    start = draw(st.integers(0, 2**40))
    return stream[start : start + draw(st.integers(0, max_rows))]


def _small_families() -> list[Family]:
    near = range(16)
    return [
        named.constant(),
        named.arithmetic(start=near, step=range(-4, 5)),
        named.affine(factor=range(-2, 3), constant=range(-3, 4), start=near),
        named.order2(coefficients=range(-1, 2), constant=range(-1, 2), starts=range(8)),
        named.alternating_steps(start=near, step=range(-3, 4)),
        named.changing_steps(start=near, first=range(-4, 5), growth=range(-2, 3)),
        named.geometric(),
        named.rational_geometric(),
        named.alternating_geometric(start=range(64)),
        named.runs(start=near, step=range(-3, 4)),
        named.mixed_runs(start=near, step=range(-3, 4)),
        named.fibonacci_modulo(modulus=range(2, 8), starts=range(4)),
        named.every_kth(start=near, step=range(-3, 4)),
        named.floor_geometric(),
        named.ceiling_geometric(),
        named.alternating_signs(offset=range(32), start=range(8), step=range(-2, 3)),
        named.parity(start=near),
        named.threshold(start=near, up=range(1, 4), down=range(1, 4)),
        named.direction(starts=range(8), increment=range(-3, 4)),
    ]


def _values(low: int = -4, high: int = 6, size: int = 3) -> Strategy[Values]:
    return st.lists(st.integers(low, high), min_size=1, max_size=size, unique=True).map(tuple)


def _names() -> Strategy[str]:
    return st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)


@st.composite
def _laws(draw: st.DrawFn, order: int, least: int = -2) -> Law:
    divides = draw(st.booleans())
    return Law(
        coefficients=tuple(draw(_values(least, 3, 2)) for _ in range(order)),
        constant=draw(_values(-5, 5, 2)),
        divisor=draw(_values(1, 4, 2)) if divides else (1,),
        rounding=draw(st.sampled_from(_ROUNDINGS)) if divides else "exact",
    )


@st.composite
def _recurrences(draw: st.DrawFn) -> Family:
    laws = draw(st.lists(st.integers(0, 3).flatmap(_laws), min_size=1, max_size=3))
    order = max(law.order for law in laws)
    turn = draw(st.sampled_from([(0,), tuple(range(len(laws)))]))
    starts = tuple(draw(_values(0, 20, 2)) for _ in range(order))
    return Recurrence(name=draw(_names()), laws=tuple(laws), starts=starts, turn=turn)


@st.composite
def _powers(draw: st.DrawFn) -> Family:
    return RoundedPowers(
        name=draw(_names()),
        start=draw(_values(-20, 20, 2)),
        numerator=draw(_values(1, 6, 2)),
        denominator=draw(_values(1, 5, 2)),
        rounding=draw(st.sampled_from(_ROUNDINGS)),
    )


@st.composite
def _switches(draw: st.DrawFn) -> Family:
    return Switch(
        name=draw(_names()),
        predicate=draw(_predicates()),
        then=draw(_laws(draw(st.integers(0, 2)))),
        otherwise=draw(_laws(draw(st.integers(0, 2)))),
        starts=(draw(_values(0, 20, 2)), draw(_values(0, 20, 2))),
    )


def _predicates() -> Strategy[Predicate]:
    return st.one_of(
        st.builds(Parity, remainder=_values(0, 1, 2), modulus=st.just(2)),
        st.builds(Below, threshold=_values(0, 64, 2)),
        st.just(Rising()),
    )


def _simple_families() -> Strategy[Family]:
    cycles = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple), min_size=1, max_size=2)
    runs = st.builds(Runs, name=_names(), cycles=cycles.map(tuple), start=_values(0, 20), step=_values())
    return st.one_of(_recurrences(), runs, _switches(), _powers())


def _combined_families(inner: Strategy[Family]) -> Strategy[Family]:
    one = {"name": _names(), "inner": inner}
    two = {"name": _names(), "first": inner, "second": inner}
    return st.one_of(
        st.builds(Sums, **one, start=_values(0, 20)),
        st.builds(Modulo, **one, modulus=_values(1, 30)),
        st.builds(Mapped, **one, law=_laws(1, least=1)),
        st.builds(EveryKth, **one, law=_laws(1, least=1), periods=_values(1, 4, 2)),
        st.builds(AlternatingSigns, **one, offset=_values(0, 40, 2)),
        st.builds(Reversed, **one, last=_values(0, 12, 2)),
        st.builds(Interleaved, **two, turn=st.sampled_from([(0,), (1,), (0, 1)])),
        st.builds(Composed, **two),
        st.builds(Chosen, **two, predicate=_predicates()),
    )


def _has_rules(family: Family) -> bool:
    assume(family.size_of_product <= 500)
    try:
        return len(family) > 0
    except NoRulesError:
        return False
