"""Counter-based random words: word i is a function of (stream version, purpose, seed, i), nothing else.

The words are those of Philox4x64-10 [1]_. The key is the first 128 bits, little-endian, of the SHA-256 of the
text ``seqgen/1/PURPOSE/SEED``, with ``/PART`` behind it where a row takes several words; words 4b to 4b+3 are the
block of counter b. NumPy's generator gives the same words for a contiguous range and is used for that; single words
anywhere are computed here.

.. [1] Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC'11.
"""

import hashlib

import numpy as np

# Now, not at the first row: a Ctrl-C while numpy.random begins would be lost.
from numpy.random import Philox
from numpy.typing import ArrayLike, NDArray

from seqgen.arguments import integer

STREAM_VERSION = 1
"""Part of every key: a change that alters any row raises it."""

MAX_SEED = 2**64 - 1
MAX_INDEX = 2**63 - 2

_WORDS_PER_BLOCK = 4
_AT_ONCE = 1 << 14
"""Words computed together: what they need stays in the processor's cache."""

_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIERS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)

Words = NDArray[np.uint64]


def words(purpose: str, seed: int, start: int, count: int, part: str = "") -> Words:
    """Return words ``start`` to ``start + count - 1`` as uint64, shape ``(count,)``.

    Where a row takes several words, each is drawn from a ``part`` of its own.

    >>> words("train", 7, 2, 3) == words("train", 7, 0, 5)[2:]
    array([ True,  True,  True])
    """
    key = stream_key(purpose, seed, part)
    start = integer("start", start, 0, MAX_INDEX + 1)
    count = integer("count", count, 0, MAX_INDEX + 1 - start)
    first_block, skipped = divmod(start, _WORDS_PER_BLOCK)
    # NumPy steps the counter before it makes a block.
    generator = Philox(key=key, counter=(first_block - 1) % 2**256)
    return np.asarray(generator.random_raw(skipped + count), np.uint64)[skipped:]


def words_at(purpose: str, seed: int, indices: ArrayLike, part: str = "") -> Words:
    """Return the words of any non-negative int64 ``indices``, uint64 of the same shape.

    >>> bool(words_at("train", 7, [10**12])[0] == words("train", 7, 10**12, 1)[0])
    True
    """
    key = stream_key(purpose, seed, part)
    wanted = index_array(indices)
    flat = wanted.ravel()
    drawn = np.empty(flat.shape, np.uint64)
    for first in range(0, len(flat), _AT_ONCE):
        some = flat[first : first + _AT_ONCE]
        lanes = _philox((some >> 2).astype(np.uint64), key)
        drawn[first : first + _AT_ONCE] = np.choose(some & 3, lanes)
    return drawn.reshape(wanted.shape)


def multiply_high(word: Words, total: int) -> Words:
    """Map uniform 64-bit words onto ``0..total-1``: the high half of the 128-bit product.

    Each result's probability differs from ``1/total`` by less than 2**-64.
    """
    return _multiply(word, np.uint64(total))[0]


def stream_key(purpose: str, seed: int, part: str = "") -> int:
    """Return the 128-bit Philox key of a purpose, a seed (0 to 2**64 - 1) and a part."""
    for name, text in (("purpose", purpose), ("part", part or "-")):
        if not isinstance(text, str) or not text or "/" in text or not text.isprintable():
            raise ValueError(f"{name}={text!r}: give a non-empty text without '/', such as 'train'")
    seed = integer("seed", seed, 0, MAX_SEED)
    text = f"seqgen/{STREAM_VERSION}/{purpose}/{seed}" + (f"/{part}" if part else "")
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")


def index_array(indices: ArrayLike) -> NDArray[np.int64]:
    """Return row indices as int64, or raise what is wrong with them."""
    array = np.asarray(indices)
    if array.size == 0:
        return np.zeros(array.shape, np.int64)
    if array.dtype == object:
        for index in array.flat:
            integer("an index", index)
    elif array.dtype.kind not in "iu":
        raise TypeError(f"indices={indices!r}: give integers, not {array.dtype}")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > MAX_INDEX:
        wrong = low if low < 0 else high
        raise IndexError(f"indices hold {wrong}: rows are counted from 0 to {MAX_INDEX}")
    return array.astype(np.int64)


def _philox(counters: Words, key: int) -> tuple[Words, Words, Words, Words]:
    """Return the blocks of 64-bit ``counters`` (b,) as four words (b,) each."""
    zero = np.zeros_like(counters)
    x0, x1, x2, x3 = counters, zero, zero, zero
    key0, key1 = key & 0xFFFFFFFFFFFFFFFF, key >> 64
    for _ in range(_ROUNDS):
        high0, low0 = _multiply(x0, _MULTIPLIERS[0])
        high1, low1 = _multiply(x2, _MULTIPLIERS[1])
        x0, x1, x2, x3 = high1 ^ x1 ^ np.uint64(key0), low1, high0 ^ x3 ^ np.uint64(key1), low0
        key0 = (key0 + _WEYL[0]) % 2**64
        key1 = (key1 + _WEYL[1]) % 2**64
    return x0, x1, x2, x3


def _multiply(a: Words, b: np.uint64) -> tuple[Words, Words]:
    """Return the high and low words of the 128-bit products, in 32-bit halves."""
    a_low, a_high = a & _LOW, a >> _HALF
    b_low, b_high = b & _LOW, b >> _HALF
    middle = a_high * b_low + ((a_low * b_low) >> _HALF)
    carried = (middle & _LOW) + a_low * b_high
    return a_high * b_high + (middle >> _HALF) + (carried >> _HALF), a * b
