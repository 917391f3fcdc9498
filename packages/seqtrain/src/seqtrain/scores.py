"""A trained model's figures on fresh rows, beside what needs no training."""

from collections.abc import Mapping
from dataclasses import dataclass

from seqgen import Ceiling
from seqmodel import SequenceModel, integers_of
from seqtrain.baselines import random_baseline, rule_baselines
from seqtrain.evaluation import Evaluation, Metrics, evaluate, model_predictor
from seqtrain.protocols import BatchSource
from seqtrain.recipe import LossRecipe


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Hold the figures of a model and of its baselines, on the same rows.

    Attributes:
        model: The model's.
        random: What uniform guessing is expected to reach, on any rows.
        rules: Those of rules that need no training, by name.
        ceilings: What is possible at all, by phase and for "all"; None where that is not known.
    """

    model: Evaluation
    random: Metrics
    rules: Mapping[str, Evaluation]
    ceilings: Mapping[str, Ceiling] | None = None


def score(
    model: SequenceModel,
    source: BatchSource,
    *,
    rows: int,
    ceilings: Mapping[str, Ceiling] | None = None,
    loss: LossRecipe | None = None,
) -> Scores:
    """Measure a model in evaluation mode on the first rows of a source.

    Beside it stand the ceilings of its mixture, and its training loss where `loss` says what that was.
    """
    vocabulary = integers_of(model.vocabulary)
    terms = vocabulary.size
    return Scores(
        model=evaluate(model_predictor(model, loss), source, rows=rows, terms=terms),
        random=random_baseline(terms),
        rules={
            name: evaluate(rule, source, rows=rows, terms=terms) for name, rule in rule_baselines(vocabulary).items()
        },
        ceilings=ceilings,
    )
