"""Rows of a finite set in an order of its own for every pass over it, without a list of that order.

A pass is a permutation by a Feistel network on the numbers below a power of two [1]_, walked until it comes back
below the size [2]_. Its keys are words of seqgen's streams, its round function is SplitMix64. So any row is
found at once, in constant memory.

.. [1] Luby, Rackoff: How to construct pseudorandom permutations from pseudorandom functions. SIAM J. Comput. 17, 1988.
.. [2] Black, Rogaway: Ciphers with arbitrary finite domains. CT-RSA 2002.
"""

# N rows, R rounds

import numpy as np
from numpy.typing import NDArray

from seqgen import words_at
from seqgen.holdout import mix

_ROUNDS = 8
"""Four make a network whose halves look random; small sets have short halves, so there are more."""


def shuffled(rows: NDArray[np.int64], size: int, *, purpose: str, seed: int) -> NDArray[np.int64]:
    """Return which of `size` things each row is, int64 (N,).

    Rows e * size to (e + 1) * size - 1 are pass e: each thing once, in an order that purpose, seed and e decide.

    Args:
        rows: Row numbers, int64 (N,), not negative, in any order.
        size: How many things there are, at least 1.
        purpose: Names the order, with `seed`, as in `seqgen.Stream`.
        seed: 0 to 2**64 - 1.

    >>> shuffled(np.arange(10), 5, purpose="train", seed=0).tolist()
    [0, 2, 4, 1, 3, 2, 3, 1, 4, 0]
    """
    passes, places = np.divmod(rows, size)
    different, of_row = np.unique(passes, return_inverse=True)
    words = [words_at(purpose, seed, different, part=f"shuffle-{round_}") for round_ in range(_ROUNDS)]
    keys_RN = np.stack(words)[:, of_row]
    bits = max((size - 1).bit_length(), 2)
    found = _network(places, keys_RN, bits)
    while (beyond := np.flatnonzero(found >= size)).size:
        found[beyond] = _network(found[beyond], keys_RN[:, beyond], bits)
    return found


def _network(numbers: NDArray[np.int64], keys_RN: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """Permute the numbers below 2**bits; each half in turn is changed by what the other one and the key say."""
    low_bits = bits // 2
    halves = [numbers >> low_bits, numbers & ((1 << low_bits) - 1)]
    masks = [(1 << (bits - low_bits)) - 1, (1 << low_bits) - 1]
    for round_, key_N in enumerate(keys_RN):
        changed, other = round_ % 2, 1 - round_ % 2
        said = mix(key_N + halves[other].view(np.uint64)).view(np.int64)
        halves[changed] = halves[changed] ^ (said & masks[changed])
    return (halves[0] << low_bits) | halves[1]
