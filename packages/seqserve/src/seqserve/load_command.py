"""`seqserve load`: how fast the service answers, beside LitServe with the same model where that is installed."""

import argparse
import asyncio
import json
from importlib.util import find_spec
from typing import Any

from seqmodel.table import aligned
from seqserve.serve_command import require_http

_PEER = "LitServe"


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print a table or one JSON object."""
    require_http()
    from seqmodel.benchmark_machine import describe_machine
    from seqserve.service.load import OURS, Load, Measured

    peers = [_PEER] if find_spec("litserve") else []
    load = Load(arguments.model, seconds=arguments.seconds, rounds=arguments.rounds)
    found: list[Measured] = asyncio.run(load.run([OURS, *peers]))
    about = describe_machine(1, ["uvicorn", "litserve"]) | {"model": arguments.model}
    skipped = {} if peers else {_PEER: "it is not installed (pip install 'seqserve[peers]')"}
    if arguments.json:
        print(json.dumps({"machine": about, "measured": [one.to_dict() for one in found], "skipped": skipped}))
        return
    print(as_text(about, found, skipped))


def as_text(about: dict[str, Any], found: list[Any], skipped: dict[str, str]) -> str:
    """Return everything measured as a table."""
    rows: list[tuple[str, ...]] = [("", "", "answers/s", "p50 ms", "p99 ms", "wrong")]
    for one in found:
        times = (f"{one.percentile(share) * 1e3:.2f}" for share in (50, 99))
        rows.append((one.work, one.name, f"{one.rate:,.0f}", *times, f"{one.wrong:,}"))
    parts = [", ".join(f"{name} {value}" for name, value in about.items() if value is not None), aligned(rows)]
    parts += [f"{name}: skipped, {reason}" for name, reason in skipped.items()]
    return "\n\n".join(parts)
