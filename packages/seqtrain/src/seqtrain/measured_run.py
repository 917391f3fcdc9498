"""A run's folder and what is found by asking its model again: all that a report or a comparison shows."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from seqmodel import MemoryAccount, load_checkpoint
from seqtrain.ideal import possible_validation
from seqtrain.metrics import Metrics
from seqtrain.mixture import final_rows
from seqtrain.possible import Possible
from seqtrain.question_source import QuestionSource
from seqtrain.result import scores_json
from seqtrain.run_history import RunHistory
from seqtrain.scores import score
from seqtrain.standings import Standings
from seqtrain.step_memory import step_memory
from seqtrain.threads import threads_for, using_threads
from seqtrain.wrong_answers import WrongAnswer, WrongAnswers
from seqtrain.wrong_questions import WrongQuestion, WrongQuestions

_log = logging.getLogger("seqtrain")

ROWS = 10_000
"""How many fresh rows a page asks a model about, unless it is told."""


def what_is_asked(history: RunHistory) -> tuple[object, ...]:
    """Return what decides how hard a run's evaluation is: its final mixture and what counts as a target."""
    recipe = history.recipe
    if recipe.questions.digits:
        return recipe.questions.digits, recipe.questions.operation, history.own_rows
    data, last = recipe.data, recipe.curriculum.stages[-1].shares
    shares = tuple(sorted((name, share / sum(last.values())) for name, share in last.items() if share))
    return shares, recipe.model.context, data.low, data.high, data.overflow, data.end, history.own_rows


def possible_key(history: RunHistory) -> tuple[object, ...]:
    """Return what `possible_for` depends on: runs of equal keys have the same possible figures."""
    return what_is_asked(history), history.recipe.validation.ceiling


def possible_for(history: RunHistory) -> Possible:
    """Return what is possible on a run's final mixture."""
    if history.own_rows:
        return Possible(posterior=None, counts_end=True, lacking="the rules of the user's own rows are not known")
    return Possible.of(history.recipe)


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredRun:
    """Hold a run and its figures.

    Attributes:
        history: What the folder says.
        provenance: What the checkpoint says of itself.
        parameters: Weights of the model.
        scores: Figures of the final evaluation as JSON values, or, while there is none, or none of this
            version, of the rows asked about here; None where these were the user's own.
        scored_now: Whether it is the latter.
        possible: What is possible.
        standings: The model beside that; None where the rows were the user's own.
        validation_possible: What the posterior reaches on the validation rows, or None.
        wrong: Answers that went wrong.
        wrong_questions: Questions that were answered wrongly, where rows are questions.
        memory: What a training step takes.
    """

    history: RunHistory
    provenance: Mapping[str, Any]
    parameters: int
    scores: Mapping[str, Any] | None
    scored_now: bool
    possible: Possible
    standings: Standings | None
    validation_possible: Metrics | None
    wrong: tuple[WrongAnswer, ...]
    wrong_questions: tuple[WrongQuestion, ...]
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
    parameters = sum(weight.numel() for weight in model.parameters())
    # An earlier version's figures lack too much.
    scores = history.scores if history.scores is not None and "standings" in history.scores else None
    scored_now, standings, validation = scores is None, None, None
    wrong: list[WrongAnswer] = []
    wrong_questions: list[WrongQuestion] = []
    if not history.own_rows:
        with using_threads(threads_for(recipe, parameters)):
            _log.info("asking %s about %s rows", history.name, f"{rows:,}")
            ask = partial(score, model, rows=rows, possible=possible, loss=recipe.loss)
            if recipe.questions.digits:
                questions, asked = QuestionSource.of(recipe, purpose="evaluation"), WrongQuestions()
                found = ask(questions, watch=asked.watch)
                wrong_questions = asked.drawn(model, questions)
            else:
                sequences, collected = final_rows(recipe, purpose="evaluation"), WrongAnswers()
                found = ask(sequences, watch=collected.watch)
                wrong = collected.drawn(model, sequences)
            standings = found.standings
            if possible.posterior is not None:
                validation = possible_validation(recipe, possible.posterior).overall
            if scores is None:
                scores = scores_json(found)
    return MeasuredRun(
        history=history,
        provenance=checkpoint.provenance,
        parameters=parameters,
        scores=scores,
        scored_now=scored_now,
        possible=possible,
        standings=standings,
        validation_possible=validation,
        wrong=tuple(wrong),
        wrong_questions=tuple(wrong_questions),
        memory=step_memory(recipe),
    )
