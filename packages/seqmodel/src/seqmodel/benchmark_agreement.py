"""Whether contestants that have the same weights find the same tokens."""

# B rows of a batch, T tokens read, N new tokens

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqmodel.benchmark import TERMS, Contestant, Prompts, Shape
from seqmodel.decoding import decode
from seqmodel.transformer import Transformer

NEAR_TIE = 1e-4
"""Logits as near as this may change places by rounding alone."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far one contestant's tokens are those of `EXACT`, with the same weights and prompts.

    A row is compared up to its first difference: what follows has other terms before it.

    Attributes:
        name: The contestant.
        shape: The model's.
        tokens: How many were compared.
        mismatches: How many of these differ.
        near_ties: How many more differ where the best two logits are within `NEAR_TIE`.
    """

    name: str
    shape: Shape
    batch: int
    tokens: int
    mismatches: int
    near_ties: int


def agreements(
    contestants: Iterable[Contestant], exact: Transformer, shape: Shape, prompts_BT: Prompts
) -> list[Agreement]:
    """Compare the tokens of contestants that have our weights with those of the exact mode."""
    exact_BN = np.array([row.tokens for row in decode(exact, prompts_BT.tolist(), TERMS)])
    leads_BN = lead(exact, prompts_BT, exact_BN)
    found = []
    for one in contestants:
        tokens, mismatches, near_ties = differences(exact_BN, np.asarray(one.decode(prompts_BT, TERMS)), leads_BN)
        found.append(
            Agreement(
                name=one.name,
                shape=shape,
                batch=len(prompts_BT),
                tokens=tokens,
                mismatches=mismatches,
                near_ties=near_ties,
            )
        )
    return found


def differences(
    expected_BN: NDArray[np.int64], found_BN: NDArray[np.int64], leads_BN: NDArray[np.float32]
) -> tuple[int, int, int]:
    """Count the tokens compared, the mismatches among them, and the near-ties.

    >>> expected = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    >>> found = np.array([[1, 2, 3], [4, 0, 6], [0, 0, 0]])
    >>> differences(expected, found, np.array([[1, 1, 1], [1, 1e-5, 1], [1, 1, 1]]))
    (6, 1, 1)
    """
    differs_BN = expected_BN != found_BN
    first_BN = differs_BN & (differs_BN.cumsum(axis=1) == 1)
    near_ties = int((first_BN & (leads_BN <= NEAR_TIE)).sum())
    before_BN = differs_BN.cumsum(axis=1) == 0
    return int((before_BN | first_BN).sum()), int(first_BN.sum()) - near_ties, near_ties


def lead(model: Transformer, prompts_BT: Prompts, tokens_BN: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return how far the best logit was above the second where each token was chosen, (B, N)."""
    read_BT = np.concatenate([prompts_BT, tokens_BN[:, :-1]], axis=1)
    with torch.inference_mode():
        best_BN2 = model(torch.from_numpy(read_BT))[:, prompts_BT.shape[1] - 1 :].topk(2).values.numpy()
    return best_BN2[..., 0] - best_BN2[..., 1]  # type: ignore[no-any-return]
