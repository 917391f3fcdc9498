"""``seqgen families``: what a universe is made of."""

import argparse
import json

from seqgen.columns import aligned
from seqgen.options import chosen_universe


def run(arguments: argparse.Namespace) -> None:
    """Print the families of a universe, how many rules each has, and one of them."""
    universe = chosen_universe(arguments)
    rows = []
    for family, share in zip(universe.families, universe.shares, strict=True):
        example = family[len(family) // 3]
        if arguments.json:
            print(
                json.dumps(
                    {
                        "family": family.name,
                        "phase": family.phase,
                        "rules": len(family),
                        "share": share / sum(universe.shares),
                        "listed": family.listed,
                        "example": {"formula": example.formula, "terms": example.terms(universe.length)},
                    }
                )
            )
        terms = " ".join(map(str, example.terms(6)))
        share_text = f"{share / sum(universe.shares):.1%}"
        rows.append((family.name, str(family.phase), f"{len(family):,}", share_text, terms, example.formula))
    if not arguments.json:
        header = ("family", "phase", "rules", "share", "example", "formula of the example")
        print(aligned(rows, header, right=(1, 2, 3)))
        print(f"\n{len(universe):,} rules in {universe.low}..{universe.high}, {universe.length} terms a row")
