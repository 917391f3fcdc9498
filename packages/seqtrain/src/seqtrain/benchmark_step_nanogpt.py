"""The benchmark's contestant that trains as nanoGPT does: modules, float32, batches by random access."""

# B rows, T positions, C d_model, H heads, D head size, V classes

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from seqmodel import ModelConfig
from seqtrain.benchmark_step import Contestant, Tick
from seqtrain.benchmark_step_loops import new_adamw, rate_of
from seqtrain.benchmark_step_works import Weights, Work
from seqtrain.protocols import IGNORE

NANOGPT = "nanoGPT's way, float32"


def nanogpt() -> Contestant:
    """Return a loop that is written as nanoGPT's training is (Karpathy 2022, train.py and model.py).

    As there: a module for every part, fused attention, cross-entropy inside the forward pass, rows
    copied one by one from where they lie, clipping, fused AdamW. The model is ours, sines and
    cosines of the values included; what only the original's other uses need is left out.
    """
    return Contestant(name=NANOGPT, train=_train)


def _train(work: Work, tick: Tick) -> Weights:
    recipe, ours = work.recipe, work.new_model()
    if recipe.loss.kind != "cross-entropy":
        raise ValueError(f"nanoGPT's way knows cross-entropy alone, not {recipe.loss.kind!r}")
    model = _GPT(recipe.model, ours.vocabulary.size, ours.vocabulary.outputs, ours.embedding.values.features)
    model.load_state_dict(ours.state_dict())
    optimiser = new_adamw(recipe, list(model.parameters()))
    steps, rows, context = work.batches.inputs.shape
    inputs, targets = (x.astype(np.int16).reshape(-1) for x in (work.batches.inputs, work.batches.targets))

    def get_batch(step: int) -> tuple[Tensor, Tensor]:
        starts = torch.arange(step * rows, (step + 1) * rows) * context  # in their order, for the same rows
        x_BT, y_BT = (
            torch.stack([torch.from_numpy(data[start : start + context].astype(np.int64)) for start in starts])
            for data in (inputs, targets)
        )
        return x_BT, y_BT

    x_BT, y_BT = get_batch(0)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_of(recipe, step)
        _, loss = model(x_BT, y_BT)
        x_BT, y_BT = get_batch((step + 1) % steps)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.optimiser.clip_norm)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tick()
    return model.state_dict()


class _GPT(nn.Module):
    features: Tensor

    def __init__(self, config: ModelConfig, terms: int, classes: int, features_VF: Tensor) -> None:
        super().__init__()
        width = config.d_model
        self.register_buffer("features", features_VF, persistent=False)
        self.embedding = _Tables(config, terms, features_VF.shape[1])
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.layers))
        self.final_norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, classes)

    def forward(self, idx_BT: Tensor, targets_BT: Tensor) -> tuple[Tensor, Tensor]:
        values, positions = self.embedding.values, self.embedding.positions
        table_VC = values.vectors.weight + values.map(self.features)
        x_BTC = functional.embedding(idx_BT, table_VC) + positions.vectors(torch.arange(idx_BT.shape[1]))
        for block in self.blocks:
            x_BTC = block(x_BTC)
        logits_BTV = self.output(self.final_norm(x_BTC))
        loss = functional.cross_entropy(
            logits_BTV.view(-1, logits_BTV.size(-1)), targets_BT.view(-1), ignore_index=IGNORE
        )
        return logits_BTV, loss


class _Table(nn.Module):
    def __init__(self, things: int, features: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(things, width)
        if features:
            self.map = nn.Linear(features, width, bias=False)


class _Tables(nn.Module):
    def __init__(self, config: ModelConfig, terms: int, features: int) -> None:
        super().__init__()
        self.values = _Table(terms, features, config.d_model)
        self.positions = _Table(config.context, 0, config.d_model)


class _Block(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.d_model)
        self.attention = _CausalSelfAttention(config)
        self.feed_forward_norm = nn.LayerNorm(config.d_model)
        self.feed_forward = _MLP(config)

    def forward(self, x_BTC: Tensor) -> Tensor:
        x_BTC = x_BTC + self.attention(self.attention_norm(x_BTC))
        added: Tensor = x_BTC + self.feed_forward(self.feed_forward_norm(x_BTC))
        return added


class _CausalSelfAttention(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.d_model, 3 * config.heads * config.head_size)
        self.output = nn.Linear(config.heads * config.head_size, config.d_model)

    def forward(self, x_BTC: Tensor) -> Tensor:
        batch, steps, _ = x_BTC.shape
        q, k, v = (part.view(batch, steps, self.heads, -1).transpose(1, 2) for part in self.qkv(x_BTC).chunk(3, dim=2))
        read_BHTD = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        projected: Tensor = self.output(read_BHTD.transpose(1, 2).contiguous().view(batch, steps, -1))
        return projected


class _MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.hidden = nn.Linear(config.d_model, config.hidden_size)
        self.gelu = nn.GELU()
        self.output = nn.Linear(config.hidden_size, config.d_model)

    def forward(self, x_BTC: Tensor) -> Tensor:
        mapped: Tensor = self.output(self.gelu(self.hidden(x_BTC)))
        return mapped
