"""What torch takes from its allocator in a training step and in decoding: the peak, measured.

The profiler reports every allocation and every release of torch's CPU allocator, in order. It is
on before the model exists, so that their sum is what is held; nothing is sampled or estimated.
The tokens that NumPy holds in decoding are added; what the system rounds up is not in it.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss
from torch.profiler import ProfilerActivity, profile, record_function

from seqmodel.config import ModelConfig
from seqmodel.decoding import decode
from seqmodel.memory import MemoryAccount
from seqmodel.memory_lasting import Optimiser
from seqmodel.transformer import Transformer
from seqmodel.vocabularies import Vocabulary

_MEASURED = "the measured step"


def measured_peak(config: ModelConfig, vocabulary: Vocabulary, account: MemoryAccount) -> int:
    """Take the memory that an account speaks of, and return the peak in bytes.

    In training it is that of the second step: from then on there are moments. In inference it is
    that of `decode`, which has one slot for each row, or none where attention is "full".

    Raises:
        ValueError: The account's cache has more slots than rows.
    """
    if account.training:
        return peak_of(lambda: _training(config, vocabulary, account))
    if account.slots not in (0, account.batch):
        raise ValueError(f"decoding has a slot for each of {account.batch} rows, the account {account.slots}")
    return peak_of(lambda: _decoding(config, vocabulary, account)) + account.rows


def _training(config: ModelConfig, vocabulary: Vocabulary, account: MemoryAccount) -> Callable[[], None]:
    shape = (account.batch, account.length)
    tokens_BT, targets_BT = (torch.zeros(shape, dtype=torch.int64) for _ in range(2))
    model = _model(config, vocabulary, exact=False).train()
    optimiser = _optimiser(account.optimiser, model)

    def step() -> None:
        with _autocast(account):
            logits_BTV = model(tokens_BT)
        loss = _loss(config, logits_BTV, targets_BT)
        torch.autograd.backward(loss)
        optimiser.step()
        optimiser.zero_grad()

    step()
    return step


def _decoding(config: ModelConfig, vocabulary: Vocabulary, account: MemoryAccount) -> Callable[[], None]:
    model = _model(config, vocabulary, exact=account.exact).eval()
    if vocabulary.end_token is not None:
        model.output.bias.data[vocabulary.end_token] = -1e9  # no row is to end before the others
    has_room = config.slides or account.length < config.context

    def read() -> None:
        with _autocast(account):
            decode(
                model,
                [[0] * account.length] * account.batch,
                2 if account.slots and has_room else 1,
                strategy="cached" if account.slots else "naive",
            )

    return read


def _model(config: ModelConfig, vocabulary: Vocabulary, *, exact: bool) -> Transformer:
    model = Transformer(config, vocabulary)
    model.exact = exact
    model.sight.turns_2SE = model.sight.turns_2SE.clone()  # NumPy made it, which the profiler does not see
    return model


def _autocast(account: MemoryAccount) -> AbstractContextManager[None]:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=account.precision == "bfloat16")


def _loss(config: ModelConfig, logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    if config.head == "regression":
        return mse_loss(logits_BTV.flatten(), targets_BT.flatten().float())
    return cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten())


def _optimiser(name: Optimiser, model: Transformer) -> torch.optim.Optimizer:
    kinds: dict[str, Callable[..., torch.optim.Optimizer]] = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}
    options: dict[str, Any] = {} if name in kinds else {"momentum": 0.9 if name == "sgd-momentum" else 0.0}
    return kinds.get(name, torch.optim.SGD)(model.parameters(), lr=1e-3, fused=True, **options)


def peak_of(prepare: Callable[[], Callable[[], object]]) -> int:
    """Return the most bytes that were held while what `prepare` returns ran, with all that `prepare` made."""
    profiler = profile(activities=[ProfilerActivity.CPU], profile_memory=True)
    gc.collect()  # what was taken before must not be given back while it is counted
    with _native_messages_hidden():
        profiler.start()
    try:
        measured = prepare()
        with record_function(_MEASURED):
            measured()
    finally:
        with _native_messages_hidden():
            profiler.stop()
    events = sorted(profiler.profiler.kineto_results.events(), key=lambda event: event.start_ns())  # type: ignore[union-attr]
    held, most, begun = 0, 0, False
    for event in events:
        if event.name() == _MEASURED:
            begun, most = True, held
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held) if begun else 0
    return most


@contextmanager
def _native_messages_hidden() -> Iterator[None]:
    """Keep from standard error what the profiler's C++ part says there of itself."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
