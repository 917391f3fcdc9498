"""What can be promised of a model's answers on this machine, found out by trying."""

# B sequences, T tokens, N predictions, V classes

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel.config import ModelConfig
from seqmodel.transformer import Transformer

NEAR_TIE = 1e-4
"""Where the two best logits lie closer than this, rounding may choose between them."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Say how far a model's answers depend on how a sequence is fed and who shares its batch.

    Attributes:
        exact: The logits are the same bits: cached or not, in pieces or whole, alone or in a
            batch, in any slot. Said only of what is in the listed set and passed the check.
        reason: Why not, where it is not exact.
        compared: How many predictions were compared, each made in several ways.
        different: How many of them had another bit anywhere.
        largest_difference: Between two logits of one prediction.
        other_tokens: How many chose another token although the best two lay `NEAR_TIE` apart.
        near_ties: How many chose another token of two that lay closer.
        threads: How many torch uses; a promise holds for this number.
        device: Where the model is.
    """

    exact: bool
    reason: str | None
    compared: int
    different: int
    largest_difference: float
    other_tokens: int
    near_ties: int
    threads: int
    device: str

    def __str__(self) -> str:
        where = f"{self.device}, {self.threads} thread{'s' if self.threads > 1 else ''}"
        counted = f"{self.compared:,} predictions compared on {where}"
        if self.exact:
            return f"exact: the same bits cached or not, alone or in any batch ({counted})"
        return (
            f"not exact: {self.reason}; answers agree up to rounding ({counted}: {self.different:,} differ, at "
            f"most by {self.largest_difference:.1e}; {self.other_tokens:,} other tokens, {self.near_ties:,} near-ties)"
        )


def self_check(model: Transformer, *, sequences: int = 6, seed: int = 0) -> Promise:
    """Feed random sequences in several ways, compare all logits, and say what may be promised.

    Takes some dozens of forward passes. Run it with the number of threads that will be used.

    Args:
        model: In evaluation mode.
        sequences: How many; the first is as long as the window, or three times as long where it
            slides, the others are shorter.
        seed: Of the sequences.

    >>> from seqmodel import IntegerVocabulary, ModelConfig
    >>> threads = torch.get_num_threads()
    >>> torch.set_num_threads(1)
    >>> promise = self_check(Transformer(ModelConfig(layers=1, d_model=16), IntegerVocabulary()).eval())
    >>> promise.exact, promise.different
    (True, 0)
    >>> torch.set_num_threads(threads)
    """
    if model.training:
        raise ValueError("the model is in training mode: call model.eval() first")
    draw = np.random.Generator(np.random.Philox(seed))
    with torch.inference_mode():
        rows = _random_rows(model, sequences, draw)
        alone = [model(_tensor(model, row)[None])[0] for row in rows]
        ways = [_together(model, rows), _crowded(model, rows)]
        if model.config.attention == "causal":
            ways += [_fed(model, rows, None), _fed(model, rows, draw)]
        return _compared(model, [pair for way in ways for pair in zip(alone, way, strict=True)])


def unlisted(config: ModelConfig) -> str | None:
    """Return why a configuration is outside the set that is exact on a CPU, or None.

    >>> from seqmodel import preset
    >>> unlisted(preset("default")) is None
    True
    >>> unlisted(preset("nextint"))
    'd_model 2 is not a multiple of 4'
    """
    for name in ("d_model", "head_size", "hidden_size"):
        if getattr(config, name) % 4:
            return f"{name} {getattr(config, name)} is not a multiple of 4"
    return None


def _random_rows(model: Transformer, sequences: int, draw: np.random.Generator) -> list[NDArray[np.int64]]:
    longest = model.config.context * (3 if model.config.slides else 1)
    lengths = [longest, *draw.integers(1, longest + 1, sequences - 1).tolist()]
    return [draw.integers(0, model.vocabulary.size, length) for length in lengths]


def _together(model: Transformer, rows: list[NDArray[np.int64]]) -> list[Tensor]:
    """Read all rows in one batch."""
    lengths = [len(row) for row in rows]
    tokens_BT = np.zeros((len(rows), max(lengths)), dtype=np.int64)
    for row, padded_T in zip(rows, tokens_BT, strict=True):
        padded_T[: len(row)] = row
    outputs_BTV = model(_tensor(model, tokens_BT), lengths=_tensor(model, np.array(lengths)))
    return [outputs_TV[:length] for outputs_TV, length in zip(outputs_BTV, lengths, strict=True)]


def _crowded(model: Transformer, rows: list[NDArray[np.int64]]) -> list[Tensor]:
    """Read each row in a batch of its own copies."""
    return [model(_tensor(model, row).repeat(13, 1))[7] for row in rows]


def _fed(model: Transformer, rows: list[NDArray[np.int64]], draw: np.random.Generator | None) -> list[Tensor]:
    """Read all rows through one cache, a token at a time, or in random pieces and random company."""
    cache = model.new_cache(len(rows))
    read = np.zeros(len(rows), dtype=np.int64)
    found: list[list[Tensor]] = [[] for _ in rows]
    while len(unfinished := np.flatnonzero(read < [len(row) for row in rows])):
        if draw is not None:
            unfinished = draw.permutation(unfinished)[: draw.integers(1, len(unfinished) + 1)]
        left = np.array([len(rows[row]) for row in unfinished]) - read[unfinished]
        sizes = np.ones_like(left) if draw is None else draw.integers(1, np.minimum(left, model.config.context) + 1)
        tokens_BT = np.zeros((len(unfinished), sizes.max()), dtype=np.int64)
        for row, size, padded_T in zip(unfinished, sizes, tokens_BT, strict=True):
            padded_T[:size] = rows[row][read[row] : read[row] + size]
        outputs_BTV = model(
            _tensor(model, tokens_BT), cache=cache, slots=_tensor(model, unfinished), lengths=_tensor(model, sizes)
        )
        for row, size, outputs_TV in zip(unfinished, sizes, outputs_BTV, strict=True):
            found[row].append(outputs_TV[:size])
        read[unfinished] += sizes
    return [torch.cat(parts) for parts in found]


def _compared(model: Transformer, pairs: list[tuple[Tensor, Tensor]]) -> Promise:
    first_NV, second_NV = (torch.cat(side) for side in zip(*pairs, strict=True))
    different = int((first_NV != second_NV).any(dim=1).sum())
    near, other = 0, 0
    if first_NV.shape[1] > 1:
        changed_N = first_NV.argmax(dim=1) != second_NV.argmax(dim=1)
        best_N2 = first_NV.topk(2).values
        close_N = best_N2[:, 0] - best_N2[:, 1] <= NEAR_TIE
        near, other = int((changed_N & close_N).sum()), int((changed_N & ~close_N).sum())
    reason = None if model.exact else "the exact mode is off"
    if reason is None and model.device.type != "cpu":
        reason = f"no bits are promised on {model.device.type}"
    if reason is None and model.output.weight.dtype != torch.float32:
        reason = f"nothing is promised in {model.output.weight.dtype}"
    reason = reason or unlisted(model.config)
    if reason is None and different:
        reason = "this machine's kernels round differently"
    return Promise(
        exact=reason is None,
        reason=reason,
        compared=len(first_NV),
        different=different,
        largest_difference=float((first_NV - second_NV).abs().max()),
        other_tokens=other,
        near_ties=near,
        threads=torch.get_num_threads(),
        device=str(model.device),
    )


def _tensor(model: Transformer, array: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(array).to(model.device)
