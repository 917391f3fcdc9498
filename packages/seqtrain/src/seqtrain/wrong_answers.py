"""Some answers that went wrong, with the rule behind each: half of them where there was no doubt."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary, SequenceModel, integers_of
from seqtrain.mixture import Mixture
from seqtrain.scores import Answers

SURE = 0.95
"""The probability from which on the posterior has no doubt to speak of."""

_SEED = 0
_UNKNOWN = -1


@dataclass(frozen=True, kw_only=True)
class WrongAnswer:
    """Hold one of them. A term of None is END.

    Attributes:
        seen: The terms seen.
        term: The right answer.
        answer: The model's.
        probability: What it gave that answer; None of a model that gives no probabilities.
        term_probability: What it gave the right one.
        ideal: The posterior's answer, and its probability; None where the posterior is not known.
        ideal_probability: The probability of that.
        sure: Whether the posterior was.
        family: Of the rule behind the terms.
        formula: The rule.
    """

    seen: tuple[int, ...]
    term: int | None
    answer: int | None
    probability: float | None
    term_probability: float | None
    ideal: int | None
    ideal_probability: float | None
    sure: bool
    family: str
    formula: str


class WrongAnswers:
    """Collect a model's wrong answers while it is asked; what is kept grows with them alone."""

    def __init__(self) -> None:
        self._found: list[NDArray[np.int64]] = []
        self._sureness: list[NDArray[np.float64]] = []

    def watch(self, answers: Answers) -> None:
        """Take in the answers to some rows."""
        targets = answers.rows.targets
        classes = answers.model.classes.reshape(targets.shape)
        row, column = np.nonzero(answers.rows.scored & (classes != targets))
        ideal = answers.ideal
        known = np.full(len(row), _UNKNOWN) if ideal is None else ideal.classes[row, column]
        said = (answers.rows.row[row], column + 1, targets[row, column], classes[row, column], known)
        self._found.append(np.stack(said, axis=-1))
        self._sureness.append(np.zeros(len(row)) if ideal is None else ideal.sureness[row, column])

    def drawn(self, model: SequenceModel, source: Mixture, *, count: int = 30) -> list[WrongAnswer]:
        """Return up to `count` of them, drawn by a fixed seed; first those where the posterior was right and sure.

        They are half of them, as long as there are enough of both kinds.

        Args:
            model: Which was asked.
            source: The rows it was asked about.
            count: How many.
        """
        found, sureness = np.concatenate(self._found), np.concatenate(self._sureness)
        order = np.lexsort((found[:, 1], found[:, 0]))
        found, sureness = found[order], sureness[order]
        sure = (found[:, 4] == found[:, 2]) & (sureness >= SURE)
        shuffled = np.random.default_rng(_SEED).permutation(len(found))
        avoidable, open_ = shuffled[sure[shuffled]], shuffled[~sure[shuffled]]
        half = count // 2
        first = min(len(avoidable), max(half, count - len(open_)))
        chosen = [*avoidable[:first].tolist(), *open_[: count - first].tolist()]
        return [
            _described(model, source, found[place].tolist(), float(sureness[place]), sure=k < first)
            for k, place in enumerate(chosen)
        ]


def _described(model: SequenceModel, source: Mixture, found: list[int], sureness: float, *, sure: bool) -> WrongAnswer:
    row, position, right, said, ideal = found
    vocabulary = integers_of(model.vocabulary)
    step, place = divmod(row, source.rows)
    seen = source.batches(step, 1).inputs[0, place, :position]
    rule = source.rule(row)
    given = _probabilities(model, seen)
    return WrongAnswer(
        seen=tuple((seen + vocabulary.low).tolist()),
        term=_term(right, vocabulary),
        answer=_term(said, vocabulary),
        probability=None if given is None else float(given[said]),
        term_probability=None if given is None else float(given[right]),
        ideal=None if ideal == _UNKNOWN else _term(ideal, vocabulary),
        ideal_probability=None if ideal == _UNKNOWN else sureness,
        sure=sure,
        family=rule.family.name,
        formula=rule.formula,
    )


@torch.inference_mode()
def _probabilities(model: SequenceModel, seen: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the probability of each class after the terms seen, float64 (classes,)."""
    if model.config.head == "regression":
        return None
    logits_V = model(torch.from_numpy(seen)[None])[0, -1]
    probabilities: NDArray[np.float64] = logits_V.double().softmax(-1).numpy()
    return probabilities


def _term(class_: int, vocabulary: IntegerVocabulary) -> int | None:
    return None if class_ == vocabulary.end_token else class_ + vocabulary.low
