"""``seqgen benchmark``: how fast rows and posteriors are made here."""

import argparse
import json
import os
import platform
import resource
import sys

import numpy as np

import seqgen
from seqgen.benchmark import Measure, measure_peer, measure_posterior, measure_rows
from seqgen.columns import aligned
from seqgen.options import chosen_universe

_PEER_ITEMS = 2000


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print a table with ratios."""
    universe = chosen_universe(arguments)

    def stage(name: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{name}")
            sys.stderr.flush()

    measures = measure_rows(universe, arguments.rows, arguments.runs, stage)
    peer = measure_peer(_PEER_ITEMS, stage)
    if not arguments.no_posterior:
        measures += measure_posterior(universe, 100_000, stage)
    stage("")
    machine = {
        "seqgen": seqgen.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "universe": universe.name,
        "rules": len(universe),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    first = measures[0].rate
    everything = [*measures, peer] if peer else measures
    if arguments.json:
        figures = [
            {"name": m.name, "unit": m.unit, "rate": m.rate, "slowest": m.slowest, "fastest": m.fastest}
            for m in everything
        ]
        ratio = first / peer.rate if peer else None
        print(json.dumps({"machine": machine, "measures": figures, "times_the_peer": ratio}))
        return
    print(", ".join(f"{name} {value}" for name, value in machine.items()) + "\n")
    header = ("", "a second (median)", "slowest", "fastest", "unit")
    print(aligned([_row(measure) for measure in everything], header, right=(1, 2, 3)))
    if peer:
        print(f"\nrows from a slice: {first / peer.rate:,.0f} times reasoning-gym's median item")
    else:
        print("\nreasoning-gym is not installed: no peer was measured (pip install 'seqgen[benchmark]')")


def _row(measure: Measure) -> tuple[str, ...]:
    rates = (measure.rate, measure.slowest, measure.fastest)
    return (measure.name, *(f"{rate:,.0f}" for rate in rates), measure.unit)
