"""`seqtrain benchmark-step`: how long a training step takes here, beside other loops."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch

import seqtrain
from seqmodel.benchmark import Stage
from seqmodel.benchmark_command import show_stage
from seqmodel.benchmark_machine import describe_machine
from seqmodel.table import aligned
from seqtrain.benchmark_step import SEQTRAIN, Contestant, StepRace, race
from seqtrain.benchmark_step_loops import drawing_loop, float32_loop, hand_written, own_loop
from seqtrain.benchmark_step_nanogpt import nanogpt
from seqtrain.benchmark_step_peers import PACKAGES, peers
from seqtrain.benchmark_step_works import default, nextint
from seqtrain.benchmark_times import Times
from seqtrain.freed_memory import keeping_freed_memory
from seqtrain.matrix_peak import MEASURED, shares, timed_products

QUICK_ROUNDS = 2


def run(options: argparse.Namespace) -> int:
    """Measure as the options say, print tables or one JSON object, and return the command's exit status."""
    threads, rounds = options.threads, QUICK_ROUNDS if options.quick else options.rounds
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    machine = describe_machine(threads, PACKAGES) | {"seqtrain": seqtrain.__version__}
    others, skipped = peers()
    try:
        with keeping_freed_memory():
            found = measure(rounds, others, show_stage, quick=options.quick)
    finally:
        torch.set_num_threads(before)
    show_stage("")
    if options.json:
        races = [as_values(one) for one in found]
        print(json.dumps({"machine": machine, "rounds": rounds, "races": races, "skipped": skipped}))
    else:
        print(as_text(machine, rounds, found, skipped))
    return 0


def measure(rounds: int, others: Sequence[Contestant], stage: Stage, *, quick: bool) -> list[StepRace]:
    """Return what came of both models, or of the document's alone."""
    stage("drawing rows")
    found = [race(nextint(), [own_loop(), drawing_loop(), *hand_written(), *others], rounds, stage)]
    if not quick:
        contestants = [own_loop(), float32_loop(), *hand_written(), nanogpt(), *others]
        found.append(race(default(), contestants, rounds, stage, timed_products()))
    return found


def as_values(one: StepRace) -> dict[str, Any]:
    """Return what was measured as JSON values; times are of one step, in seconds."""
    work = one.work
    values: dict[str, Any] = {
        "model": work.name,
        "batch": work.recipe.data.batch,
        "context": work.recipe.model.context,
        "steps": work.timed,
        "loss_before": one.first_loss,
        "loops": [
            {
                **_times_values(times),
                "tokens_per_second": work.tokens / times.clock.median,
                "seqtrain_over_it": {
                    "clock": asdict(one.seqtrain_over(times, "clock")),
                    "processor": asdict(one.seqtrain_over(times, "processor")),
                },
                "loss_after": loss,
            }
            for times, loss in zip(one.times, one.losses, strict=True)
        ],
    }
    if one.besides:
        values["products"] = [
            {**_times_values(times), "flops": one_product.flops}
            for times, one_product in zip(one.besides, MEASURED, strict=True)
        ]
        values["step_flops"] = one.work.flops
        values["shares"] = [asdict(share) for share in shares(one)]
    return values


def _times_values(times: Times) -> dict[str, Any]:
    return {
        "name": times.name,
        "setting": times.setting,
        "clock": {"median": times.clock.median, "seconds": times.clock.seconds},
        "processor": {"median": times.processor.median, "seconds": times.processor.seconds},
    }


def as_text(machine: Mapping[str, Any], rounds: int, races: Sequence[StepRace], skipped: Mapping[str, str]) -> str:
    """Return what was measured as tables, each under a line that says of what."""
    parts = [
        ", ".join(f"{name} {value}" for name, value in machine.items() if value is not None),
        _EXPLAINED.format(rounds=rounds),
    ]
    for one in races:
        work = one.work
        about = f"{work.name}: batch {work.recipe.data.batch}, {work.timed} steps a round, {work.recipe.run.precision}"
        parts.append(f"{about}\n{aligned([_HEADER, *(_row(one, times) for times in one.best())])}")
        apart = max(abs(loss - one.losses[0]) for loss in one.losses)
        parts.append(
            f"loss of {work.name} on one batch: {one.first_loss:.4f} before, {one.losses[0]:.4f} after seqtrain's "
            f"{work.steps} steps; after those of the others at most {apart:.1e} from that"
        )
        if one.besides:
            parts.append(_peak_text(one))
    parts += [f"{name}: skipped, {reason} (pip install 'seqtrain[benchmark]')" for name, reason in skipped.items()]
    return "\n\n".join(parts)


_EXPLAINED = (
    "{rounds} rounds in which every loop trained once, from the same weights on the same rows; medians of a step. "
    "Processor time leaves out what neighbours take. Last: seqtrain's time over the loop's, with a 90 % interval."
)
_HEADER = ("", "ms", "processor ms", "tokens/s", "of its time", "interval", "of its processor time", "interval")


def _row(one: StepRace, times: Times) -> tuple[str, ...]:
    name = f"{times.name} ({times.setting})" if times.setting else times.name
    milliseconds = (f"{times.clock.median * 1e3:.2f}", f"{times.processor.median * 1e3:.2f}")
    speed = f"{one.work.tokens / times.clock.median:,.0f}"
    if times.name == SEQTRAIN:
        return (name, *milliseconds, speed, "", "", "", "")
    ratios = (one.seqtrain_over(times, "clock"), one.seqtrain_over(times, "processor"))
    compared = (text for ratio in ratios for text in (f"{ratio.medians:.2f}", f"{ratio.low:.2f}-{ratio.high:.2f}"))
    return (name, *milliseconds, speed, *compared)


def _peak_text(one: StepRace) -> str:
    rows: list[tuple[str, ...]] = [("product", "GFLOP/s", "in processor time")]
    for times, one_product in zip(one.besides, MEASURED, strict=True):
        speeds = (one_product.flops / seconds / 1e9 for seconds in (times.clock.median, times.processor.median))
        rows.append((times.name, *(f"{speed:.0f}" for speed in speeds)))
    about = (
        f"a step multiplies {one.work.flops / 1e9:.1f} GFLOP (6 * weights of maps + 12 * layers * heads * head size * "
        "context for a token: Chowdhery et al. 2022, appendix B); its share of the fastest product:"
    )
    lines = [
        f"{share.name}: {share.clock:.1%} of the {share.precision} peak, {share.processor:.1%} in processor time"
        for share in shares(one)
    ]
    return "\n".join([aligned(rows), "", about, *lines])
