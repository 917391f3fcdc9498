"""Train a small transformer on integer sequences: a recipe in, a checkpoint and a report out.

The names that need torch are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqtrain.curriculum import Curriculum
    from seqtrain.evaluation import evaluate
    from seqtrain.losses import make_loss
    from seqtrain.metrics import Breakdown, Evaluation, Metrics
    from seqtrain.mixture import Mixture, teach
    from seqtrain.possible import Possible
    from seqtrain.predictions import Predictions
    from seqtrain.protocols import IGNORE, Batches, BatchSource, Callback
    from seqtrain.recipe import Recipe
    from seqtrain.recipe_file import load_recipe, recipe_from_dict, recipe_to_dict, recipe_to_toml
    from seqtrain.report import scores_report
    from seqtrain.result import Result
    from seqtrain.schedule import learning_rate
    from seqtrain.scores import Answers, Scores, score
    from seqtrain.sequence_dataset import SequenceDataset
    from seqtrain.sequence_file import SequenceFile
    from seqtrain.standings import Standing
    from seqtrain.stopping import StoppingState, StopReason
    from seqtrain.trainer import Trainer

__version__ = "0.1.0"

__all__ = [
    "IGNORE",
    "Answers",
    "BatchSource",
    "Batches",
    "Breakdown",
    "Callback",
    "Curriculum",
    "Evaluation",
    "Metrics",
    "Mixture",
    "Possible",
    "Predictions",
    "Recipe",
    "Result",
    "Scores",
    "SequenceDataset",
    "SequenceFile",
    "Standing",
    "StopReason",
    "StoppingState",
    "Trainer",
    "evaluate",
    "learning_rate",
    "load_recipe",
    "make_loss",
    "recipe_from_dict",
    "recipe_to_dict",
    "recipe_to_toml",
    "score",
    "scores_report",
    "teach",
]

_HOMES = {
    "IGNORE": "protocols",
    "Answers": "scores",
    "BatchSource": "protocols",
    "Batches": "protocols",
    "Breakdown": "metrics",
    "Callback": "protocols",
    "Curriculum": "curriculum",
    "Evaluation": "metrics",
    "Metrics": "metrics",
    "Mixture": "mixture",
    "Possible": "possible",
    "Predictions": "predictions",
    "Recipe": "recipe",
    "Result": "result",
    "Scores": "scores",
    "SequenceDataset": "sequence_dataset",
    "SequenceFile": "sequence_file",
    "Standing": "standings",
    "StopReason": "stopping",
    "StoppingState": "stopping",
    "Trainer": "trainer",
    "evaluate": "evaluation",
    "learning_rate": "schedule",
    "load_recipe": "recipe_file",
    "make_loss": "losses",
    "recipe_from_dict": "recipe_file",
    "recipe_to_dict": "recipe_file",
    "recipe_to_toml": "recipe_file",
    "score": "scores",
    "scores_report": "report",
    "teach": "mixture",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
