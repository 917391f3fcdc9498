"""The options of `seqtrain analyse` and `seqtrain algorithm`."""

import argparse

from seqmodel.command import Parser, positive

_LARGEST_SEED = 2**64 - 1


def add_analysis(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add both commands."""
    analyse = commands.add_parser(
        "analyse",
        help="find out what the nodes of an arithmetic model do",
        description="Find out which heads and feed-forward layers of a model of addition and subtraction matter at "
        "which position, and what they do, by ablation and by patching them from one question into another. Writes "
        "behaviors.json and features.json in the published form, analysis.json with everything, a map and a page.",
        epilog="example: seqtrain analyse runs/mix_d6/model.safetensors",
    )
    analyse.add_argument("model", metavar="CHECKPOINT", help="a checkpoint, a folder with one, or a packaged model")
    analyse.add_argument("--out", metavar="FOLDER", help="where to write (default: analysis, beside the checkpoint)")
    analyse.add_argument(
        "--questions", type=positive, metavar="N", help="questions that nodes are ablated on (default: 300)"
    )
    analyse.add_argument("--seed", type=_seed, default=0, metavar="S", help="of all questions (default: 0)")
    analyse.add_argument("--threads", type=positive, metavar="N", help="processor threads (default: 1)")
    analyse.add_argument("--json", action="store_true", help="print analysis.json; all files are written all the same")

    algorithm = commands.add_parser(
        "algorithm",
        help="test which parts of the published algorithm an analysed model has",
        description="Read the files of an analysis back, or the two published files of a model, and test the whole "
        "algorithm: which sub-task must be done for which digit of the answer, where it is done, and what is missing.",
        epilog="example: seqtrain algorithm runs/mix_d6/model.safetensors",
    )
    algorithm.add_argument(
        "analysis",
        metavar="CHECKPOINT-or-FOLDER",
        help="a checkpoint that was analysed, or a folder with behaviors.json and features.json",
    )
    algorithm.add_argument(
        "--digits", type=positive, metavar="N", help="of each number (default: by the position of the last node)"
    )
    algorithm.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"expected an integer from 0 to 2**64 - 1, got {text!r}")
    return int(text)
