"""The shortest linear recurrence behind terms, for many sequences at once, after each of their terms.

Massey, Shift-register synthesis and BCH decoding, IEEE Transactions on Information Theory 15, 1969. All arithmetic
is modulo the prime 2**31 - 1. A recurrence over the integers holds modulo a prime too, and where 2 L terms or more are
seen, L being the length of the shortest one, every recurrence of that length continues them alike (Massey, theorem
3): so nothing is lost by the prime, and the continuation is that over the integers.
"""

# R sequences, T terms

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRIME = 2**31 - 1

_LARGEST = 2**20
"""Residues nearer to 0 are taken for integers. A fraction's residue is hardly ever that small: one in a thousand."""


@dataclass(frozen=True, kw_only=True)
class Continuations:
    """Hold what comes next after each number of terms.

    Attributes:
        terms: int64 (R, T); column k - 1 is said after k terms. It means nothing where nothing is determined.
        determined: bool (R, T); whether the terms determine a recurrence (half as long as they are many, or
            shorter) that goes on with an integer.
    """

    terms: NDArray[np.int64]
    determined: NDArray[np.bool_]


def continuations(sequences: NDArray[np.int64]) -> Continuations:
    """Continue sequences of integers, int64 (R, T), by the shortest recurrence of each beginning.

    >>> found = continuations(np.array([[1, 1, 2, 3, 5, 8]]))
    >>> found.terms[found.determined].tolist()
    [1, 5, 8, 13]
    """
    terms_RT = sequences % PRIME
    rows, count = terms_RT.shape
    # Coefficients of C(x) = 1 + c1 x + ... with s[n] + c1 s[n-1] + ... = 0, and x**m B(x) / b of the last change.
    current, earlier = np.zeros((2, rows, count + 2), np.int64)
    current[:, 0], earlier[:, 1] = 1, 1
    length = np.zeros(rows, np.int64)
    said, determined = np.zeros((rows, count), np.int64), np.zeros((rows, count), bool)
    for n in range(count):
        off = (terms_RT[:, n] - _predicted(current, terms_RT[:, :n])) % PRIME
        grows = (off != 0) & (2 * length <= n)
        changed = (current - off[:, None] * earlier) % PRIME
        # Where the length grows, the recurrence so far becomes the earlier one, scaled so that it errs by 1.
        kept = earlier
        kept[grows] = current[grows] * _inverse(off[grows])[:, None] % PRIME
        earlier = np.concatenate([np.zeros((rows, 1), np.int64), kept[:, :-1]], axis=1)
        current, length = changed, np.where(grows, n + 1 - length, length)
        next_term = _predicted(current, terms_RT[:, : n + 1])
        said[:, n] = np.where(next_term > PRIME // 2, next_term - PRIME, next_term)
        determined[:, n] = (2 * length <= n + 1) & (np.abs(said[:, n]) < _LARGEST)
    return Continuations(terms=said, determined=determined)


def _predicted(current: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the next term by each recurrence, int64 (R,), 0 to PRIME - 1."""
    back = seen[:, ::-1]
    products = current[:, 1 : back.shape[1] + 1] * back % PRIME
    return np.asarray(-products.sum(1) % PRIME)


def _inverse(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the inverses modulo the prime, by Fermat: values ** (PRIME - 2)."""
    power, result = values, np.ones_like(values)
    for bit in range((PRIME - 2).bit_length()):
        if (PRIME - 2) >> bit & 1:
            result = result * power % PRIME
        power = power * power % PRIME
    return result
