"""A report's figures as JSON values."""

from dataclasses import asdict
from typing import Any

from seqtrain.measured_run import MeasuredRun
from seqtrain.result import json_values
from seqtrain.standings import Standings


def report_numbers(run: MeasuredRun) -> dict[str, Any]:
    """Return what the page of a run says in numbers, but for the logged curves."""
    history, ideal = run.history, run.validation_possible
    account = run.memory
    return {
        "run": history.name,
        "status": history.status,
        "ended": history.ended,
        "step": history.step,
        "steps": history.recipe.budget.total_steps,
        "kept_step": run.kept_step,
        "seconds": history.seconds,
        "parameters": run.parameters,
        "scores": run.scores,
        "scored_now": run.scored_now,
        "lacking": run.possible.lacking or None,
        "standings": None if run.standings is None else _standings(run.standings),
        "validation_possible": None if ideal is None else json_values(asdict(ideal)),
        "wrong": [*map(asdict, run.wrong), *map(asdict, run.wrong_questions)],
        "memory": {**asdict(account), "activations": account.activations, "total": account.total},
    }


def _standings(standings: Standings) -> dict[str, Any]:
    found = json_values(asdict(standings))
    found["overall"]["share_of_possible"] = standings.overall.share_of_possible
    return found
