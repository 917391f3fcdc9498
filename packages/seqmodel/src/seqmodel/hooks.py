"""Reading and replacing what happens inside a forward pass."""

# B rows, T tokens

from functools import partial

import torch
from torch import Tensor

from seqmodel.cache import KVCache
from seqmodel.config import ModelConfig
from seqmodel.passes import Pass
from seqmodel.places import Choice, axes_of, chosen_heads, chosen_positions, place_names, require_place
from seqmodel.readings import Passage, Reading
from seqmodel.replacements import Replacement, Value
from seqmodel.window import Observer


class Hooks:
    """Read activations at named places of a model, and put others there.

    `place_names(config)` lists the places, `Observed(model, hooks)` is the model with the hooks in
    it. Each hook acts at chosen positions and heads, or at all. Several at one place act in the
    order they were asked for, each on what the one before left: a reading shows what was replaced
    before it.

    A position is what the model counts: the place in the sequence, with absolute positions the
    place in the window. (A full window is read anew, and its tokens have moved.) A cached pass
    holds only some positions, and hooks act on those. A row is the cache's slot, without a cache
    the row of the batch.

    **Patterns.** Column j of "blocks.i.pattern" is the weight of the key at position j, whether it
    is read, given as a value or handed to a function, and whatever the pass: in the exact mode,
    where attention runs over places that hold nothing yet; in a cached pass, whose keys are old
    ones; and when a model with rotary positions has forgotten its first keys, which weigh 0. A
    key that a query does not see weighs nothing, even where a replacement says otherwise.

    Hooks are an `Observer` as well, `model(tokens_BT, observer=hooks)`, but one that is told
    nothing of slots and lengths: rows are those of the batch, every token counts as a real one,
    and a pattern whose keys may have moved is refused.

    Args:
        config: The model's.

    Replace head 2 of layer 1 at position 7 by its mean over a set, and see what comes of it:

    >>> from seqmodel import IntegerVocabulary, Observed, Transformer, decode, mean_activation
    >>> config = ModelConfig(layers=2, context=16, zero_output_projections=False)
    >>> model = Transformer(config, IntegerVocabulary()).eval()
    >>> set_NT = torch.arange(160).view(10, 16)
    >>> hooks = Hooks(config)
    >>> hooks.replace("blocks.1.heads", mean_activation(model, set_NT, "blocks.1.heads"), positions=7, heads=2)
    >>> hooks.read("blocks.1.residual", positions=[7, 9])
    >>> decoded = decode(Observed(model, hooks), [[2, 4, 6, 8]], 8)
    >>> hooks["blocks.1.residual"].shape
    torch.Size([1, 2, 128])

    Patch the residual stream of one sequence, at position 3 after the first layer, into another:

    >>> clean, patch = Hooks(config), Hooks(config)
    >>> clean.read("blocks.0.residual")
    >>> _ = Observed(model, clean)(torch.tensor([[2, 4, 6, 8]]))
    >>> patch.replace("blocks.0.residual", clean["blocks.0.residual"], positions=3)
    >>> patched_BTV = Observed(model, patch)(torch.tensor([[5, 5, 5, 5]]))

    Read where a head looks during a decode, the prompt and every later step in one table:

    >>> looks = Hooks(config)
    >>> looks.read("blocks.1.pattern", heads=0, name="looks")
    >>> _ = decode(Observed(model, looks), [[2, 4, 6]], 4)
    >>> looks["looks"].shape, looks.positions("looks")
    (torch.Size([1, 1, 6, 6]), (0, 1, 2, 3, 4, 5))
    """

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self._shapes = place_names(config)
        self._hooks: dict[str, list[Reading | Replacement]] = {}
        self._readings: dict[str, Reading] = {}

    def read(self, place: str, *, positions: Choice = None, heads: Choice = None, name: str | None = None) -> None:
        """Keep what stands at a place, in every pass from now on.

        Args:
            place: One of `place_names(config)`.
            positions: One, several or, left out, all.
            heads: One, several or, left out, all, where the place has an axis of heads.
            name: What to ask for it by; left out, the place's name.

        Raises:
            TypeError: A position or head is not an integer.
            ValueError: There is no such place, position or head, or the name is taken.
        """
        require_place(self.config, place)
        name = place if name is None else name
        if name in self._readings:
            raise ValueError(f"{name!r} is being read already: give another name")
        self._readings[name] = Reading(
            name=name,
            axes=axes_of(place),
            heads=chosen_heads(self.config, place, heads),
            chosen=chosen_positions(self.config, positions),
        )
        self._hooks.setdefault(place, []).append(self._readings[name])

    def replace(self, place: str, value: Value, *, positions: Choice = None, heads: Choice = None) -> None:
        """Put something else at a place, in every pass from now on; gradients flow through it.

        Args:
            place: One of `place_names(config)`.
            value: A number; or a tensor with the place's axes, the first of them left out at will
                and each whole or of size 1, so that row r, position p and head h take
                value[r, p, h]; or a function from the activation, all heads of it, and its
                tokens' positions, int64 (B, T), -1 for padding, to such a tensor for this pass.
                What these hold elsewhere than at the chosen positions and heads is ignored.
            positions: One, several or, left out, all.
            heads: One, several or, left out, all, where the place has an axis of heads.

        Raises:
            TypeError: A position or head is not an integer.
            ValueError: There is no such place, position or head, or the value does not fit there.
                Later, in a pass: it lacks rows or positions that the pass has.
        """
        require_place(self.config, place)
        replacement = Replacement(
            place=place,
            axes=axes_of(place),
            heads=chosen_heads(self.config, place, heads),
            chosen=chosen_positions(self.config, positions),
            value=value if callable(value) else self._fitting(place, torch.as_tensor(value)),
            config=self.config,
        )
        self._hooks.setdefault(place, []).append(replacement)

    def __getitem__(self, name: str) -> Tensor:
        """Return what was read, all passes since the last `forget` joined.

        Returns:
            All axes of the place, even where one position or head was chosen; both are in the
            order they were chosen in, or ascending. A position that several passes held is as
            the last of them had it; where some rows never had it, they are NaN there. A pattern
            of causal attention has columns up to the last of the positions.

        Raises:
            KeyError: Nothing is read by that name.
            ValueError: No pass held a position that was chosen, or passes held different rows.
        """
        return self._reading(name).joined(causal=self.config.attention == "causal")

    def positions(self, name: str) -> tuple[int, ...]:
        """Return which positions `hooks[name]` has: those chosen, or else all that were read."""
        return self._reading(name).positions()

    def passes(self, name: str) -> tuple[Passage, ...]:
        """Return what was read, pass by pass.

        Where neither positions nor heads were chosen, each activation is the one the pass went on
        with, and has a gradient if the loss is asked for it.
        """
        return tuple(self._reading(name).passages)

    def forget(self) -> None:
        """Drop what was read; the hooks stay."""
        for reading in self._readings.values():
            reading.forget()

    def __call__(self, name: str, activation: Tensor, positions_BT: Tensor) -> Tensor | None:
        """Meet an activation as an `Observer`, which is told nothing else of the pass."""
        return self._meet(Pass(told=False), name, activation, positions_BT)

    def during(
        self, *, cache: KVCache | None = None, slots: Tensor | None = None, lengths: Tensor | None = None
    ) -> Observer | None:
        """Return the observer of a pass that has these arguments, or None if there is no hook."""
        if not self._hooks:
            return None
        return partial(self._meet, Pass(cache=cache, slots_B=slots, lengths_B=lengths))

    def _meet(self, taken: Pass, name: str, activation: Tensor, positions_BT: Tensor) -> Tensor | None:
        hooks = self._hooks.get(name)
        if hooks is None:
            return None
        batch = len(activation)
        places_BT = taken.places(positions_BT, batch)
        patterned = axes_of(name) == "BHTS"
        first_keys_B = taken.first_keys(positions_BT, batch, activation.shape[-1]) if patterned else None
        x = activation
        for hook in hooks:
            x = hook.meet(x, places_BT, taken, first_keys_B)
        return None if x is activation else x

    def _reading(self, name: str) -> Reading:
        if name not in self._readings:
            raise KeyError(f"nothing is read as {name!r}: known are {', '.join(self._readings) or 'none'}")
        return self._readings[name]

    def _fitting(self, place: str, value: Tensor) -> Tensor:
        """Return a value with all axes of its place, refusing one that cannot stand there."""
        shape = self._shapes[place]
        whole = value[(None,) * (len(shape) - value.ndim)]
        fits = whole.ndim == len(shape) and all(
            size in (1, expected) or (size and isinstance(expected, str))
            for size, expected in zip(whole.shape, shape, strict=True)
        )
        if not fits:
            axes = ", ".join(map(str, shape))
            raise ValueError(f"{place} is ({axes}): a value of shape {tuple(value.shape)} cannot stand there")
        return whole
