"""`seqtrain benchmark`: score any predictor on the frozen sets."""

import argparse
import json
import shlex
import shutil
from pathlib import Path

from seqmodel import find_model, write_atomically
from seqmodel.finding import find_checkpoint
from seqmodel.table import aligned
from seqtrain.benchmark_models import benchmark, listed
from seqtrain.benchmark_page import benchmark_page, benchmark_picture
from seqtrain.benchmark_sets import SETS, TERMS
from seqtrain.benchmark_solvers import benchmarked_model
from seqtrain.console_log import log_shown
from seqtrain.outside_answers import answering_predictor, command_answers, function_answers, is_function
from seqtrain.page import write_page
from seqtrain.pictures import house_style
from seqtrain.predictions import Predictor
from seqtrain.shown import percent

OUT = "benchmark"
PAGE = "benchmark.html"
FIGURES = "benchmark.json"


def run(options: argparse.Namespace) -> int:
    """Score the predictors, write figures and page, print a table, and return the command's exit status."""
    twice = [name for name in options.predictors if options.predictors.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is given twice: give different predictors")
    sets = options.sets.split(",") if options.sets else list(SETS)
    unknown = [name for name in sets if name not in SETS]
    if unknown:
        raise ValueError(f"--sets names {unknown[0]!r}; give some of {','.join(SETS)}")
    contestants = {name: predictor_of(name, timeout=options.timeout) for name in options.predictors}
    with log_shown():
        figures = benchmark(
            contestants,
            sets=[name for name in SETS if name in sets],
            rows=options.rows,
            seed=options.seed,
            sympy_rows=options.sympy_rows,
            list_universe=None if options.no_posterior else listed,
        )
    figures["command"] = command_of(options)
    with house_style():
        shown = [benchmark_picture(figures)]
    out = Path(options.out)
    path = write_page(out, PAGE, benchmark_page(figures, shown, command=figures["command"]), shown)
    write_atomically(out / FIGURES, (json.dumps(figures, indent=1) + "\n").encode())
    if options.json:
        print(json.dumps(figures))
    else:
        who = list(dict.fromkeys(name for one in figures["sets"].values() for name in one["predictors"]))
        rows = [
            [name, *(percent(one["predictors"].get(each, {}).get("accuracy")) for each in who)]
            for name, one in figures["sets"].items()
        ]
        print(f"{aligned([['accuracy', *who], *rows])}\n{path}")
    return 0


def predictor_of(name: str, *, timeout: float) -> Predictor:
    """Return the predictor that a name means: a checkpoint or packaged model, a function, or else a command.

    Raises:
        ValueError: It is none of these.
    """
    if is_function(name):
        return answering_predictor(function_answers(name), TERMS)
    words = shlex.split(name)
    if len(words) == 1 and not _is_program(name):
        try:
            return benchmarked_model(find_model(name, exact=False).model)
        except ValueError as error:
            raise ValueError(
                f"{error}; a predictor may also be module:function, or a command that can be run"
            ) from None
    if not words or shutil.which(words[0]) is None:
        raise ValueError(f"predictor {name!r} is no checkpoint, no module:function, and no command that can be run")
    return answering_predictor(command_answers(name, timeout=timeout), TERMS)


def _is_program(name: str) -> bool:
    if shutil.which(name) is None:
        return False
    try:
        find_checkpoint(name)
    except ValueError:
        return True
    return False  # a packaged model's name goes before a program of that name


def command_of(options: argparse.Namespace) -> str:
    """Return the command that makes the same figures again."""
    words = ["seqtrain", "benchmark", *options.predictors, "--rows", str(options.rows), "--seed", str(options.seed)]
    words += ["--sympy-rows", str(options.sympy_rows)]
    words += ["--sets", options.sets] if options.sets else []
    words += ["--no-posterior"] if options.no_posterior else []
    return shlex.join(words)
