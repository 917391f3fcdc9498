"""`seqtrain analyse`: which nodes of a trained model of arithmetic matter, and what they do."""

import argparse
import json
import sys
from pathlib import Path

from seqmodel import find_model
from seqtrain.analysis.algorithm import FOUND, verdicts
from seqtrain.analysis.algorithm_report import algorithm_json
from seqtrain.analysis.analyse import QUESTIONS, analyse
from seqtrain.analysis.analysis_page import analysis_page
from seqtrain.analysis.folder import PAGE, folder_of, read_analysis, training_losses, write_analysis
from seqtrain.analysis.loss_picture import loss_picture, read_losses
from seqtrain.analysis.map_picture import map_picture
from seqtrain.analysis.stages import stages_on
from seqtrain.page import write_page
from seqtrain.pictures import house_style
from seqtrain.threads import using_threads


def run(options: argparse.Namespace) -> int:
    """Write the files and the page, print where, and return the command's exit status."""
    losses_file = training_losses(options.model)
    losses = None if losses_file is None else read_losses(losses_file)  # before the work, not after it
    checkpoint = find_model(options.model, exact=False)
    with using_threads(options.threads or 1):
        analysis = analyse(
            checkpoint.model,
            questions=options.questions or QUESTIONS,
            seed=options.seed,
            stage=stages_on(sys.stderr),
        )
    folder = Path(options.out) if options.out else folder_of(options.model)
    write_analysis(folder, analysis.nodes, analysis.to_dict())
    known = read_analysis(str(folder))
    tested = verdicts(known.evidence, known.digits, known.kinds)
    with house_style():
        drawn = [map_picture(analysis.nodes, analysis.layout, analysis.layers, analysis.heads)]
        if losses is not None:
            drawn.append(loss_picture(losses))
    path = write_page(folder, PAGE, analysis_page(analysis, tested, drawn, Path(options.model).name), drawn)
    if options.json:
        print(json.dumps(analysis.to_dict() | {"algorithm": algorithm_json(known, tested)}))
    else:
        met = sum(verdict.status == FOUND for verdict in tested)
        print(f"{len(analysis.failures)} nodes matter; {met} of {len(tested)} requirements of the algorithm are met")
        print(path)
    return 0
