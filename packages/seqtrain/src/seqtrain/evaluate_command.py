"""`seqtrain evaluate`: measure a trained model on fresh rows."""

import argparse
import json
import sys
from dataclasses import replace

from seqmodel import SymbolVocabulary, find_model
from seqtrain.asked_progress import asked_progress
from seqtrain.console_log import log_shown
from seqtrain.evaluate_questions_command import OPTIONS, evaluate_questions
from seqtrain.possible import Possible
from seqtrain.protocols import counted_rows
from seqtrain.provenance import recipe_of
from seqtrain.report import scores_report
from seqtrain.result import scores_json
from seqtrain.scores import score
from seqtrain.sources import Sources
from seqtrain.threads import threads_for, using_threads


def evaluate(options: argparse.Namespace) -> int:
    """Print the model's figures and return the command's exit status."""
    checkpoint = find_model(options.model, exact=False)  # batches of one shape, as in training
    if isinstance(checkpoint.vocabulary, SymbolVocabulary):
        return evaluate_questions(checkpoint, options)
    for name in OPTIONS:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')}: {options.model} answers no questions; leave it out")
    recipe = recipe_of(checkpoint.provenance)
    parameters = sum(weight.numel() for weight in checkpoint.model.parameters())
    # How many threads training had is no matter here.
    asked = replace(recipe, run=replace(recipe.run, threads=options.threads or 0))
    with log_shown(), using_threads(threads_for(asked, parameters)):
        source, possible = Sources(recipe).evaluation, Possible.of(recipe)
        rows = counted_rows(source, options.rows or recipe.validation.final_rows)
        possible.ceilings  # noqa: B018 (computed before the clock of the rows runs)
        with asked_progress(rows, sys.stderr) as watch:
            scores = score(checkpoint.model, source, rows=rows, possible=possible, loss=recipe.loss, watch=watch)
    print(json.dumps(scores_json(scores)) if options.json else scores_report(scores, families=options.families))
    return 0
