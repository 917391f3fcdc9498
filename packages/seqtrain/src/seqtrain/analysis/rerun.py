"""Questions answered again, with something else in a node's place."""

# N questions, T tokens, A answer tokens, V symbols

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.arithmetic import Questions
from seqmodel import Hooks, Observed, Transformer
from seqtrain.analysis.layout import Layout


class Rerun:
    """Answer questions, each digit after the right ones before it, and again from some position on.

    What stands before a position cannot depend on what a node does there: it is read once and kept in a cache. A digit
    that goes wrong is not shown to the digits behind it, so that each is judged for itself.

    Args:
        model: In evaluation mode.
        questions: Some hundred, whose keys and values are held in memory.

    Attributes:
        questions: The questions.
        answers_NA: uint8 (N, digits + 2), the model's own answers: the sign, then the digits.
        right_N: bool (N,), which of them are right as a whole.
    """

    def __init__(self, model: Transformer, questions: Questions) -> None:
        self.questions = questions
        self._model = model
        self._equals = Layout.of(model.config, model.vocabulary).equals
        # The last digit is only answered.
        self._tokens_NT = torch.from_numpy(questions.tokens()[:, :-1].astype(np.int64)).to(model.device)
        self._cache = model.new_cache(len(questions))
        with torch.no_grad():
            logits_NTV = model(self._tokens_NT, cache=self._cache)
        self._untouched = self._tokens_NT.shape[1]  # so many tokens stand in the cache as the model alone reads them
        self.answers_NA = _most_probable(logits_NTV[:, self._equals :])
        self.right_N: NDArray[np.bool_] = (self.answers_NA == questions.answers()).all(axis=1)

    def answers(self, hooks: Hooks, position: int) -> NDArray[np.uint8]:
        """Return the answers under hooks that act at this position or behind it, uint8 (N, digits + 2)."""
        start = min(position, self._untouched)
        self._cache.lengths[:] = start  # what stands behind is written anew
        with torch.no_grad():
            logits_NTV = Observed(self._model, hooks)(self._tokens_NT[:, start:], cache=self._cache)
        self._untouched = position
        answers_NA = self.answers_NA.copy()
        first = max(0, start - self._equals)
        answers_NA[:, first:] = _most_probable(logits_NTV[:, max(0, self._equals - start) :])
        return answers_NA


def _most_probable(logits_NTV: Tensor) -> NDArray[np.uint8]:
    tokens: NDArray[np.uint8] = logits_NTV.argmax(dim=-1).to(torch.uint8).cpu().numpy()
    return tokens
