"""Fixed features: what is known of a value, or of a position, before anything is learned."""

# V input tokens, F features, S positions

import numpy as np
from numpy.typing import NDArray

from seqmodel.config import ModelConfig
from seqmodel.symbols import SymbolVocabulary
from seqmodel.vocabularies import Vocabulary

Features = NDArray[np.float64]

MODULI = (2, 3, 4, 5, 7, 8, 9, 11, 13, 16)
"""Whose remainders the number-theoretic features hold, one place for each remainder."""

PRIMES = (2, 3, 5, 7, 11, 13)
"""Whose exponents in a value the number-theoretic features hold."""

LONGEST = 10_000.0
"""The largest wavelength of the frequency features, over 2 pi (Vaswani et al. 2017, section 3.5)."""


def value_features(config: ModelConfig, vocabulary: Vocabulary) -> Features:
    """Return the fixed features of every token, float64 (V, F); F is 0 for learned vectors alone."""
    if isinstance(vocabulary, SymbolVocabulary):
        tokens_V = np.arange(vocabulary.size)
        return bits(tokens_V) if config.embedding == "binary" else np.zeros((vocabulary.size, 0))
    values_V = np.arange(vocabulary.low, vocabulary.high + 1)
    if config.embedding == "tuple":
        return shares(values_V)
    if config.embedding == "binary":
        return bits(values_V - vocabulary.low)
    if config.embedding == "frequency":
        return waves(values_V, config.d_model)
    if config.embedding == "number-theoretic":
        return number_theory(values_V)
    return remainders(values_V, config.value_periods)


def shares(values_V: NDArray[np.int64]) -> Features:
    """Return value / max_value, the largest in size being 1: (V, 1).

    >>> shares(np.arange(5))[:, 0].tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return np.asarray(values_V / max(np.abs(values_V).max(), 1))[:, None]


def bits(tokens_V: NDArray[np.int64]) -> Features:
    """Return each token's bits, the lowest first: (V, bits of the largest); 8 for 0..255.

    >>> bits(np.arange(4)).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    width = max(int(tokens_V.max()).bit_length(), 1)
    return ((tokens_V[:, None] >> np.arange(width)) & 1).astype(np.float64)


def waves(values_V: NDArray[np.int64], width: int) -> Features:
    """Return sines, then cosines, at wavelengths from 2 pi to 20,000 pi: (V, width).

    The features of Vaswani et al. (2017, section 3.5), of the value where they have the position.
    """
    frequencies_F = LONGEST ** -(np.arange(width // 2) / (width // 2))
    angles_VF = values_V[:, None] * frequencies_F
    return np.concatenate([np.sin(angles_VF), np.cos(angles_VF)], axis=1)


def remainders(values_V: NDArray[np.int64], periods: tuple[int, ...]) -> Features:
    """Return the sines, then the cosines, of 2 pi value / period: (V, 2 * periods)."""
    periods_P = np.array(periods, dtype=np.int64)
    # The remainder first: exact in integers, where a large value / p would lose digits.
    angles_VP = 2 * np.pi * (values_V[:, None] % periods_P) / periods_P
    return np.concatenate([np.sin(angles_VP), np.cos(angles_VP)], axis=1)


def number_theory(values_V: NDArray[np.int64]) -> Features:
    """Return what arithmetic says of each value: (V, 90).

    In order: one place for each remainder of each of `MODULI` (78, each 0 or 1); the exponent of
    each of `PRIMES` over the largest in the vocabulary (6); whether it is zero, negative, a
    square, a prime, a power of two; and value / max_value.
    """
    sizes_V = np.abs(values_V)
    columns = [(values_V % modulus)[:, None] == np.arange(modulus) for modulus in MODULI]
    columns += [_exponents(sizes_V, prime)[:, None] for prime in PRIMES]
    roots_V = np.rint(np.sqrt(sizes_V)).astype(np.int64)
    columns += [
        (values_V == 0)[:, None],
        (values_V < 0)[:, None],
        (roots_V**2 == values_V)[:, None],
        _is_prime(values_V)[:, None],
        ((values_V > 0) & ((values_V & (values_V - 1)) == 0))[:, None],
        shares(values_V),
    ]
    return np.concatenate([column.astype(np.float64) for column in columns], axis=1)


def _exponents(sizes_V: NDArray[np.int64], prime: int) -> Features:
    exponents_V, rest_V = np.zeros(len(sizes_V)), np.where(sizes_V == 0, 1, sizes_V)
    while (divisible_V := rest_V % prime == 0).any():
        exponents_V += divisible_V
        rest_V = np.where(divisible_V, rest_V // prime, rest_V)
    return np.asarray(exponents_V / max(exponents_V.max(), 1))


def _is_prime(values_V: NDArray[np.int64]) -> NDArray[np.bool_]:
    prime_V = values_V > 1
    for divisor in range(2, int(np.sqrt(max(values_V.max(), 0))) + 1):
        prime_V &= (values_V == divisor) | (values_V % divisor != 0)
    return prime_V


def position_features(context: int) -> Features:
    """Return position / max_position: (S, 1)."""
    return (np.arange(context) / max(context - 1, 1))[:, None]
