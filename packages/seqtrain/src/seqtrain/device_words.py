"""seqgen's random words, computed on the device where rows are to lie.

The same Philox4x64-10 as `seqgen.philox`, in torch's int64, whose products and sums keep the low 64 bits of those of
unsigned words.
"""

# N words, K blocks of four

import torch
from torch import Tensor

from seqgen.philox import stream_key

_BLOCK = 4
_ROUNDS = 10
_LOW = 0xFFFFFFFF
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)


def device_words(purpose: str, seed: int, start: int, count: int, device: torch.device) -> Tensor:
    """Return the bits of `seqgen.words(purpose, seed, start, count)` as int64 (N,) on a device.

    >>> from seqgen import words
    >>> there = device_words("train", 7, 5, 6, torch.device("cpu"))
    >>> bool((there.numpy().view("uint64") == words("train", 7, 5, 6)).all())
    True
    """
    key = stream_key(purpose, seed)
    first = start // _BLOCK
    blocks_K = torch.arange(first, -(-(start + count) // _BLOCK), device=device)
    return torch.stack(_philox(blocks_K, key), dim=1).view(-1)[start - first * _BLOCK :][:count]


def high_half(words_N: Tensor, factor: int) -> Tensor:
    """Return the high 64 of the 128 bits of each product, as `seqgen.philox.multiply_high` does.

    Args:
        words_N: Bits of unsigned words, int64.
        factor: 0 to 2**64 - 1.
    """
    word_low, word_high = words_N & _LOW, _upper(words_N)
    low, high = factor & _LOW, factor >> 32
    middle = word_high * low + _upper(word_low * low)
    carried = (middle & _LOW) + word_low * high
    return word_high * high + _upper(middle) + _upper(carried)


def _philox(counters_K: Tensor, key: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    zero_K = torch.zeros_like(counters_K)
    x0, x1, x2, x3 = counters_K, zero_K, zero_K, zero_K
    key0, key1 = key & (2**64 - 1), key >> 64
    for _ in range(_ROUNDS):
        high0, low0 = high_half(x0, _MULTIPLIERS[0]), x0 * _signed(_MULTIPLIERS[0])
        high1, low1 = high_half(x2, _MULTIPLIERS[1]), x2 * _signed(_MULTIPLIERS[1])
        x0, x1, x2, x3 = high1 ^ x1 ^ _signed(key0), low1, high0 ^ x3 ^ _signed(key1), low0
        key0, key1 = (key0 + _WEYL[0]) % 2**64, (key1 + _WEYL[1]) % 2**64
    return x0, x1, x2, x3


def _upper(words: Tensor) -> Tensor:
    """Return the upper 32 bits of unsigned words; the shift of signed ones drags their sign along."""
    return (words >> 32) & _LOW


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word
