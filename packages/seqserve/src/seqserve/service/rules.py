"""The rules that explain a sequence, looked up by seqgen. Needs the extra `posterior`."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from seqserve.service.messages import ExplainResponse, Outcome, Rule

if TYPE_CHECKING:
    from seqgen import Universe

MOST_RULES = 50
"""Rules that an answer holds; it says how many there are in all."""


def explanation(universe_name: str, sequence: Sequence[int]) -> ExplainResponse:
    """Look at every rule of a universe.

    The first call in a process lists the universe's rules, which takes seconds for the default one.

    >>> found = explanation("phase1", [1, 1, 2, 3, 5, 8])
    >>> found.next, found.rules[0].formula
    ([Outcome(term=13, probability=1.0)], 'a(0) = 1; a(1) = 1; a(n) = a(n-1) + a(n-2)')
    """
    from seqgen import explain

    universe = _universe(universe_name)
    found = explain(universe, sequence)
    return ExplainResponse(
        universe=universe_name,
        rules_in_universe=len(universe),
        rules_in_all=len(found.rules),
        next=[
            Outcome(term=outcome, probability=weight / found.next.total)
            for outcome, weight in zip(found.next.outcomes, found.next.weights, strict=True)
        ],
        rules=[
            Rule(
                family=each.rule.family.name,
                formula=each.rule.formula,
                probability=float(each.probability),
                next=each.next,
            )
            for each in found.rules[:MOST_RULES]
        ],
    )


@cache
def _universe(name: str) -> "Universe":
    from seqgen import universe

    return universe(name)


def warm(universe_name: str) -> None:
    """List a universe's rules now, so that the first question need not wait for it."""
    len(_universe(universe_name))
