"""``seqgen ceiling``: what a predictor that knows the universe can reach, by position and phase."""

import argparse
import json
import sys

from seqgen.ceilings import Ceiling, Ceilings
from seqgen.columns import aligned
from seqgen.options import chosen_universe
from seqgen.posterior import Posterior
from seqgen.posterior_file import stored_posterior


def run(arguments: argparse.Namespace) -> None:
    """Print the Bayes-optimal figures of a universe."""
    universe = chosen_universe(arguments)

    def stage(name: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{name} ({len(universe):,} rules)")
            sys.stderr.flush()

    if arguments.store is None:
        posterior = Posterior.of(universe, stage)
    else:
        posterior = stored_posterior(arguments.store, universe, stage)
    stage("summing")
    ceilings = Ceilings.of(posterior)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    if arguments.json:
        print(json.dumps(_plain(ceilings)))
        return
    print(f"Bayes-optimal figures of {universe.name}: {len(universe):,} rules, {universe.length} terms a row\n")
    phases = _phases(ceilings)
    rows = [_row(f"after {k} term{'s' * (k > 1)}", _at(ceilings, k, phases)) for k in range(1, universe.length)]
    rows.append(_row("overall", [ceilings.overall(), *(ceilings.of_phase(phase) for phase in phases)]))
    header = ["", "accuracy", "distance", "loss"]
    for phase in phases:
        header += [f"phase {phase}: accuracy", "distance", "loss"]
    print(aligned(rows, header, right=range(1, len(header))))
    families = [_row(family.name, [ceilings.of_family(family.name)]) for family in ceilings.universe.families]
    print()
    print(aligned(families, ("family", "accuracy", "distance", "loss"), right=(1, 2, 3)))
    print("\naccuracy in per cent, loss in nats; END counts as a term, except in the distance")


def _phases(ceilings: Ceilings) -> list[int]:
    phases = sorted({family.phase for family in ceilings.universe.families})
    return phases if len(phases) > 1 else []


def _at(ceilings: Ceilings, position: int, phases: list[int]) -> list[Ceiling]:
    return [ceilings.at(position), *(ceilings.of_phase(phase, position) for phase in phases)]


def _row(name: str, ceilings: list[Ceiling]) -> list[str]:
    cells = [name]
    for ceiling in ceilings:
        if ceiling.accuracy is None:
            cells += ["-", "-", "-"]
            continue
        distance = "-" if ceiling.distance is None else f"{float(ceiling.distance):.3f}"
        cells += [f"{100 * float(ceiling.accuracy):.3f}", distance, f"{ceiling.loss:.4f}"]
    return cells


def _plain(ceilings: Ceilings) -> dict[str, object]:
    positions = range(1, ceilings.universe.length)
    phases = sorted({family.phase for family in ceilings.universe.families})
    return {
        "universe": ceilings.universe.name,
        "rules": len(ceilings.universe),
        "overall": _figures(ceilings.overall()),
        "positions": {k: _figures(ceilings.at(k)) for k in positions},
        "phases": {
            phase: {
                "overall": _figures(ceilings.of_phase(phase)),
                "positions": {k: _figures(ceilings.of_phase(phase, k)) for k in positions},
            }
            for phase in phases
        },
        "families": {family.name: _figures(ceilings.of_family(family.name)) for family in ceilings.universe.families},
    }


def _figures(ceiling: Ceiling) -> dict[str, float | None]:
    return {
        "accuracy": None if ceiling.accuracy is None else float(ceiling.accuracy),
        "distance": None if ceiling.distance is None else float(ceiling.distance),
        "loss": ceiling.loss if ceiling.weight else None,
    }
