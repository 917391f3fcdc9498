"""Scoring a predictor on the frozen sets, beside what is possible and beside who needs no training."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import seqtrain
from seqgen import Ceilings, Posterior, universe
from seqtrain.baselines import rule_baselines
from seqtrain.benchmark_sets import TERMS, BenchmarkSet, benchmark_set
from seqtrain.benchmark_solvers import posterior_answers, sympy_answers
from seqtrain.evaluation import evaluate
from seqtrain.ideal import posterior_predictor
from seqtrain.metrics import Evaluation, Metrics
from seqtrain.outside_answers import answering_predictor
from seqtrain.predictions import Predictor
from seqtrain.result import json_values

FORMAT = 1
"""Of the figures as JSON."""

POSTERIOR = "exact posterior"
SYMPY = "SymPy's guess"
RULES = ("Berlekamp-Massey", "linear extrapolation", "last term")
SYMPY_ROWS = 20

_log = logging.getLogger("seqtrain")

Listed = Callable[[str], tuple[Posterior, Ceilings]]


def listed(name: str) -> tuple[Posterior, Ceilings]:
    """List a universe's rules, and add up what is possible over all its rows."""
    rules = universe(name)
    _log.info("listing all %s rules of %s", f"{len(rules):,}", name)
    posterior = Posterior.of(rules)
    _log.info("adding up the exact ceilings of %s", name)
    return posterior, Ceilings.of(posterior)


def benchmark(
    contestants: Mapping[str, Predictor],
    *,
    sets: Sequence[str],
    rows: int,
    seed: int = 0,
    sympy_rows: int = SYMPY_ROWS,
    list_universe: Listed | None = listed,
) -> dict[str, Any]:
    """Return all figures as JSON values.

    Args:
        contestants: Who is scored, by name. What they give no probabilities for has no log-loss.
        sets: Names of sets.
        rows: Rows of each.
        seed: Which rows.
        sympy_rows: How many of them SymPy is asked about, which takes a tenth of a second a question; 0 for none.
        list_universe: How to list one; None where what is possible is not wanted.

    Raises:
        ValueError: There is no such set, a package is missing, or a predictor answers wrongly.
    """
    found, skipped = {}, {}
    known: dict[str, tuple[Posterior, Ceilings]] = {}
    sympy = sympy_answers() if sympy_rows else None
    if sympy_rows and sympy is None:
        skipped[SYMPY] = "SymPy is not installed; pip install 'seqtrain[benchmark]'"
    for name in sets:
        _log.info("%s: drawing %s rows", name, f"{rows:,}")
        one = benchmark_set(name, rows=rows, seed=seed)
        explains = one.universe or next(iter(known), "default")
        if list_universe is not None and explains not in known:
            known.clear()  # two of them at once may not fit
            known[explains] = list_universe(explains)
        posterior, ceilings = known.get(explains, (None, None))
        predictors = dict(contestants)
        if posterior is not None:
            # Outside its universe it has no probabilities.
            ours = answering_predictor(posterior_answers(posterior), TERMS)
            predictors[POSTERIOR] = posterior_predictor(posterior, TERMS) if one.universe else ours
        rules = rule_baselines(TERMS)
        predictors |= {rule: rules[rule] for rule in RULES}
        figures = {}
        for who, predict in predictors.items():
            _log.info("%s: asking %s", name, who)
            figures[who] = evaluate(predict, one, rows=rows, terms=TERMS.size)
        values = {who: _values(each) for who, each in figures.items()}
        if sympy is not None:
            _log.info("%s: asking %s about %d rows", name, SYMPY, min(sympy_rows, rows))
            predict = answering_predictor(sympy, TERMS)
            values[SYMPY] = _values(evaluate(predict, one, rows=sympy_rows, terms=TERMS.size))
        found[name] = {
            "version": one.version,
            "seed": one.seed,
            "about": one.about,
            "rows": one.distinct_rows,
            "sha256": one.digest,
            "made_by": one.made_by,
            "universe": one.universe,
            "ceiling": None if ceilings is None else _ceiling(one, ceilings),
            "predictors": values,
        }
    return {
        "format": FORMAT,
        "seqtrain": seqtrain.__version__,
        "contestants": list(contestants),
        "sets": found,
        "skipped": skipped,
    }


def _values(figures: Evaluation) -> dict[str, Any]:
    def plain(metrics: Metrics) -> dict[str, Any]:
        values = json_values(vars(replace(metrics)))
        return {name: value for name, value in values.items() if name != "training_loss"}

    by_position = {depth: plain(metrics) for depth, metrics in figures.positions.items()}
    kept = ("targets", "accuracy", "accuracy_interval")
    return {
        "rows": figures.rows,
        **plain(figures.overall),
        "positions": {str(depth): {name: each[name] for name in kept} for depth, each in by_position.items()},
    }


def _ceiling(one: BenchmarkSet, ceilings: Ceilings) -> dict[str, float] | None:
    """Return what is possible over all rows that the set's are drawn from; None where that is not known."""
    if not one.universe or one.name == "held-out":
        return None
    phase = one.name.removeprefix("phase")
    ceiling = ceilings.of_phase(int(phase)) if phase.isdecimal() else ceilings.overall()
    return None if ceiling.accuracy is None else {"accuracy": float(ceiling.accuracy), "log_loss": ceiling.loss}
