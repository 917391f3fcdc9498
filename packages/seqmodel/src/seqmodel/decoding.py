"""Greedy decoding of many prompts at once, by any of three strategies with one answer."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch

from seqmodel.choice import choose, sureness
from seqmodel.histories import Histories
from seqmodel.parallel import continue_in_parallel
from seqmodel.prompts import require_prompts
from seqmodel.protocols import SequenceModel
from seqmodel.strategies import Cached, Naive

Strategy = Literal["cached", "naive", "parallel"]


class Decoded(NamedTuple):
    """What a model continues one prompt with.

    Attributes:
        tokens: The most probable next token, again and again; never END.
        probabilities: That of each prediction: one a token and, where the sequence ended, that
            of END behind them. Empty where they were not asked for, and with head "regression",
            which gives none.
        ended: Whether END was predicted.
    """

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    ended: bool


def decode(
    model: SequenceModel,
    prompts: Sequence[Sequence[int]],
    steps: int,
    *,
    strategy: Strategy | None = None,
    probabilities: bool = True,
) -> list[Decoded]:
    """Continue each prompt greedily by up to `steps` tokens.

    Every prediction sees the last `config.context` tokens; with rotary positions, what these were
    made of besides. All strategies give the same tokens, whatever the other prompts are and past
    the window too: bit for bit in the exact mode, up to near-ties of the best two elsewhere.

    Args:
        model: In evaluation mode.
        prompts: Tokens, at least one a prompt, of any lengths.
        steps: How many predictions at most; END stops a row earlier.
        strategy: "cached" reads each token once while the window has room; with absolute positions
            a full window is read anew for each prediction, since each of its tokens has moved.
            "naive" reads the whole window, or with rotary positions the whole sequence, for every
            prediction. "parallel" guesses all that is left, reads guesses and window at once and
            keeps what proves right, again and again (Jacobi decoding, Santilli et al. 2023).
            None: "cached", or "naive" where attention "full" rules a cache out.
        probabilities: Whether to find them too, which costs a twentieth of the time.

    Raises:
        TypeError: A token or `steps` is no integer.
        ValueError: An empty prompt, a token outside the vocabulary, a negative `steps`, an
            unknown strategy, or a model in training mode.
    """
    if strategy is None:
        strategy = "naive" if model.config.attention == "full" else "cached"
    _validate(model, prompts, steps, strategy)
    if not prompts:
        return []
    sure = probabilities and model.config.head != "regression"
    with torch.inference_mode():
        if strategy == "parallel":
            found = [continue_in_parallel(model, prompt, steps) for prompt in prompts]
        else:
            read = Cached if strategy == "cached" else Naive
            found = _continue_in_step(model, prompts, steps, read, sure=sure)
    return [Decoded(tokens, shares if sure else (), ended) for tokens, shares, ended in found]


def _continue_in_step(
    model: SequenceModel, prompts: Sequence[Sequence[int]], steps: int, strategy: type[Cached | Naive], *, sure: bool
) -> list[tuple[tuple[int, ...], tuple[float, ...], bool]]:
    histories = Histories(prompts, steps, end_token=model.vocabulary.end_token, sure=sure)
    read = strategy(model, histories)
    for _ in range(steps):
        if not isinstance(histories.rows, slice) and not len(histories.rows):
            break
        for rows, outputs_BV in read(histories.rows):
            histories.append(rows, choose(model.config, model.vocabulary, outputs_BV))
            if sure:
                histories.append_probabilities(rows, sureness(outputs_BV))
        histories.advance()
    return list(histories.predictions())


def _validate(model: SequenceModel, prompts: Sequence[Sequence[int]], steps: int, strategy: str) -> None:
    if strategy not in get_args(Strategy):
        raise ValueError(f"strategy must be one of {', '.join(get_args(Strategy))}, got {strategy!r}")
    if strategy == "cached" and model.config.attention == "full":
        raise ValueError("attention 'full' lets a new term change all earlier ones: decode with strategy 'naive'")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer):
        raise TypeError(f"steps must be an integer, at least 0, got {steps!r}")
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    if model.training:
        raise ValueError("the model is in training mode: call model.eval() first")
    require_prompts(prompts, model.vocabulary.size)
