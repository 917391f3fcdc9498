"""The named places of a forward pass, where an observer may look or put something else."""

# B rows, T tokens, S keys, C d_model, H heads, D head size, F hidden size

from collections.abc import Iterable
from difflib import get_close_matches

from seqmodel.config import ModelConfig

Choice = int | Iterable[int] | None
"""Some positions or heads: one, several, or None for all."""

_AXES = {
    "embedding": "BTC",
    "pattern": "BHTS",
    "heads": "BTHD",
    "middle": "BTC",
    "hidden": "BTF",
    "residual": "BTC",
}


def place_names(config: ModelConfig) -> dict[str, tuple[str | int, ...]]:
    """Return the shape of every place by its name, in the order of the pass.

    B, T and S are the pass's own rows, tokens and keys. In order: what the first block reads; and
    of each block the weight of every key ("pattern"), what each head read, before the output map
    ("heads"), the residual stream after attention ("middle"), the feed-forward layer after its
    activation ("hidden") and the residual stream after the block ("residual").

    >>> for name, shape in place_names(ModelConfig(layers=1)).items():
    ...     print(name, *shape)
    embedding B T 128
    blocks.0.pattern B 4 T S
    blocks.0.heads B T 4 32
    blocks.0.middle B T 128
    blocks.0.hidden B T 512
    blocks.0.residual B T 128
    """
    sizes = {"C": config.d_model, "H": config.heads, "D": config.head_size, "F": config.hidden_size}
    names = ["embedding"]
    for layer in range(config.layers):
        names += [f"blocks.{layer}.{kind}" for kind in list(_AXES)[1:]]
    return {name: tuple(sizes.get(axis, axis) for axis in axes_of(name)) for name in names}


def axes_of(place: str) -> str:
    """Return one letter for each axis of a place.

    >>> axes_of("blocks.3.heads")
    'BTHD'
    """
    return _AXES[place.rpartition(".")[2]]


def require_place(config: ModelConfig, place: str) -> None:
    """Refuse a name that no place of this model has, giving the nearest one that is."""
    names = list(place_names(config))
    if place not in names:
        nearest = get_close_matches(str(place), names, n=1, cutoff=0.0)
        raise ValueError(f"there is no place {place!r}: the nearest is {nearest[0]!r}; place_names(config) lists all")


def chosen_heads(config: ModelConfig, place: str, heads: Choice) -> tuple[int, ...] | None:
    """Return the heads chosen at a place, refusing what is none.

    Raises:
        TypeError: A head is not an integer.
        ValueError: The place has no heads, or not this one.
    """
    if heads is None:
        return None
    if "H" not in axes_of(place):
        raise ValueError(f"{place} has no heads: leave heads out, or take a place like 'blocks.0.heads'")
    return _chosen("head", heads, end=config.heads)


def chosen_positions(config: ModelConfig, positions: Choice) -> tuple[int, ...] | None:
    """Return the positions chosen, refusing what no pass of this model has.

    Raises:
        TypeError: A position is not an integer.
        ValueError: It is negative, or past the window of a model that has one.
    """
    return None if positions is None else _chosen("position", positions, end=None if config.slides else config.context)


def _chosen(noun: str, chosen: int | Iterable[int], *, end: int | None) -> tuple[int, ...]:
    numbers = tuple(chosen) if isinstance(chosen, Iterable) else (chosen,)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"a {noun} must be an integer, got {number!r}")
        if number < 0 or (end is not None and number >= end):
            valid = "at least 0" if end is None else f"in 0..{end - 1}"
            raise ValueError(f"{noun} {number} does not exist: it must be {valid}")
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"{noun}s must be at least one, all different: got {list(numbers)}")
    return numbers
