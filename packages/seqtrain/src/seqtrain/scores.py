"""A trained model's figures on fresh rows, beside what needs no training."""

from collections.abc import Mapping
from dataclasses import dataclass

from seqmodel import SequenceModel
from seqtrain.baselines import random_baseline, rule_baselines
from seqtrain.evaluation import Evaluation, Metrics, evaluate, model_predictor
from seqtrain.protocols import BatchSource


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Hold the figures of a model and of its baselines, on the same rows.

    Attributes:
        model: The model's.
        random: What uniform guessing is expected to reach, on any rows.
        rules: Those of rules that need no training, by name.
    """

    model: Evaluation
    random: Metrics
    rules: Mapping[str, Evaluation]


def score(model: SequenceModel, source: BatchSource, *, rows: int) -> Scores:
    """Measure a model in evaluation mode on the first rows of a source."""
    vocabulary = model.vocabulary
    terms = vocabulary.size
    return Scores(
        model=evaluate(model_predictor(model), source, rows=rows, terms=terms),
        random=random_baseline(terms),
        rules={
            name: evaluate(rule, source, rows=rows, terms=terms) for name, rule in rule_baselines(vocabulary).items()
        },
    )
