"""`seqtrain algorithm`: test a hypothesis of the whole algorithm against a model's nodes."""

import argparse
import json

from seqtrain.analysis.algorithm import verdicts
from seqtrain.analysis.algorithm_report import algorithm_json, algorithm_text
from seqtrain.analysis.folder import read_analysis


def algorithm(options: argparse.Namespace) -> int:
    """Print which sub-task was found for which digit, and return the command's exit status."""
    known = read_analysis(options.analysis, options.digits)
    if not known.kinds:
        raise ValueError(f"{options.analysis}: no node has an impact on any question: there is no algorithm to test")
    tested = verdicts(known.evidence, known.digits, known.kinds)
    print(json.dumps(algorithm_json(known, tested)) if options.json else algorithm_text(known, tested))
    return 0
