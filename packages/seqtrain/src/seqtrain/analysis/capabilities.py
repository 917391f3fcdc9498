"""What a model can answer at all: there is nothing to explain in the rest."""

from seqgen.arithmetic import Questions
from seqmodel import Transformer
from seqtrain.analysis.rerun import Rerun
from seqtrain.analysis.varied_questions import varied_questions

LEAST_RIGHT = 0.5
"""Share of its questions that a kind needs right to be analysed."""

_ASKED = 60


def right_share(model: Transformer, questions: Questions) -> float:
    """Return the share of questions whose whole answer is right."""
    return float(Rerun(model, questions).right_N.mean())


def accuracies(model: Transformer, digits: int, seed: int) -> dict[str, float]:
    """Return the share of varied questions that the model answers rightly, by kind "S", "M" and "N"."""
    return {kind: right_share(model, varied_questions(digits, kind, _ASKED, seed)) for kind in "SMN"}
