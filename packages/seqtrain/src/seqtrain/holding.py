"""Weights that hold still while the others learn, whatever moves them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn

from seqmodel import Placement, frozen_masks, hold
from seqtrain.optimiser import Optimisers
from seqtrain.run_recipe import HELD, Held


@contextmanager
def holding(held: Held, grown: Mapping[str, Any], model: nn.Module, optimisers: Optimisers) -> Iterator[None]:
    """Keep a smaller model's part of a grown one as it is in the block: weights, and all that is remembered of them.

    Args:
        held: What holds still, as `run.hold` says it.
        grown: Where the smaller model lies, as `seqmodel.Grown.provenance` says; empty of a model that was not grown.
        model: The grown model.
        optimisers: What moves its weights.
    """
    if not grown:
        yield
        return
    masks = frozen_masks(Placement.from_dict(grown["placement"]), HELD[held])
    weights = dict(model.named_parameters())
    with ExitStack() as stack:
        for optimiser in optimisers:
            moved = {id(weight) for group in optimiser.param_groups for weight in group["params"]}
            own = {name: mask for name, mask in masks.items() if id(weights[name]) in moved}
            stack.enter_context(hold(model, own, optimiser))
        yield
