"""Which weights of a grown model hold still while the rest learns, and how they do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from seqmodel.placement import Placement, unfolded_shapes

Insertion = Literal["ins1", "ins2", "ins3"]


def inserted_heads(placement: Placement) -> dict[str, Tensor]:
    """Return where in a large model's weights the heads of the small one lie.

    Each head is its rows of the map to queries, keys and values, biases too, and its columns of
    the output map. The output map's bias is all heads' and belongs to none.

    Returns:
        By the name of the weight a mask of its shape, bool, true where the small model's are.
    """
    return _masks(placement, ("attention.qkv.weight", "attention.qkv.bias", "attention.output.weight"))


def inserted_feed_forward(placement: Placement) -> dict[str, Tensor]:
    """Return where in a large model's weights the feed-forward layers of the small one lie.

    Where a layer has become wider, its new hidden units are not among them; the bias of its second
    map is.

    Returns:
        By the name of the weight a mask of its shape, bool, true where the small model's are.
    """
    maps = ("feed_forward.hidden", "feed_forward.output")
    return _masks(placement, tuple(f"{name}.{part}" for name in maps for part in ("weight", "bias")))


def _masks(placement: Placement, names: tuple[str, ...]) -> dict[str, Tensor]:
    small, large = unfolded_shapes(placement.small), unfolded_shapes(placement.large)
    masks = {}
    for layer in placement.layers:
        for name in names:
            mask = torch.zeros(large[name], dtype=torch.bool)
            mask[tuple(slice(size) for size in small[name])] = True
            masks[f"blocks.{layer}.{name}"] = _folded(name, mask)
    return masks


def _folded(name: str, mask: Tensor) -> Tensor:
    """Return a mask in the shape of its weight: a map's inputs last, its outputs first."""
    if name == "attention.output.weight":
        return mask.flatten(1)
    return mask.flatten(0, 2) if name.startswith("attention.qkv") else mask


def frozen_masks(placement: Placement, insertion: Insertion) -> dict[str, Tensor]:
    """Return which weights are not to change while a grown model is trained.

    The QuantaMaths models' three ways: "ins1" holds nothing still, "ins2" the heads that were
    inserted, "ins3" their feed-forward layers besides. Norms, vectors and output learn in each.

    Args:
        placement: `Grown.placement`, or of a checkpoint
            `Placement.from_dict(checkpoint.provenance["grown"]["placement"])` if it was saved with
            `{"grown": grown.provenance()}`.
        insertion: Which way.

    Returns:
        By the name of the weight a mask of its shape, bool, true where it is frozen; names left
        out are free.

    Raises:
        ValueError: There is no such way.

    >>> from seqmodel import quantamaths
    >>> placement = Placement(small=quantamaths("add_d6_l2_h3"), large=quantamaths("mix_d11_l3_h4"))
    >>> masks = frozen_masks(placement, "ins2")
    >>> masks["blocks.1.attention.output.weight"].sum().item() == 510 * 3 * 170
    True
    """
    if insertion not in get_args(Insertion):
        raise ValueError(f"insertion must be one of {', '.join(get_args(Insertion))}, got {insertion!r}")
    heads = inserted_heads(placement) if insertion != "ins1" else {}
    return heads | (inserted_feed_forward(placement) if insertion == "ins3" else {})


def _clearing(mask: Tensor) -> Callable[[Tensor], None]:
    def clear(weight: Tensor) -> None:
        if weight.grad is not None:
            weight.grad.masked_fill_(mask, 0.0)

    return clear


@contextmanager
def hold(
    model: nn.Module,
    masks: Mapping[str, Tensor],
    optimiser: torch.optim.Optimizer,
    remembered: Callable[[nn.Parameter], Mapping[str, Any]] | None = None,
) -> Iterator[None]:
    """Keep the masked weights as they are while an optimiser trains the others.

    Their gradients are zero as soon as they are there, so that clipping does not count them.
    After each step of the optimiser they are put back, which undoes decay, and what it remembers of
    them is zero. Nothing of that outlives the `with`.

    Args:
        model: The model that is trained.
        masks: As `frozen_masks` returns them.
        optimiser: What moves them.
        remembered: Returns what the optimiser remembers of a weight, by name; left out, what its `state`
            says of it. One that moves the model's weights in other shapes must give it.

    Raises:
        ValueError: A mask has the name or shape of no weight.

    >>> model = nn.Linear(2, 1)
    >>> frozen = model.weight[0, 0].item()
    >>> optimiser = torch.optim.AdamW(model.parameters())
    >>> with hold(model, {"weight": torch.tensor([[True, False]])}, optimiser):
    ...     model(torch.ones(1, 2)).sum().backward()
    ...     optimiser.step()
    >>> model.weight[0, 0].item() == frozen
    True
    """
    weights = dict(model.named_parameters())
    for name, mask in masks.items():
        if name not in weights or weights[name].shape != mask.shape:
            raise ValueError(f"no weight is named {name!r} and has the shape {tuple(mask.shape)} of its mask")
    held = [(weights[name], mask.to(weights[name].device)) for name, mask in masks.items()]
    recall = remembered or (lambda weight: optimiser.state.get(weight, {}))
    kept = [weight.detach().clone() for weight, _ in held]

    def put_back(*_: object) -> None:
        with torch.no_grad():
            for (weight, mask), values in zip(held, kept, strict=True):
                weight.copy_(values.where(mask, weight))
                for moment in recall(weight).values():
                    if isinstance(moment, Tensor) and moment.shape == weight.shape:
                        moment.masked_fill_(mask, 0.0)

    handles: list[Any] = [optimiser.register_step_post_hook(put_back)]
    for weight, mask in held:
        handles.append(weight.register_post_accumulate_grad_hook(_clearing(mask)))  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
