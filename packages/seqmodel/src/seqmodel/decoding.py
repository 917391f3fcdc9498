"""Greedy decoding of many prompts at once, with a cache or without."""

# B rows that run, T tokens, V classes

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from seqmodel.protocols import SequenceCache, SequenceModel

Strategy = Literal["cached", "naive"]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What a model continues one prompt with.

    Attributes:
        tokens: The most probable next token, again and again; never END.
        probabilities: That of each prediction: one a token and, where the sequence ended, that
            of END behind them.
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
    strategy: Strategy = "cached",
) -> list[Decoded]:
    """Continue each prompt greedily by up to `steps` tokens.

    Every prediction sees the last `config.context` tokens. Both strategies give the same tokens,
    whatever the other prompts are and past the window too: a window that is full is run again
    from its start, since each of its tokens has moved.

    Args:
        model: In evaluation mode.
        prompts: Tokens, at least one a prompt, of any lengths.
        steps: How many predictions at most; END stops a row earlier.
        strategy: "cached" reads each token once while the window has room; "naive" reads the
            whole window for every prediction.

    Raises:
        ValueError: An empty prompt, a token outside the vocabulary, a negative `steps`, an
            unknown strategy, or a model in training mode.
    """
    _validate(model, prompts, steps, strategy)
    rows = [_Row(slot=slot, tokens=list(prompt)) for slot, prompt in enumerate(prompts)]
    if not rows:
        return []
    with torch.inference_mode():
        predict = _Cached(model, len(rows)) if strategy == "cached" else _Naive(model)
        for _ in range(steps):
            running = [row for row in rows if not row.ended]
            for batch, logits_BV in predict(running):
                _append_best(batch, logits_BV, model.vocabulary.end_token)
    return [
        Decoded(
            tokens=tuple(row.tokens[len(prompt) :]),
            probabilities=tuple(row.probabilities),
            ended=row.ended,
        )
        for row, prompt in zip(rows, prompts, strict=True)
    ]


@dataclass(kw_only=True)
class _Row:
    slot: int
    tokens: list[int]
    cached: int = 0
    probabilities: list[float] = field(default_factory=list)
    ended: bool = False


class _Naive:
    """Read the whole window of every row."""

    def __init__(self, model: SequenceModel) -> None:
        self._model = model

    def __call__(self, rows: list[_Row]) -> Iterator[tuple[list[_Row], Tensor]]:
        if rows:
            windows = [row.tokens[-self._model.config.context :] for row in rows]
            tokens_BT, lengths_B = _pad(windows, self._model.device)
            yield rows, _last(self._model(tokens_BT), lengths_B)


class _Cached:
    """Read what the cache does not hold yet: the newest token, or a whole window."""

    def __init__(self, model: SequenceModel, slots: int) -> None:
        self._model = model
        self._slots = slots
        self._cache: SequenceCache = model.new_cache(slots)
        self._cache.allocate(slots)

    def __call__(self, rows: list[_Row]) -> Iterator[tuple[list[_Row], Tensor]]:
        context = self._model.config.context
        full = [row for row in rows if row.cached == context]
        if full:
            self._cache.clear(row.slot for row in full)
            for row in full:
                row.cached = 0
        whole = [row for row in rows if row.cached == 0]
        newest = [row for row in rows if row.cached > 0]
        if whole:
            yield whole, self._read(whole, [row.tokens[-context:] for row in whole])
        if newest:
            yield newest, self._read(newest, [row.tokens[-1:] for row in newest])

    def _read(self, rows: list[_Row], unread: list[list[int]]) -> Tensor:
        slots_B = None
        if len(rows) < self._slots:
            slots_B = torch.tensor([row.slot for row in rows], device=self._model.device)
        tokens_BT, lengths_B = _pad(unread, self._model.device)
        logits_BTV = self._model(tokens_BT, cache=self._cache, slots=slots_B, lengths=lengths_B)
        for row, tokens in zip(rows, unread, strict=True):
            row.cached += len(tokens)
        return _last(logits_BTV, lengths_B)


def _pad(rows: list[list[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    width = max(map(len, rows))
    tokens_BT = torch.tensor([row + [0] * (width - len(row)) for row in rows], device=device)
    return tokens_BT, torch.tensor([len(row) for row in rows], device=device)


def _last(logits_BTV: Tensor, lengths_B: Tensor) -> Tensor:
    return logits_BTV[torch.arange(len(lengths_B), device=lengths_B.device), lengths_B - 1]


def _append_best(rows: list[_Row], logits_BV: Tensor, end_token: int | None) -> None:
    best_B1 = logits_BV.argmax(dim=-1, keepdim=True)
    probabilities_B1 = logits_BV.softmax(dim=-1).gather(1, best_B1)
    best: list[Any] = best_B1[:, 0].tolist()
    for row, token, probability in zip(rows, best, probabilities_B1[:, 0].tolist(), strict=True):
        row.probabilities.append(probability)
        if token == end_token:
            row.ended = True
        else:
            row.tokens.append(token)


def _validate(model: SequenceModel, prompts: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> None:
    if strategy not in ("cached", "naive"):
        raise ValueError(f"strategy must be 'cached' or 'naive', got {strategy!r}")
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    if model.training:
        raise ValueError("the model is in training mode: call model.eval() first")
    for number, prompt in enumerate(prompts):
        if len(prompt) == 0:
            raise ValueError(f"prompt {number} is empty: the first term cannot be predicted")
        for token in prompt:
            if not 0 <= token < model.vocabulary.size:
                raise ValueError(f"prompt {number}: token {token} is outside 0..{model.vocabulary.size - 1}")
