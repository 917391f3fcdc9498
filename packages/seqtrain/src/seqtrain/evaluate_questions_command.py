"""`seqtrain evaluate` of a model that answers questions of arithmetic."""

import argparse
import json
import sys
from dataclasses import replace

import torch

from seqgen.arithmetic import MAX_DIGITS, OneOperation
from seqmodel import Checkpoint
from seqtrain._checks import fail
from seqtrain.answers import ROWS_AT_ONCE, answers_of
from seqtrain.asked_progress import rows_progress
from seqtrain.failure_sets import Asked
from seqtrain.failures_found import find_failures
from seqtrain.failures_report import failures_report
from seqtrain.provenance import recipe_of
from seqtrain.threads import threads_for_work, using_threads

OPTIONS = ("enriched", "each_class", "each_pattern", "seed")
"""Of the command, beside `rows`: they mean nothing to other models."""

_ROWS_OF_GPU = 1 << 12


def evaluate_questions(checkpoint: Checkpoint, options: argparse.Namespace) -> int:
    """Print what the model answers wrongly and return the command's exit status."""
    if options.families:
        raise ValueError(f"--families: {options.model} answers questions, whose classes are always shown; leave it out")
    asked = _asked(checkpoint, options)
    model = checkpoint.model
    if torch.cuda.is_available():
        model = model.to("cuda")
    parameters = sum(weight.numel() for weight in model.parameters())
    threads = options.threads or threads_for_work(parameters * ROWS_AT_ONCE * model.config.context)
    at_once = ROWS_AT_ONCE if model.device.type == "cpu" else _ROWS_OF_GPU
    total = sum(each.size for each in asked.sets())
    with using_threads(threads), rows_progress(total, sys.stderr) as watch:
        found = find_failures(lambda questions: answers_of(model, questions, rows_at_once=at_once, watch=watch), asked)
    print(json.dumps(found.to_dict()) if options.json else failures_report(found))
    return 0


def _asked(checkpoint: Checkpoint, options: argparse.Namespace) -> Asked:
    digits, operations = _trained_on(checkpoint)
    given = {name: getattr(options, name) for name in OPTIONS if getattr(options, name) is not None}
    if options.rows is not None:
        given["uniform"] = options.rows
    return replace(Asked(digits=digits, operations=operations), **given)


def _trained_on(checkpoint: Checkpoint) -> tuple[int, tuple[OneOperation, ...]]:
    """Return digits and operations as the recipe says, or a published model's name, or else as the context allows."""
    provenance = checkpoint.provenance
    digits, operation = (checkpoint.config.context - 3) // 3, "mix"
    if {"recipe", "name"} & provenance.keys():
        questions = recipe_of(provenance).questions
        digits, operation = questions.digits, questions.operation
    if not 1 <= digits <= MAX_DIGITS:
        fail("model.context", checkpoint.config.context, f"that of questions of 1 to {MAX_DIGITS} digits")
    both: dict[str, tuple[OneOperation, ...]] = {"add": ("add",), "sub": ("sub",), "mix": ("add", "sub")}
    return digits, both[operation]
