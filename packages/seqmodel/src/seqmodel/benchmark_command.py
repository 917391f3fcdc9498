"""`seqmodel benchmark`: how fast sequences are read and continued here, beside peers."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

import seqmodel
from seqmodel.benchmark import (
    CONTEXT,
    EXACT,
    NAIVE,
    OURS,
    PROMPT,
    SHAPES,
    TERMS,
    VOCABULARY,
    Race,
    Shape,
    Stage,
    config_of,
    new_prompts,
    own_contestants,
    race,
)
from seqmodel.benchmark_agreement import NEAR_TIE, Agreement, agreements
from seqmodel.benchmark_machine import describe_machine
from seqmodel.benchmark_peers import ONNX_RUNTIME, PACKAGES, peers
from seqmodel.parameters import parameter_count
from seqmodel.table import aligned

BATCHES = (1, 32, 256)
QUICK_BATCHES = (1, 32)
QUICK_ROUNDS = 3


def run(*, threads: int, rounds: int, quick: bool, as_json: bool) -> None:
    """Measure, and print one table for each piece of work, or one JSON object.

    Args:
        threads: Of torch and of ONNX Runtime.
        rounds: How often everything is measured.
        quick: Measure the small model alone, without the largest batch, in few rounds.
        as_json: Print JSON, with the seconds of every round.
    """
    torch.set_num_threads(threads)
    shapes, batches = (SHAPES[:1], QUICK_BATCHES) if quick else (SHAPES, BATCHES)
    rounds = QUICK_ROUNDS if quick else rounds
    machine = describe_machine(threads, PACKAGES) | {"seqmodel": seqmodel.__version__}
    found = measure(shapes, batches, rounds, threads, show_stage)
    show_stage("")
    if as_json:
        print(json.dumps({"machine": machine, "rounds": rounds, **as_values(*found)}))
    else:
        print(as_text(machine, rounds, *found))


def measure(
    shapes: Sequence[Shape], batches: Sequence[int], rounds: int, threads: int, stage: Stage
) -> tuple[list[Race], list[Agreement], dict[str, str]]:
    """Return all timings, how far tokens agree, and why which peer was skipped."""
    races, agreed, skipped = list[Race](), list[Agreement](), dict[str, str]()
    for shape in shapes:
        stage(f"d_model {shape.d_model}: building the contestants")
        own, exact = own_contestants(shape)
        others, skipped = peers(shape, threads)
        ours_by_weights = [one for one in [*own, *others] if one.name in (OURS, NAIVE, ONNX_RUNTIME)]
        for batch in batches:
            prompts_BT = new_prompts(batch)
            races += race([*own, *others], shape, prompts_BT, rounds, stage)
            agreed += agreements(ours_by_weights, exact, shape, prompts_BT)
    return races, agreed, skipped


def as_values(races: Sequence[Race], agreed: Sequence[Agreement], skipped: dict[str, str]) -> dict[str, Any]:
    """Return everything measured as JSON values; times are in seconds."""
    timings = [
        {
            "work": one.work,
            **asdict(one.shape),
            "batch": one.batch,
            "name": timing.name,
            "setting": timing.setting,
            "fastest_setting": timing in one.best,
            "median": timing.median,
            "minimum": min(timing.seconds),
            "times_ours": asdict(one.times_ours(timing)),
            "seconds": timing.seconds,
        }
        for one in races
        for timing in one.timings
    ]
    agreements_ = [asdict(one) | asdict(one.shape) for one in agreed]
    for values in agreements_:
        del values["shape"]
    sizes = {"context": CONTEXT, "prompt": PROMPT, "terms": TERMS}
    return {**sizes, "timings": timings, "agreements": agreements_, "skipped": skipped}


def as_text(
    machine: dict[str, Any],
    rounds: int,
    races: Sequence[Race],
    agreed: Sequence[Agreement],
    skipped: dict[str, str],
) -> str:
    """Return everything measured as tables, each under a line that says of what."""
    header = ("", "median ms", "minimum ms", "times ours", "90 % interval")
    about = ", ".join(f"{name} {value}" for name, value in machine.items() if value is not None)
    parts = [about, f"context {CONTEXT}, prompts of {PROMPT} terms, {rounds} rounds in which every contestant ran once"]
    for one in races:
        work = "reading the prompts" if one.work == "prefill" else f"decoding {TERMS} new terms, prompts included"
        parts.append(f"{work}: {_named(one.shape)}, batch {one.batch}\n{aligned([header, *_rows(one)])}")
    parts.append(
        f"tokens beside {EXACT}, each row up to its first difference "
        f"(a near-tie where the best two logits are within {NEAR_TIE:g})\n{aligned(_agreement_rows(agreed))}"
    )
    parts += [f"{name}: skipped, {reason} (pip install 'seqmodel[benchmark]')" for name, reason in skipped.items()]
    return "\n\n".join(parts)


def _rows(one: Race) -> list[tuple[str, ...]]:
    rows = list[tuple[str, ...]]()
    for timing in one.best:
        name = f"{timing.name} ({timing.setting})" if timing.setting else timing.name
        times = (f"{timing.median * 1e3:.2f}", f"{min(timing.seconds) * 1e3:.2f}")
        ratio = one.times_ours(timing)
        compared = ("", "") if timing.name == OURS else (f"{ratio.medians:.2f}", f"{ratio.low:.2f}-{ratio.high:.2f}")
        rows.append((name, *times, *compared))
    return rows


def _agreement_rows(agreed: Sequence[Agreement]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("", "d_model", "batch", "tokens compared", "mismatches", "near-ties")]
    for one in agreed:
        counts = (one.shape.d_model, one.batch, one.tokens, one.mismatches, one.near_ties)
        rows.append((one.name, *(f"{count:,}" for count in counts)))
    return rows


def _named(shape: Shape) -> str:
    parameters = parameter_count(config_of(shape), VOCABULARY)
    return f"{parameters:,} parameters (d_model {shape.d_model}, {shape.layers} layers, {shape.heads} heads)"


def show_stage(text: str) -> None:
    """Say on a terminal what is being done, in place of what was said before."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
