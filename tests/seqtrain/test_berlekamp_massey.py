"""The shortest recurrence behind terms: exact where the terms determine one, said to be open elsewhere."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain.berlekamp_massey import continuations

COEFFICIENTS = st.lists(st.integers(-3, 3), min_size=1, max_size=4)


def continued(start, coefficients, count):
    """Return so many terms of a(n) = c1 a(n-1) + c2 a(n-2) + ... ."""
    terms = list(start)
    while len(terms) < count:
        terms.append(sum(c * a for c, a in zip(coefficients, reversed(terms), strict=False)))
    return terms[:count]


def shortest(terms):
    """Return the length of the shortest recurrence over the rationals, by trying each: no modulus, no Massey."""
    for length in range(len(terms) + 1):
        rows = [[Fraction(a) for a in terms[n - length : n]] for n in range(length, len(terms))]
        if solvable(rows, [Fraction(a) for a in terms[length:]]):
            return length
    raise AssertionError("a sequence is always a recurrence of its own length")


def solvable(rows, right):
    """Say whether a system of linear equations has a solution, by elimination."""
    system = [[*row, value] for row, value in zip(rows, right, strict=True)]
    unknowns = len(rows[0]) if rows else 0
    rank = 0
    for column in range(unknowns):
        pivot = next((r for r in range(rank, len(system)) if system[r][column]), None)
        if pivot is None:
            continue
        system[rank], system[pivot] = system[pivot], system[rank]
        for r in range(rank + 1, len(system)):
            factor = system[r][column] / system[rank][column]
            system[r] = [a - factor * b for a, b in zip(system[r], system[rank], strict=True)]
        rank += 1
    return all(not row[-1] for row in system[rank:])


@given(coefficients=COEFFICIENTS, data=st.data())
def test_a_linear_recurrence_is_continued_exactly_once_twice_its_length_is_seen(coefficients, data):
    order = len(coefficients)
    start = data.draw(st.lists(st.integers(-9, 9), min_size=order, max_size=order))
    terms = [term for term in continued(start, coefficients, 2 * order + 5) if abs(term) < 2**20]
    found = continuations(np.array([terms]))
    for seen in range(2 * order, len(terms)):
        assert found.determined[0, seen - 1]
        assert found.terms[0, seen - 1] == terms[seen]


@given(terms=st.lists(st.integers(0, 12), min_size=1, max_size=7))
def test_it_is_open_where_the_rationals_leave_it_open(terms):
    """Determined: half as long as the terms are many, or shorter, and an integer comes next."""
    found = continuations(np.array([terms]))
    for seen in range(1, len(terms) + 1):
        length = shortest(terms[:seen])
        if 2 * length > seen:
            assert not found.determined[0, seen - 1]
        elif found.determined[0, seen - 1]:
            assert shortest([*terms[:seen], int(found.terms[0, seen - 1])]) == length


def test_a_sequence_is_continued_alike_whoever_stands_beside_it():
    rows = np.random.default_rng(0).integers(0, 30, size=(40, 8))
    together = continuations(rows)
    for row, terms, determined in zip(rows, together.terms, together.determined, strict=True):
        alone = continuations(row[None])
        np.testing.assert_array_equal(alone.determined[0], determined)
        np.testing.assert_array_equal(alone.terms[0][determined], terms[determined])


@pytest.mark.parametrize(
    ("terms", "following"),
    [
        ([7, 7, 7], [None, 7, 7]),
        ([2, 4, 6, 8], [None, 8, None, 10]),
        ([1, 4, 9, 16, 25, 36], [None, 16, None, None, None, 49]),
        ([3, -6, 12], [None, 12, -24]),
        ([8, 4, 2], [None, 2, 1]),
        ([4, 2, 1], [None, 1, None]),  # one half comes next
        ([0, 0, 0, 1], [0, 0, 0, None]),
    ],
)
def test_known_sequences(terms, following):
    found = continuations(np.array([terms]))
    said = [int(t) if known else None for t, known in zip(found.terms[0], found.determined[0], strict=True)]
    assert said == following
