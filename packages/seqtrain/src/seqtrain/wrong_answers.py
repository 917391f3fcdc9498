"""Some answers that went wrong, with the rule behind each: half of them where there was no doubt."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary, SequenceModel
from seqtrain.answers import Answers

SURE = 0.95
"""The probability from which on the posterior has no doubt to speak of."""

_SEED = 0


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


def wrong_answers(
    model: SequenceModel, answers: Answers, vocabulary: IntegerVocabulary, *, count: int = 30
) -> list[WrongAnswer]:
    """Return up to `count` wrong answers, drawn by a fixed seed; first those where the posterior was right and sure.

    They are half of them, as long as there are enough of both kinds.
    """
    wrong = np.flatnonzero(answers.classes != answers.target)
    sure = np.zeros(len(wrong), bool)
    if answers.ideal is not None:
        knows = (answers.ideal.classes == answers.target) & (answers.ideal.sureness >= SURE)
        sure = knows[wrong]
    shuffled = np.random.default_rng(_SEED).permutation(len(wrong))
    avoidable, open_ = wrong[shuffled[sure[shuffled]]], wrong[shuffled[~sure[shuffled]]]
    half = count // 2
    first = min(len(avoidable), max(half, count - len(open_)))
    chosen = [*avoidable[:first].tolist(), *open_[: count - first].tolist()]
    return [_described(model, answers, vocabulary, target, sure=k < first) for k, target in enumerate(chosen)]


def _described(
    model: SequenceModel, answers: Answers, vocabulary: IntegerVocabulary, target: int, *, sure: bool
) -> WrongAnswer:
    seen, ideal = answers.prefix(target), answers.ideal
    right, said = int(answers.target[target]), int(answers.classes[target])
    given = _probabilities(model, seen)
    return WrongAnswer(
        seen=tuple((seen + vocabulary.low).tolist()),
        term=_term(right, vocabulary),
        answer=_term(said, vocabulary),
        probability=None if given is None else float(given[said]),
        term_probability=None if given is None else float(given[right]),
        ideal=None if ideal is None else _term(int(ideal.classes[target]), vocabulary),
        ideal_probability=None if ideal is None else float(ideal.sureness[target]),
        sure=sure,
        family=str(answers.families[answers.row[target]]),
        formula=answers.rule(target).formula,
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
