"""The benchmark's contestants that are written out: our loop, and a bare one of torch's operators."""

# S steps, B rows, T positions, N = B * T, C d_model, H heads, D head size, V classes, X queries,
# keys and values

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqtrain.benchmark_step import SEQTRAIN, Contestant, Tick
from seqtrain.benchmark_step_works import Weights, Work
from seqtrain.callbacks import Callbacks
from seqtrain.device import autocast
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import Mixture
from seqtrain.protocols import IGNORE, BatchSource
from seqtrain.recipe import Recipe
from seqtrain.schedule import learning_rate

DRAWING = "seqtrain, drawing its rows"
FLOAT32 = "seqtrain, float32"
BARE = "hand-written loop"


def own_loop() -> Contestant:
    """Return our loop with rows from memory, as everyone has them."""
    return Contestant(name=SEQTRAIN, train=lambda work, tick: _own(work.recipe, work.source(), work, tick))


def drawing_loop() -> Contestant:
    """Return our loop as it runs, with the rows that it draws."""

    def train(work: Work, tick: Tick) -> Weights:
        return _own(work.recipe, Mixture.of(work.recipe, purpose="train"), work, tick)

    return Contestant(name=DRAWING, train=train)


def float32_loop() -> Contestant:
    """Return our loop in float32, whatever the recipe says."""

    def train(work: Work, tick: Tick) -> Weights:
        recipe = replace(work.recipe, run=replace(work.recipe.run, precision="float32"))
        return _own(recipe, work.source(), work, tick)

    return Contestant(name=FLOAT32, train=train)


def _own(recipe: Recipe, rows: BatchSource, work: Work, tick: Tick) -> Weights:
    loop = TrainingLoop(recipe, rows, work.source(), Callbacks([]))
    asked = iter(range(work.steps + 1))

    def interrupted() -> bool:  # asked before every step, and after the last one
        if next(asked):
            tick()
        return False

    loop.train(save=lambda: None, interrupted=interrupted)
    return loop.model.state_dict()


def hand_written() -> list[Contestant]:
    """Return a bare loop of torch's operators, with torch's fused attention and without.

    It knows the two architectures that are measured, and nothing that a step does not need.
    """
    return [
        Contestant(name=BARE, setting="plain attention", train=lambda work, tick: _bare(work, tick, _plain)),
        Contestant(name=BARE, setting="fused attention", train=lambda work, tick: _bare(work, tick, _fused)),
    ]


Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


def _plain(q_BHTD: Tensor, k_BHTD: Tensor, v_BHTD: Tensor) -> Tensor:
    steps = q_BHTD.shape[2]
    scores_BHTT = q_BHTD @ k_BHTD.transpose(2, 3) * q_BHTD.shape[3] ** -0.5
    hidden_TT = torch.ones(steps, steps, dtype=torch.bool).triu(1)
    read_BHTD: Tensor = scores_BHTT.masked_fill(hidden_TT, -torch.inf).softmax(3) @ v_BHTD
    return read_BHTD


def _fused(q_BHTD: Tensor, k_BHTD: Tensor, v_BHTD: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(q_BHTD, k_BHTD, v_BHTD, is_causal=True)


def _bare(work: Work, tick: Tick, attend: Attend) -> Weights:
    recipe, model = work.recipe, work.new_model()
    weights = dict(model.named_parameters())
    features = dict(model.named_buffers())
    parameters = list(weights.values())
    optimiser = new_adamw(recipe, parameters)
    inputs_SBT, targets_SBT = torch.from_numpy(work.batches.inputs), torch.from_numpy(work.batches.targets)
    values_V = torch.arange(float(model.vocabulary.size))
    for step in range(work.steps):
        with autocast(recipe, torch.device("cpu")):
            logits_NV = _logits(recipe, weights, features, inputs_SBT[step], attend).float()
        targets_N = targets_SBT[step].flatten()
        if recipe.loss.kind == "cross-entropy":
            loss = functional.cross_entropy(logits_NV, targets_N, ignore_index=IGNORE)
        else:
            losses_N = functional.cross_entropy(logits_NV, targets_N, ignore_index=IGNORE, reduction="none")
            distance_N = (logits_NV.softmax(1) * (values_V - targets_N[:, None]).abs()).sum(1)
            loss = (losses_N * (1 + recipe.loss.alpha * distance_N)).sum() / (targets_N != IGNORE).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, recipe.optimiser.clip_norm)
        rate = rate_of(recipe, step)
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        tick()
    return model.state_dict()


def new_adamw(recipe: Recipe, parameters: Sequence[nn.Parameter]) -> torch.optim.AdamW:
    """Return torch's fused AdamW as the recipe sets it; only matrices decay."""
    values = recipe.optimiser
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": values.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=values.learning_rate, betas=(values.beta1, values.beta2), eps=values.epsilon, fused=True
    )


def rate_of(recipe: Recipe, step: int) -> float:
    """Return the learning rate of the update that follows so many steps."""
    peak, steps = recipe.optimiser.learning_rate, recipe.budget.steps
    return learning_rate(step, schedule=recipe.schedule, peak=peak, steps=steps)


def _logits(
    recipe: Recipe, weights: Weights, features: Mapping[str, Tensor], tokens_BT: Tensor, attend: Attend
) -> Tensor:
    config, (batch, steps) = recipe.model, tokens_BT.shape

    def affine(x_NC: Tensor, name: str) -> Tensor:
        return functional.linear(x_NC, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x_NC: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x_NC, x_NC.shape[1:], weights[f"{name}.weight"], weights[f"{name}.bias"])

    def attention(x_NC: Tensor, name: str) -> Tensor:
        qkv_XBHTD = affine(x_NC, f"{name}.qkv").view(batch, steps, 3, config.heads, -1).permute(2, 0, 3, 1, 4)
        read_BHTD = attend(*qkv_XBHTD.unbind())
        return affine(read_BHTD.transpose(1, 2).reshape(batch * steps, -1), f"{name}.output")

    def feed_forward(x_NC: Tensor, name: str) -> Tensor:
        return affine(functional.gelu(affine(x_NC, f"{name}.hidden")), f"{name}.output")

    def table(name: str) -> Tensor:
        vectors = weights.get(f"embedding.{name}.vectors.weight")
        fixed, projection = features.get(f"embedding.{name}.features"), weights.get(f"embedding.{name}.map.weight")
        if vectors is None:
            return features[f"embedding.{name}.features"]
        return vectors if fixed is None or projection is None else vectors + fixed @ projection.T

    x_NC = (functional.embedding(tokens_BT, table("values")) + table("positions")[:steps]).flatten(0, 1)
    for layer in range(config.layers):
        for name, branch in ("attention", attention), ("feed_forward", feed_forward):
            name = f"blocks.{layer}.{name}"
            if config.norm == "post":
                x_NC = norm(x_NC + branch(x_NC, name), f"{name}_norm")
            else:
                x_NC = x_NC + branch(norm(x_NC, f"{name}_norm"), name)
    return affine(x_NC if config.norm == "post" else norm(x_NC, "final_norm"), "output")
