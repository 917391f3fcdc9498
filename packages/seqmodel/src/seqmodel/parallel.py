"""Parallel decoding: many predictions a reading, the same tokens."""

# T tokens, V classes

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from seqmodel.choice import choose, sureness
from seqmodel.histories import Integers
from seqmodel.protocols import SequenceModel
from seqmodel.strategies import after


def continue_in_parallel(
    model: SequenceModel, prompt: Sequence[int], steps: int
) -> tuple[tuple[int, ...], tuple[float, ...], bool]:
    """Guess what is left, read it at once, keep what proves right, and again (Jacobi decoding).

    Each reading settles at least one prediction: the one behind what is settled. The first guess
    repeats the newest token; later ones are what the last reading said.

    Returns:
        Predicted tokens without END, the probability of each prediction, and whether END came.
    """
    tokens, probabilities = list(prompt), list[float]()
    guess_T = np.array(tokens[-1:], dtype=np.int64)
    while len(probabilities) < steps:
        count = min(steps - len(probabilities), model.config.context)
        guess_T = np.resize(guess_T, count - 1)
        read_T = np.concatenate([np.array(tokens, dtype=np.int64), guess_T])
        outputs_TV = _predictions(model, read_T, first=len(tokens))
        said_T, sure_T = choose(model.config, model.vocabulary, outputs_TV), sureness(outputs_TV)
        wrong_T = np.flatnonzero(said_T[:-1] != guess_T)
        right = int(wrong_T[0]) + 1 if len(wrong_T) else count
        for token, probability in zip(said_T[:right].tolist(), sure_T[:right].tolist(), strict=True):
            probabilities.append(probability)
            if token == model.vocabulary.end_token:
                return tuple(tokens[len(prompt) :]), tuple(probabilities), True
            tokens.append(token)
        # END is no token to read; what follows a guess of it does not matter.
        guess_T = np.minimum(said_T[min(right, count - 1) :], model.vocabulary.size - 1)
    return tuple(tokens[len(prompt) :]), tuple(probabilities), False


def _predictions(model: SequenceModel, tokens_T: Integers, *, first: int) -> Tensor:
    """Return what follows tokens_T[:n] for n = first, ..., len(tokens_T): one row each."""
    config, device = model.config, model.device
    ends = np.arange(first, len(tokens_T) + 1)
    together = ends if config.slides else ends[(ends <= config.context) & (config.attention == "causal")]
    found = []
    if len(together):
        one_1T = torch.from_numpy(tokens_T[None, : together[-1]]).to(device)
        found.append(model(one_1T)[0, torch.from_numpy(together - 1).to(device)])
    apart = ends[len(together) :]
    if len(apart):  # each has a window of its own
        starts = np.maximum(apart - config.context, 0)
        columns = np.minimum(starts[:, None] + np.arange((apart - starts).max()), len(tokens_T) - 1)
        found.append(after(model, tokens_T[columns], apart - starts))
    return torch.cat(found)
