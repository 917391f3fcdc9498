"""Slots of the compiled engine."""

# B sequences asked about, R slots, O outcomes

from collections.abc import Sequence

import numpy as np

from seqserve.kernel import append, decode
from seqserve.kernel_attention import TOGETHER
from seqserve.kernel_data import Cache, Floats, Integers, Scratch, Weights
from seqserve.slots import Outlook
from seqserve.vectors import LANES

PASS = 64
"""Sequences that one call of the kernel continues, and tokens that it runs through the layers at a time: their
activations stay in a processor's second cache, and the weights are read once for all of them."""


class CompiledSlots:
    """Hold sequences and continue them; for one thread at a time.

    Args:
        weights: The model.
        slots: How many sequences fit.
    """

    def __init__(self, weights: Weights, slots: int) -> None:
        self._weights = weights
        self._cache = new_cache(weights, slots)
        self._scratch = new_scratch(weights, PASS)
        self._outcomes = len(weights.head_bias)

    def take(self, slot: int, tokens: Sequence[int]) -> None:
        """Put a sequence into an empty slot."""
        kept = self._kept(tokens)
        self._make_room(len(kept))
        self._cache.tokens[slot, : len(kept)] = kept
        self._cache.lengths[slot] = len(kept)
        self._cache.read[slot] = self._cache.first[slot] = 0

    def take_all(self, tokens: Integers, lengths_B: Integers) -> None:
        """Put sequences, which lie one behind the other in `tokens`, into the first slots, all empty."""
        count = len(lengths_B)
        of_each = np.repeat(np.arange(count), lengths_B)
        place = np.arange(len(tokens)) - (lengths_B.cumsum() - lengths_B)[of_each]
        if not self._weights.rotary and lengths_B.max() > self._weights.context:  # the model sees their ends
            place -= np.maximum(lengths_B - self._weights.context, 0)[of_each]
            seen = place >= 0
            tokens, of_each, place = tokens[seen], of_each[seen], place[seen]
            lengths_B = np.minimum(lengths_B, self._weights.context)
        self._make_room(int(lengths_B.max()))
        self._cache.tokens[of_each, place] = tokens
        self._cache.lengths[:count] = lengths_B
        self._cache.read[:count] = self._cache.first[:count] = 0

    def _kept(self, tokens: Sequence[int]) -> Sequence[int]:
        """Return what the model can see of a sequence."""
        return tokens if self._weights.rotary else tokens[-self._weights.context :]

    def _make_room(self, length: int) -> None:
        """Let slots hold so many tokens."""
        missing = length - self._cache.tokens.shape[1]
        if missing > 0:
            self._cache = self._cache._replace(tokens=np.pad(self._cache.tokens, ((0, 0), (0, missing))))

    def append(self, slot: int, token: int) -> None:
        """Continue the sequence of a slot."""
        append.py_func(self._weights, self._cache, slot, token)

    def copy(self, slot: int, to: int) -> None:
        """Put the sequence of a slot, and what has been read of it, into another one."""
        cache = self._cache
        for counted in (cache.tokens, cache.lengths, cache.read, cache.first):
            counted[to] = counted[slot]
        for kept in (cache.keys, cache.values):
            kept[:, to] = kept[:, slot]

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        self._cache.lengths[slot] = 0

    def read(self, slots: Sequence[int]) -> Outlook:
        """Say what may follow each of these sequences."""
        logits_BO = np.empty((len(slots), self._outcomes), dtype=np.float32)
        best_B1, sure_B1 = self.continued(np.array(slots, dtype=np.int64), 1, logits_BO)
        return Outlook(logits_BO[:, : self._weights.outcomes], best_B1[:, 0], sure_B1[:, 0])

    def continued(self, slots_B: Integers, steps: int, logits_BO: Floats | None = None) -> tuple[Integers, Floats]:
        """Continue sequences greedily without a look between the steps, and append all predictions but the last.

        Args:
            slots_B: Whose.
            steps: How many predictions at most.
            logits_BO: Takes the logits of the last one, padded to a multiple of LANES.

        Returns:
            The outcomes, int64 (B, steps), -1 after END; and their probabilities, float32.
        """
        if logits_BO is None:
            logits_BO = np.empty((len(slots_B), self._outcomes), dtype=np.float32)
        best_BN = np.empty((len(slots_B), steps), dtype=np.int64)
        sure_BN = np.empty((len(slots_B), steps), dtype=np.float32)
        for begin in range(0, len(slots_B), PASS):
            part = slice(begin, begin + PASS)
            decode(
                self._weights, self._cache, self._scratch, slots_B[part], best_BN[part], sure_BN[part], logits_BO[part]
            )
        return best_BN, sure_BN


def new_cache(weights: Weights, slots: int) -> Cache:
    """Return an empty cache."""
    places = weights.places + -weights.places % LANES
    shape = (weights.layers, slots, weights.heads)
    return Cache(
        tokens=np.zeros((slots, weights.context), dtype=np.int64),
        lengths=np.zeros(slots, dtype=np.int64),
        read=np.zeros(slots, dtype=np.int64),
        first=np.zeros(slots, dtype=np.int64),
        keys=np.zeros((*shape, weights.padded_head, places), dtype=np.float32),
        values=np.zeros((*shape, places, weights.padded_head), dtype=np.float32),
    )


def new_scratch(weights: Weights, tokens: int) -> Scratch:
    """Return room for passes of so many tokens."""
    width, all_heads = weights.values_VC.shape[1], weights.heads * weights.padded_head
    places = weights.places + -weights.places % LANES
    outcomes = len(weights.head_bias)

    def floats(*shape: int) -> Floats:
        return np.zeros(shape, dtype=np.float32)

    def integers() -> Integers:
        return np.zeros(tokens, dtype=np.int64)

    return Scratch(
        tokens=integers(),
        slots=integers(),
        positions=integers(),
        rows=integers(),
        x=floats(tokens, width),
        normed=floats(tokens, width),
        branch=floats(tokens, width),
        qkv=floats(tokens, 3 * all_heads),
        read=floats(tokens, all_heads),
        hidden=floats(tokens, weights.hidden_in_bias.shape[1]),
        last=floats(tokens, width),
        scores=floats(TOGETHER * weights.heads, places),
        turned=floats(places),
        totals=floats(TOGETHER * weights.heads),
        shares=floats(outcomes),
        ones=np.ones(max(places, width, outcomes), dtype=np.float32),
        zeros=floats(max(places, weights.padded_head)),
    )
