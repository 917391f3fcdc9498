"""What a model answers to questions of arithmetic, by greedy decoding."""

# N questions, B rows of a batch, P tokens of a prompt, A tokens of an answer, V symbols

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.arithmetic import Questions
from seqmodel import QUANTAMATHS_VOCABULARY, SequenceModel
from seqtrain._checks import fail

ROWS_AT_ONCE = 512
"""Questions whose keys and values, and what a step makes of them, stay in a processor's caches."""


@torch.inference_mode()
def answers_of(
    model: SequenceModel,
    questions: Questions,
    *,
    rows_at_once: int = ROWS_AT_ONCE,
    watch: Callable[[int], object] = lambda _: None,
) -> NDArray[np.uint8]:
    """Return what a model answers when it goes on from its own symbols, the likeliest one each time.

    The question is read at once, then one symbol after the other with a cache of keys and values. Nothing of the
    right answer is shown to the model.

    Args:
        model: In evaluation mode, of symbols, with room for a question and its answer but for the last token.
        questions: N of them.
        rows_at_once: How many are answered together.
        watch: Told how many more have been answered, again and again.

    Returns:
        Tokens, uint8 (N, digits + 2), as `questions.answers()` returns the right ones.

    Raises:
        ValueError: The model reads other tokens, has too small a context, or is in training mode.

    >>> from seqmodel import ModelConfig, Transformer
    >>> config = ModelConfig(context=9, d_model=8, layers=1, heads=1, value_periods=())
    >>> model = Transformer(config, QUANTAMATHS_VOCABULARY).eval()
    >>> answers_of(model, Questions.parse(["12+34=", "50-60="])).shape
    (2, 4)
    """
    _require_answering(model, questions.digits)
    if rows_at_once < 1:
        fail("rows_at_once", rows_at_once, "1 or more")
    prompts_NP = questions.prompts()
    answers_NA = np.empty((len(questions), questions.digits + 2), np.uint8)
    cache = model.new_cache(min(rows_at_once, max(1, len(questions))))
    for first in range(0, len(questions), rows_at_once):
        part = slice(first, first + rows_at_once)
        tokens_BT = torch.from_numpy(prompts_NP[part].astype(np.int64)).to(model.device)
        if len(tokens_BT) < cache.slots:
            cache = model.new_cache(len(tokens_BT))
        cache.clear(range(cache.slots))
        for place in range(answers_NA.shape[1]):
            logits_BV = model(tokens_BT, cache=cache, last=1)[:, -1]
            tokens_BT = logits_BV.argmax(-1, keepdim=True)
            answers_NA[part, place] = tokens_BT[:, 0].cpu().numpy()
        watch(len(tokens_BT))
    return answers_NA


def _require_answering(model: SequenceModel, digits: int) -> None:
    if model.vocabulary != QUANTAMATHS_VOCABULARY:
        fail("model", model.vocabulary, f"one that reads the symbols {QUANTAMATHS_VOCABULARY.symbols!r}")
    if model.config.context < 3 * digits + 3:
        fail("model.context", model.config.context, f"at least {3 * digits + 3} for questions of {digits} digits")
    if model.training:
        raise ValueError("the model is in training mode: call model.eval() first")
