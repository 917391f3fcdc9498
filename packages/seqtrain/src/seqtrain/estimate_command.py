"""`seqtrain estimate`: what a run takes, before any of it is taken."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from seqmodel import memory_account
from seqmodel.memory_budget import byte_count
from seqmodel.memory_command import PARTS, document_card, document_rows
from seqmodel.memory_formulas import BANDWIDTH
from seqmodel.table import aligned
from seqtrain.mixture import vocabulary_of
from seqtrain.recipe import Recipe
from seqtrain.run_command import chosen_recipe
from seqtrain.run_memory import RunMemory, largest_batch_of, run_memory, verdict
from seqtrain.universe_memory import universe_memory

_BUDGET = "8GB"
"""What the founding document's card has."""


def estimate(options: argparse.Namespace) -> int:
    """Print the account of a recipe's run and return the command's exit status."""
    recipe = chosen_recipe(options)
    budget = recipe.budget.memory or _BUDGET
    from seqtrain.device import lies_apart

    memory = run_memory(recipe, universe_memory(recipe), apart=lies_apart(recipe))
    if options.json:
        print(json.dumps(_as_object(recipe, memory, byte_count(budget))))
    else:
        print(_as_text(options.recipe, recipe, memory, budget))
    return 0


def _cache(recipe: Recipe) -> int:
    """Return the bytes of keys and values where the trained model decodes as many rows at once."""
    slots = 0 if recipe.model.attention == "full" else recipe.data.batch
    vocabulary = vocabulary_of(recipe)
    return memory_account(recipe.model, vocabulary, batch=recipe.data.batch, slots=slots, training=False).cache


def _as_object(recipe: Recipe, memory: RunMemory, budget: int) -> dict[str, Any]:
    parts = asdict(memory)
    step = parts.pop("step")
    document = step.pop("document") | {"totals": memory.step.document.totals}
    return {
        "document": document,
        "step": step | {"activations": memory.step.activations, "total": memory.step.total},
        **parts,
        "moments": dict(memory.moments),
        "total": memory.total,
        "cache": _cache(recipe),
        "budget": budget,
        "fits": memory.total <= budget,
        "largest_batch": largest_batch_of(recipe, memory.universes, budget=budget, apart=memory.apart),
        "bandwidth": BANDWIDTH,
        "step_seconds": memory.step.step_seconds(),
    }


def _as_text(name: str, recipe: Recipe, memory: RunMemory, budget: str) -> str:
    step, universes = memory.step, memory.universes
    rows = [["a training step", "bytes"], *([label, f"{getattr(step, part):,}"] for label, part in PARTS.items())]
    beside = {
        "best weights": memory.best,
        "exact labels": memory.labels,
        "rows that wait": memory.waiting,
        f"tables of {universes.rules:,} rules, at most": universes.rows,
        "their posterior, at most": universes.posterior if memory.teaches else 0,
        "a save": memory.saving,
        "exact figures, at most": universes.ceiling if memory.measures else 0,
    }
    if memory.apart:
        beside |= {
            "on the GPU: tables of rules": universes.gpu_rows,
            "on the GPU: their posterior, at most": universes.gpu_posterior if memory.teaches else 0,
            "on the GPU: labels of many steps, at most": memory.labelling,
        }
    kinds = f"{step.precision}, {recipe.optimiser.kind}"
    return "\n".join(
        [
            f"{name}: {step.parameters:,} parameters, {step.batch:,} rows of {step.length}, {kinds}",
            "",
            aligned(rows),
            "",
            aligned([["what a run holds besides", "bytes"], *([label, f"{size:,}"] for label, size in beside.items())]),
            "",
            aligned([["at its fullest", "bytes"], *([label, f"{size:,}"] for label, size in memory.moments.items())]),
            "",
            aligned(document_rows(step.document)),
            "",
            f"keys and values where the model decodes {step.batch:,} rows at once: {_cache(recipe):,} bytes",
            f"at {document_card()}: {1000 * step.step_seconds():,.3f} ms a step",
            verdict(recipe, memory, budget)[1],
        ]
    )
