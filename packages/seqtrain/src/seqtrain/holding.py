"""Weights that hold still while the others learn, whatever moves them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from seqmodel import Placement, frozen_masks, hold
from seqtrain.flat_weights import FlatWeights
from seqtrain.run_recipe import HELD, Held


@contextmanager
def holding(held: Held, grown: Mapping[str, Any], model: nn.Module, flat: FlatWeights) -> Iterator[None]:
    """Keep a smaller model's part of a grown one as it is in the block: weights, and all that is remembered of them.

    Args:
        held: What holds still, as `run.hold` says it.
        grown: Where the smaller model lies, as `seqmodel.Grown.provenance` says; empty of a model that was not grown.
        model: The grown model.
        flat: Its weights, as optimisers move them.
    """
    if not grown:
        yield
        return
    masks = frozen_masks(Placement.from_dict(grown["placement"]), HELD[held])
    weights = dict(model.named_parameters())
    moved = dict[torch.optim.Optimizer, dict[str, Tensor]]()
    for name, mask in masks.items():
        moved.setdefault(flat.optimiser_of(weights[name]), {})[name] = mask
    with ExitStack() as stack:
        for optimiser, own in moved.items():
            stack.enter_context(hold(model, own, optimiser, flat.remembered))
        yield
