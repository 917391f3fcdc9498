"""`seqtrain report`: one page about a run, with its pictures beside it."""

import argparse
import json
from pathlib import Path

from seqtrain.console_log import log_shown
from seqtrain.curve_pictures import curves
from seqtrain.measured_run import ROWS, measure_run, possible_for
from seqtrain.page import write_page
from seqtrain.pictures import house_style
from seqtrain.report_numbers import report_numbers
from seqtrain.report_page import report_page
from seqtrain.run_history import read_run
from seqtrain.standing_pictures import standing_pictures

PAGE = "report.html"


def report(options: argparse.Namespace) -> int:
    """Write the page about a run and return the command's exit status."""
    history = read_run(options.run)
    with log_shown():
        run = measure_run(history, rows=options.rows or ROWS, possible=possible_for(history))
    with house_style():
        how_it_went = curves(run)
        beside = None if history.recipe.questions.digits else run.standings  # an answer is certain
        standing = [] if beside is None else standing_pictures(beside)
    folder = Path(options.out) if options.out else history.folder.report
    path = write_page(folder, PAGE, report_page(run, how_it_went, standing), [*how_it_went, *standing])
    print(json.dumps(report_numbers(run)) if options.json else path)
    return 0
