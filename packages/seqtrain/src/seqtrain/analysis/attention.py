"""Where heads look, on average over a set of questions."""

# N questions, T queries, S keys, H heads

import numpy as np
import torch
from torch import Tensor

from seqgen.arithmetic import Questions
from seqmodel import Transformer, mean_activation


def mean_patterns(model: Transformer, questions: Questions) -> list[Tensor]:
    """Return for each layer the mean weight that each head gives each position, (H, T, S), from every position."""
    tokens_NT = torch.from_numpy(questions.tokens()[:, :-1].astype(np.int64)).to(model.device)
    layers = range(model.config.layers)
    return [mean_activation(model, tokens_NT, f"blocks.{layer}.pattern")[0] for layer in layers]
