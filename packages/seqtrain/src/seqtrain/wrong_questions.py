"""Some questions that were answered wrongly, with what the model says to them on its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import Questions, texts_of
from seqmodel import SequenceModel
from seqtrain.answers import answers_of
from seqtrain.question_source import QuestionSource
from seqtrain.scores import Answers

_SEED = 0


@dataclass(frozen=True, kw_only=True)
class WrongQuestion:
    """Hold one of them.

    Attributes:
        question: Up to its `=`.
        answer: The right one.
        said: The model's, by greedy decoding.
        difficulty: The question's class.
    """

    question: str
    answer: str
    said: str
    difficulty: str


class WrongQuestions:
    """Collect the questions in whose answers a model goes wrong while it is asked."""

    def __init__(self) -> None:
        self._found: list[NDArray[np.int64]] = []

    def watch(self, answers: Answers) -> None:
        """Take in the answers to some rows."""
        targets_RT = answers.rows.targets
        wrong_RT = answers.rows.scored & (answers.model.classes.reshape(targets_RT.shape) != targets_RT)
        self._found.append(answers.rows.row[wrong_RT.any(1)])

    def drawn(self, model: SequenceModel, source: QuestionSource, *, count: int = 30) -> list[WrongQuestion]:
        """Return up to `count` of them, drawn by a fixed seed and in the order of their rows.

        Args:
            model: Which was asked.
            source: The rows it was asked about.
            count: How many.
        """
        rows = np.sort(np.concatenate(self._found))
        chosen = np.sort(np.random.default_rng(_SEED).permutation(rows)[:count])
        if not len(chosen):
            return []
        asked = Questions.parse([source.questions(int(row), 1).texts()[0] for row in chosen])
        said = texts_of(answers_of(model, asked))
        right = [text.partition("=") for text in asked.texts()]
        return [
            WrongQuestion(question=question + equals, answer=answer, said=its, difficulty=difficulty)
            for (question, equals, answer), its, difficulty in zip(right, said, asked.difficulties(), strict=True)
        ]
