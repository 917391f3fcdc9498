"""`seqserve bench`: how fast the compiled engine continues sequences here, beside torch and peers, in one run."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from numpy.typing import ArrayLike

from seqmodel.benchmark import (
    CONTEXT,
    PROMPT,
    SHAPES,
    TERMS,
    VOCABULARY,
    Contestant,
    Prompts,
    Race,
    Ratio,
    Shape,
    Stage,
    Timing,
    config_of,
    new_prompts,
    own_contestants,
    take_turns,
)
from seqmodel.benchmark_agreement import Agreement, agreements
from seqmodel.benchmark_machine import describe_machine
from seqmodel.benchmark_peers import ONNX_RUNTIME, PACKAGES, peers
from seqmodel.checkpoint import content_of
from seqmodel.parameters import parameter_count
from seqmodel.table import aligned
from seqserve.bench_scaling import Roof, Scaling, scaling_text
from seqserve.compiled_engine import CompiledEngine

COMPILED = "seqserve, compiled"
BATCHES = (1, 32, 256)
QUICK_BATCHES = (1, 32)
QUICK_ROUNDS = 3


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print a table for each size and batch, or one JSON object."""
    torch.set_num_threads(arguments.threads)
    shapes, batches = (SHAPES[:1], QUICK_BATCHES) if arguments.quick else (SHAPES, BATCHES)
    rounds = QUICK_ROUNDS if arguments.quick else arguments.rounds
    machine = describe_machine(arguments.threads, ("seqmodel", *PACKAGES, "numba"))
    races, scalings, agreed, skipped = measure(shapes, batches, rounds, arguments.threads, _stage)
    _stage("")
    if arguments.json:
        timings = [
            {"work": one.work, **asdict(one.shape), "batch": one.batch, **asdict(timing)}
            for one in races
            for timing in one.timings
        ]
        values = {"context": CONTEXT, "prompt": PROMPT, "terms": TERMS, "timings": timings, "skipped": skipped}
        values |= {"scalings": list(map(asdict, scalings)), "agreements": list(map(asdict, agreed))}
        print(json.dumps({"machine": machine, "rounds": rounds, **values}))
    else:
        print(as_text(machine, rounds, races, scalings, agreed, skipped))


def measure(
    shapes: Sequence[Shape], batches: Sequence[int], rounds: int, threads: int, stage: Stage
) -> tuple[list[Race], list[Scaling], list[Agreement], dict[str, str]]:
    """Return all timings, what several threads gain, how far tokens are those of torch's exact mode, who was skipped.

    What several threads gain is measured before any peer runs: idle threads of theirs turn for a while.
    """
    races, scalings, agreed, skipped = list[Race](), list[Scaling](), list[Agreement](), dict[str, str]()
    roof = Roof(threads)
    for shape in shapes:
        stage(f"d_model {shape.d_model}: building the contestants")
        own, exact = own_contestants(shape)
        others, skipped = peers(shape, threads)
        content = content_of(exact, {})
        compiled, alone = (contestant(CompiledEngine(content, threads=count)) for count in (threads, 1))
        for batch in batches:
            if min(threads, batch) > 1:
                stage(f"d_model {shape.d_model}, batch {batch}: {threads} threads beside one")
                work = (
                    partial(alone.decode, new_prompts(batch), TERMS),
                    partial(compiled.decode, new_prompts(batch), TERMS),
                )
                scalings.append(Scaling.measured(shape, batch, *work, roof, rounds))
        every = [compiled, *own, *others]
        same_weights = [one for one in every if one in (compiled, *own) or one.name == ONNX_RUNTIME]
        for batch in batches:
            prompts_BT = new_prompts(batch)
            actions = {one: partial(one.decode, prompts_BT, TERMS) for one in every}
            about = f"d_model {shape.d_model}, batch {batch}: round"
            seconds = take_turns(actions, rounds, lambda number, about=about: stage(f"{about} {number}"))  # type: ignore[misc]
            timings = (Timing(name=one.name, setting=one.setting, seconds=seconds[one]) for one in every)
            races.append(Race(work="decode", shape=shape, batch=batch, timings=tuple(timings)))
            agreed += agreements(same_weights, exact, shape, prompts_BT)
    return races, scalings, agreed, skipped


def contestant(engine: CompiledEngine) -> Contestant:
    """Return the compiled engine as one that takes part; it finds probabilities too, as it always does."""
    assert VOCABULARY.low == 0, "terms are tokens"  # noqa: S101

    def decode(prompts_BT: Prompts, terms: int) -> ArrayLike:
        return [answer.terms for answer in engine.decode(prompts_BT.tolist(), terms, "cached")]

    return Contestant(name=COMPILED, prefill=partial(decode, terms=1), decode=decode)


def as_text(
    machine: dict[str, Any],
    rounds: int,
    races: Sequence[Race],
    scalings: Sequence[Scaling],
    agreed: Sequence[Agreement],
    skipped: dict[str, str],
) -> str:
    """Return everything measured as tables."""
    header = ("", "median ms", "minimum ms", "times compiled", "90 % interval")
    parts = [
        ", ".join(f"{name} {value}" for name, value in machine.items() if value is not None),
        f"context {CONTEXT}, prompts of {PROMPT} terms, {TERMS} new terms, {rounds} rounds in which each ran once",
    ]
    for one in races:
        parameters = parameter_count(config_of(one.shape), VOCABULARY)
        title = f"{parameters:,} parameters (d_model {one.shape.d_model}, {one.shape.layers} layers), batch {one.batch}"
        parts.append(f"{title}\n{aligned([header, *_rows(one)])}")
    if scalings:
        parts.append(scaling_text(machine["threads"], scalings))
    rows: list[tuple[str, ...]] = [("", "d_model", "batch", "tokens compared", "mismatches", "near-ties")]
    for found in agreed:
        counts = (found.shape.d_model, found.batch, found.tokens, found.mismatches, found.near_ties)
        rows.append((found.name, *(f"{count:,}" for count in counts)))
    parts.append(f"tokens beside torch's exact mode, each row up to its first difference\n{aligned(rows)}")
    parts += [f"{name}: skipped, {reason} (pip install 'seqmodel[benchmark]')" for name, reason in skipped.items()]
    return "\n\n".join(parts)


def _rows(one: Race) -> list[tuple[str, ...]]:
    base, *others = one.best
    rows: list[tuple[str, ...]] = [(base.name, *_times(base), "", "")]
    for timing in others:
        ratio = Ratio.of(timing, base)
        name = f"{timing.name} ({timing.setting})" if timing.setting else timing.name
        rows.append((name, *_times(timing), f"{ratio.medians:.2f}", f"{ratio.low:.2f}-{ratio.high:.2f}"))
    return rows


def _times(timing: Timing) -> tuple[str, str]:
    return f"{timing.median * 1e3:.3f}", f"{min(timing.seconds) * 1e3:.3f}"


def _stage(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
