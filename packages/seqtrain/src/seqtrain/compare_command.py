"""`seqtrain compare`: several runs side by side in one page."""

import argparse
import json
from collections.abc import Hashable
from pathlib import Path

from seqtrain.compare_page import compare_page, recipe_differences, run_names
from seqtrain.compare_pictures import compare_pictures
from seqtrain.console_log import log_shown
from seqtrain.measured_run import ROWS, MeasuredRun, measure_run, possible_for, possible_key
from seqtrain.page import write_page
from seqtrain.pictures import house_style
from seqtrain.possible import Possible
from seqtrain.report_numbers import report_numbers
from seqtrain.run_history import read_run

PAGE = "comparison.html"
OUT = "comparison"


def compare(options: argparse.Namespace) -> int:
    """Write the page about several runs and return the command's exit status.

    Raises:
        ValueError: There are fewer than two of them, or one is given twice.
    """
    paths = [Path(path).resolve() for path in options.runs]
    if len(paths) < 2:
        raise ValueError(f"only {options.runs[0]} is given: two runs or more can be compared")
    twice = [given for given, path in zip(options.runs, paths, strict=True) if paths.count(path) > 1]
    if twice:
        raise ValueError(f"{twice[0]} is given twice: give different runs")
    histories = [read_run(path) for path in options.runs]
    # Runs on one mixture share what is possible: summing over its rules takes longest.
    known: dict[Hashable, Possible] = {}
    runs: list[MeasuredRun] = []
    with log_shown():
        for history in histories:
            key = possible_key(history)
            if key not in known:
                known[key] = possible_for(history)
            runs.append(measure_run(history, rows=options.rows or ROWS, possible=known[key]))
    names = run_names(runs)
    with house_style():
        shown = compare_pictures(runs, names)
    path = write_page(Path(options.out or OUT), PAGE, compare_page(runs, names, shown), shown)
    if options.json:
        numbers = {name: report_numbers(run) for name, run in zip(names, runs, strict=True)}
        differences = {field: dict(zip(names, values, strict=True)) for field, *values in recipe_differences(runs)}
        print(json.dumps({"runs": numbers, "differences": differences}))
    else:
        print(path)
    return 0
