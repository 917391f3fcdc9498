"""``seqgen explain``: which rules explain some terms, and what comes next."""

import argparse
import json

from seqgen.columns import aligned
from seqgen.distribution import END
from seqgen.explanation import Explanation, explain
from seqgen.options import chosen_universe
from seqgen.progress import Progress

_BAR = 40


def run(arguments: argparse.Namespace) -> None:
    """Print the likeliest rules and the distribution of the next term."""
    universe = chosen_universe(arguments)
    given = [term for some in arguments.terms for term in some]
    with Progress("looking at rules", len(universe)) as progress:
        explanation = explain(universe, given, progress.advance)
    if arguments.json:
        print(json.dumps(_plain(explanation, arguments.top)))
        return
    terms = " ".join(map(str, explanation.terms))
    if not explanation.rules:
        low, high = universe.span.low, universe.span.high
        outside = f", whose terms lie in {low}..{high}" if min(given) < low or max(given) > high else ""
        print(f"no rule of {universe.name} ({len(universe):,} rules{outside}) explains {terms}")
        return
    print(f"{len(explanation.rules):,} of {len(universe):,} rules of {universe.name} explain {terms}\n")
    print(aligned(_outcomes(explanation, arguments.top), ("next", "probability", ""), right=(0, 1)))
    print()
    rules = [
        (f"{float(found.probability):.2%}", _named(found.next), found.rule.family.name, found.rule.formula)
        for found in explanation.rules[: arguments.top]
    ]
    print(aligned(rules, ("probability", "next", "family", "formula"), right=(0, 1)))
    if len(explanation.rules) > arguments.top:
        print(f"and {len(explanation.rules) - arguments.top:,} more (--top shows more)")


def _outcomes(explanation: Explanation, top: int) -> list[tuple[str, str, str]]:
    following = explanation.next
    likeliest = sorted(following.outcomes, key=lambda outcome: -following.probability(outcome))
    shown = [(outcome, float(following.probability(outcome))) for outcome in likeliest[:top]]
    return [(_named(outcome), f"{share:.2%}", "#" * round(share * _BAR)) for outcome, share in shown]


def _named(outcome: int | None) -> str:
    return "END" if outcome is END else str(outcome)


def _plain(explanation: Explanation, top: int) -> dict[str, object]:
    following = explanation.next
    return {
        "terms": list(explanation.terms),
        "next": [
            {"term": outcome, "probability": float(following.probability(outcome)), "weight": weight}
            for outcome, weight in zip(following.outcomes, following.weights, strict=True)
        ],
        "rules_in_all": len(explanation.rules),
        "rules": [
            {
                **found.rule.to_dict(),
                "formula": found.rule.formula,
                "probability": float(found.probability),
                "weight": found.weight,
                "next": found.next,
            }
            for found in explanation.rules[:top]
        ],
    }
