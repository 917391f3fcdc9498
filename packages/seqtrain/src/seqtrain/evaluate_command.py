"""`seqtrain evaluate`: measure a checkpoint on fresh rows."""

import argparse
import json
from dataclasses import asdict

from seqmodel import load_checkpoint
from seqtrain.ceiling import ceilings_of
from seqtrain.console_log import log_shown
from seqtrain.provenance import recipe_of
from seqtrain.report import scores_report
from seqtrain.result import json_values
from seqtrain.scores import score
from seqtrain.sources import Sources
from seqtrain.threads import threads_for, using_threads


def evaluate(options: argparse.Namespace) -> int:
    """Print the checkpoint's figures and return the command's exit status."""
    checkpoint = load_checkpoint(options.checkpoint)
    recipe = recipe_of(checkpoint.provenance)
    model = checkpoint.model
    model.exact = False  # batches of one shape, as in training
    threads = threads_for(recipe, sum(weight.numel() for weight in model.parameters()))
    with log_shown(), using_threads(threads):
        scores = score(
            model,
            Sources(recipe).evaluation,
            rows=options.rows or recipe.validation.final_rows,
            ceilings=ceilings_of(recipe) if recipe.validation.ceiling else None,
            loss=recipe.loss,
        )
    if options.json:
        print(json.dumps(json_values(asdict(scores))))
    else:
        print(scores_report(scores))
    return 0
