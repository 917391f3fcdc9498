"""A trained model's figures on fresh rows, beside what needs no training and what is possible at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from seqgen import Ceiling
from seqmodel import SequenceModel, integers_of
from seqtrain.asked_rows import AskedRows, asked_rows, groups_of
from seqtrain.baselines import random_baseline, rule_baselines
from seqtrain.ideal import Ideal, ideal_beside
from seqtrain.metrics import Breakdown, Evaluation, Metrics, broken_down
from seqtrain.model_predictor import model_predictor
from seqtrain.possible import Possible
from seqtrain.predictions import Predictions
from seqtrain.protocols import BatchSource, FamilySource
from seqtrain.recipe import LossRecipe
from seqtrain.standings import Standings, StandingTally, ceiling_of
from seqtrain.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Hold the figures of a model and of its baselines, on the same rows.

    Attributes:
        model: The model's, and what the exact posterior reaches on these rows, where it is known.
        random: What uniform guessing is expected to reach, on any rows; None where terms are no integers.
        rules: Those of rules that need no training, by name; none where terms are no integers.
        ceilings: What is possible at all over all rows there are; None where that is not known.
        standings: How the model stands beside the posterior on these rows.
    """

    model: Evaluation
    random: Metrics | None
    rules: Mapping[str, Evaluation]
    standings: Standings
    ceilings: Breakdown[Ceiling] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """Hold what a model, and the posterior where it is known, answer to some rows."""

    rows: AskedRows
    model: Predictions
    ideal: Ideal | None


def score(
    model: SequenceModel,
    source: BatchSource,
    *,
    rows: int,
    possible: Possible | None = None,
    loss: LossRecipe | None = None,
    watch: Callable[[Answers], object] = lambda _: None,
) -> Scores:
    """Measure a model in evaluation mode on the first rows of a source, in memory that does not grow with them.

    Args:
        model: The model.
        source: Rows.
        rows: How many.
        possible: What is known of the mixture that the rows come from.
        loss: What training minimised, if its value is wanted.
        watch: Told of all answers, some thousand rows at a time.

    Raises:
        ValueError: No target of these rows is scored, or `possible` is of another mixture.
    """
    vocabulary = model.vocabulary
    predict, rules = model_predictor(model, loss), rule_baselines(vocabulary)
    groups, positions = groups_of(source), source.batches(0, 1).inputs.shape[-1]

    def tally() -> Tally:
        return Tally(groups, positions, vocabulary.size)

    of_model, of_posterior, of_rules = tally(), tally(), {name: tally() for name in rules}
    known = None if possible is None or possible.posterior is None else possible
    # Ceilings are by family: of rows whose families are not known there are none.
    ceilings = known.ceilings if known is not None and isinstance(source, FamilySource) else None
    standings = StandingTally(groups, positions, model=of_model, possible=of_posterior, ceilings=ceilings)
    for asked in asked_rows(source, rows):
        said = predict(asked.batches)
        of_model.add(asked, said)
        for name, rule in rules.items():
            of_rules[name].add(asked, rule(asked.batches))
        ideal = None
        if known is not None and known.posterior is not None:
            ideal = ideal_beside(known.posterior, asked, integers_of(vocabulary), said)
            of_posterior.add(asked, ideal.predictions)
            standings.add(asked, said, ideal)
        watch(Answers(rows=asked, model=said, ideal=ideal))
    return Scores(
        model=of_model.evaluation(None if known is None else of_posterior.evaluation()),
        random=random_baseline(vocabulary.size, positions) if rules else None,
        rules={name: each.evaluation() for name, each in of_rules.items()},
        ceilings=None
        if ceilings is None
        else broken_down(groups, positions, lambda chosen, depth: ceiling_of(ceilings, groups, chosen, depth)),
        standings=standings.standings(),
    )
