"""``seqgen sample``: print rows of a stream with the rule behind each."""

import argparse
import json

from seqgen.columns import aligned
from seqgen.options import chosen_universe
from seqgen.stream import Stream

_AT_ONCE = 1024


def run(arguments: argparse.Namespace) -> None:
    """Print the rows that the arguments ask for."""
    chosen = chosen_universe(arguments)
    stream = Stream(chosen, arguments.purpose, arguments.seed, shortest=arguments.shortest)
    end = arguments.start + arguments.rows
    for start in range(arguments.start, end, _AT_ONCE):
        batch = stream[start : min(start + _AT_ONCE, end)]
        rules = [chosen.rule(*place) for place in zip(batch.families.tolist(), batch.rules.tolist(), strict=True)]
        rows = list(zip(batch.indices.tolist(), batch.terms(), rules, strict=True))
        if arguments.json:
            for index, terms, rule in rows:
                print(json.dumps({"index": index, "terms": terms, **rule.to_dict(), "formula": rule.formula}))
            continue
        table = [(str(i), " ".join(map(str, terms)), rule.family.name, rule.formula) for i, terms, rule in rows]
        header = ("row", "terms", "family", "formula")
        print(aligned(table, header if start == arguments.start else None, right=(0,)))
