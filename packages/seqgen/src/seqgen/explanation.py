"""Which rules explain given terms, how likely each is, and what comes next: found by looking at every rule."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer
from seqgen.distribution import END, Distribution
from seqgen.family import Family
from seqgen.listing import CHUNK
from seqgen.rule import Rule
from seqgen.universe import Universe


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A rule that explains the terms.

    Args:
        rule: the rule.
        weight: its integer weight in the universe.
        probability: its share of the weight of all rules that explain the terms.
        next: the next term, None where the rule has none in range.
    """

    rule: Rule
    weight: int
    probability: Fraction
    next: int | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The rules that explain some terms, likeliest first, and the distribution of the next term.

    Args:
        terms: the terms.
        rules: the rules, by probability, then in the universe's order. Empty where none explains the terms.
        next: the distribution of the next term.
    """

    terms: tuple[int, ...]
    rules: tuple[Explained, ...]
    next: Distribution


def explain(
    universe: Universe, terms: Sequence[int], progress: Callable[[int], object] = lambda _: None
) -> Explanation:
    """Return the rules of ``universe`` that begin with ``terms``, with exact probabilities.

    Any number of terms may be given, more than the universe's rows have too. ``progress`` hears how many rules were
    looked at. The same answer as :class:`seqgen.Posterior` gives, without listing and sorting all rows first.

    Raises:
        ValueError: there are no terms.
        TypeError: a term is no integer, or ``universe`` no universe.

    >>> from seqgen import phase
    >>> explanation = explain(phase(1), [1, 1, 2, 3, 5, 8])
    >>> [found.rule.formula for found in explanation.rules], explanation.next.mode
    (['a(0) = 1; a(1) = 1; a(n) = a(n-1) + a(n-2)'], 13)
    """
    if not isinstance(universe, Universe):
        raise TypeError(f"universe={universe!r}: give a Universe, as seqgen.universe makes it by name")
    wanted = checked_terms(terms)
    found: list[tuple[int, int, Rule, int | None]] = []
    for f, family in enumerate(universe.families):
        unit = universe.units[f]
        for start in range(0, len(family), CHUNK):
            combinations = family.combinations[start : start + CHUNK]
            for combination, following in _matching(family, combinations, wanted):
                rule = Rule(family=family, parameters=family.parameters_at(combination))
                found.append((unit, len(found), rule, following))
            progress(len(combinations))
    total = sum(unit for unit, *_ in found)
    weights: dict[int | None, int] = defaultdict(int)
    for unit, _, _, following in found:
        weights[following] += unit
    outcomes = sorted(weights, key=lambda outcome: (outcome is END, outcome or 0))
    found.sort(key=lambda item: (-item[0], item[1]))
    return Explanation(
        terms=tuple(wanted),
        rules=tuple(
            Explained(rule=rule, weight=unit, probability=Fraction(unit, total), next=following)
            for unit, _, rule, following in found
        ),
        next=Distribution(tuple(outcomes), tuple(weights[outcome] for outcome in outcomes)),
    )


def checked_terms(terms: Sequence[int]) -> list[int]:
    """Return terms as Python integers. Raises ValueError where there are none, TypeError where one is no integer."""
    if isinstance(terms, str | bytes) or not isinstance(terms, Sequence | np.ndarray):
        raise TypeError(f"terms={terms!r}: give a sequence of integers")
    if not len(terms):
        raise ValueError("terms is empty: give at least one term")
    return [integer(f"terms[{i}]", term) for i, term in enumerate(terms)]


def _matching(family: Family, combinations: NDArray[np.int64], wanted: list[int]) -> list[tuple[int, int | None]]:
    """Return the combinations whose rows begin with ``wanted``, each with the term that follows (None: END)."""
    if not all(family.span.low <= term <= family.span.high for term in wanted):
        return []
    # The first terms leave few rules, for which the others are worth computing.
    for n in sorted({1, min(2, len(wanted)), len(wanted)}):
        values, lengths = family.rows(combinations, n)
        given = np.array(wanted[:n])[:, None]
        combinations = combinations[(values == given).all(axis=0) & (lengths == n)]
    if not len(combinations):
        return []
    values, lengths = family.rows(combinations, len(wanted) + 1)
    return [
        (combination, following if length > len(wanted) else END)
        for combination, following, length in zip(
            combinations.tolist(), values[-1].tolist(), lengths.tolist(), strict=True
        )
    ]
