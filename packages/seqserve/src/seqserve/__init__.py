"""The next terms of integer sequences, from a trained checkpoint.

torch is imported when a model is loaded, not before.
"""

from seqserve.continuation import Continuation
from seqserve.predictor import Predictor
from seqserve.protocols import Engine, Prediction, PredictorLike, RunningBatch, Strategy
from seqserve.reading import Prompt, ReadingError, SequenceReader

__version__ = "0.1.0"

__all__ = [
    "Continuation",
    "Engine",
    "Prediction",
    "Predictor",
    "PredictorLike",
    "Prompt",
    "ReadingError",
    "RunningBatch",
    "SequenceReader",
    "Strategy",
]
