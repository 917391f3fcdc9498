"""A run's folder and what is found by asking its model again: all that a report or a comparison shows."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seqgen import Ceiling, Ceilings
from seqmodel import MemoryAccount, integers_of, load_checkpoint
from seqtrain.answers import answers_of, ideal_of
from seqtrain.ceiling import FinalPosterior
from seqtrain.mixture import final_rows
from seqtrain.result import json_values
from seqtrain.run_history import RunHistory
from seqtrain.scores import score
from seqtrain.standings import Standings, standings_of
from seqtrain.step_memory import step_memory
from seqtrain.threads import threads_for, using_threads
from seqtrain.wrong_answers import WrongAnswer, wrong_answers

_log = logging.getLogger("seqtrain")


def what_is_asked(history: RunHistory) -> tuple[object, ...]:
    """Return what decides how hard a run's evaluation is: its final mixture and what counts as a target."""
    recipe = history.recipe
    data, last = recipe.data, recipe.curriculum.stages[-1].shares
    shares = tuple(sorted((name, share / sum(last.values())) for name, share in last.items() if share))
    return shares, recipe.model.context, data.low, data.high, data.overflow, data.end, history.own_rows


@dataclass(frozen=True, kw_only=True, eq=False)
class Possible:
    """Hold what is possible on a recipe's final mixture.

    Attributes:
        known: The posterior; None where there is none.
        ceilings: Its exact figures over all rows; None where they are not those of the model's classes.
        lacking: Why something is None, in words; empty where nothing is.
    """

    known: FinalPosterior | None
    ceilings: Ceilings | None
    lacking: str

    @staticmethod
    def key(history: RunHistory) -> tuple[object, ...]:
        """Return what `of` depends on: runs of equal keys have the same possible figures."""
        return what_is_asked(history), history.recipe.validation.ceiling

    @classmethod
    def of(cls, history: RunHistory) -> "Possible":
        """List the rules of a run's final mixture and sum over them, if they can be listed and are to be."""
        recipe = history.recipe
        if history.own_rows:
            return cls(known=None, ceilings=None, lacking="the rules of the user's own rows are not known")
        if not recipe.validation.ceiling:
            return cls(known=None, ceilings=None, lacking="the recipe's validation.ceiling is false")
        try:
            known = FinalPosterior.of(recipe)
        except ValueError as error:
            return cls(known=None, ceilings=None, lacking=str(error))
        if not recipe.data.end:
            lacking = "exact ceilings count END, and data.end is false; on the rows below the posterior is told so"
            return cls(known=known, ceilings=None, lacking=lacking)
        return cls(known=known, ceilings=Ceilings.of(known.posterior), lacking="")

    def by_phase(self) -> Mapping[str, Ceiling] | None:
        """Return the exact ceilings, overall and of each phase."""
        return self.known.by_phase(self.ceilings) if self.known is not None and self.ceilings is not None else None


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredRun:
    """Hold a run and its figures.

    Attributes:
        history: What the folder says.
        provenance: What the checkpoint says of itself.
        parameters: Weights of the model.
        scores: Figures of the final evaluation as JSON values, or, while there is none, of the rows
            asked about here; None where these were the user's own.
        scored_now: Whether it is the latter.
        possible: What is possible.
        standings: The model beside that; None where the rows were the user's own.
        validation_ideal: The posterior's accuracy and log-loss on the validation rows, or None.
        wrong: Answers that went wrong.
        memory: What a training step takes.
    """

    history: RunHistory
    provenance: Mapping[str, Any]
    parameters: int
    scores: Mapping[str, Any] | None
    scored_now: bool
    possible: Possible
    standings: Standings | None
    validation_ideal: tuple[float, float] | None
    wrong: tuple[WrongAnswer, ...]
    memory: MemoryAccount

    @property
    def kept_step(self) -> int:
        """The step whose weights the checkpoint holds."""
        return int(self.provenance.get("step", self.history.step))


def measure_run(history: RunHistory, *, rows: int, possible: Possible) -> MeasuredRun:
    """Load a run's model and ask it about the first rows of its evaluation.

    Args:
        history: The run.
        rows: How many.
        possible: What is possible on its final mixture.

    Raises:
        ValueError: The checkpoint is damaged.
    """
    checkpoint = load_checkpoint(history.folder.model, exact=False)  # batches of one shape, as in training
    model, recipe = checkpoint.model, history.recipe
    vocabulary = integers_of(model.vocabulary)
    parameters = sum(weight.numel() for weight in model.parameters())
    source = final_rows(recipe, purpose="evaluation")
    scores, standings, validation, wrong = history.scores, None, None, []
    if not history.own_rows:
        posterior = None if possible.known is None else possible.known.posterior
        with using_threads(threads_for(recipe, parameters)):
            _log.info("asking %s about %s rows", history.name, f"{rows:,}")
            answers = answers_of(model, source, rows=rows, vocabulary=vocabulary, posterior=posterior)
            standings = standings_of(answers, possible.ceilings)
            wrong = wrong_answers(model, answers, vocabulary)
            if posterior is not None:
                kept = final_rows(recipe, purpose="validation")
                validation = ideal_of(posterior, kept, rows=recipe.validation.rows, vocabulary=vocabulary)
            if scores is None:
                scores = json_values(asdict(score(model, source, rows=rows, ceilings=possible.by_phase())))
    return MeasuredRun(
        history=history,
        provenance=checkpoint.provenance,
        parameters=parameters,
        scores=scores,
        scored_now=history.scores is None,
        possible=possible,
        standings=standings,
        validation_ideal=validation,
        wrong=tuple(wrong),
        memory=step_memory(recipe),
    )
