"""The next terms of integer sequences, from a trained checkpoint.

Nothing heavy is imported before a model is loaded; torch only where the compiled engine cannot run it.
"""

from seqserve.continuation import Beam, Completion, Continuation
from seqserve.line_reader import Prompt, ReadingError
from seqserve.loading import EngineName, load_engine
from seqserve.predictor import Predictor
from seqserve.protocols import Engine, Prediction, PredictorLike, RunningBatch, Strategy
from seqserve.reading import SequenceReader
from seqserve.sampling import Sampling

__version__ = "0.1.0"

__all__ = [
    "Beam",
    "Completion",
    "Continuation",
    "Engine",
    "EngineName",
    "Prediction",
    "Predictor",
    "PredictorLike",
    "Prompt",
    "ReadingError",
    "RunningBatch",
    "Sampling",
    "SequenceReader",
    "Strategy",
    "load_engine",
]
