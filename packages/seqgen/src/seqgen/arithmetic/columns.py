"""Arithmetic on columns of digits, for any number of digits: what a pen does, for many questions at once.

Arrays of digits are ``(rows, digits)`` uint8, most significant first. What is returned per digit has the same shape.
"""

import numpy as np
from numpy.typing import NDArray

Digits = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def added(first_ND: Digits, second_ND: Digits) -> tuple[Digits, Flags]:
    """Return the sums ``(rows, digits + 1)`` and the carries out of each digit ``(rows, digits)``.

    >>> total, carries = added(np.array([[0, 9, 5]], np.uint8), np.array([[0, 0, 6]], np.uint8))
    >>> total.tolist(), carries.tolist()
    ([[0, 1, 0, 1]], [[False, True, True]])
    """
    rows, digits = first_ND.shape
    total = np.empty((rows, digits + 1), np.uint8)
    carries = np.empty((rows, digits), np.bool_)
    column_sums = first_ND + second_ND
    carry = np.zeros(rows, np.bool_)
    for column in reversed(range(digits)):
        column_sum = column_sums[:, column] + carry
        carry = column_sum >= 10
        total[:, column + 1] = column_sum - 10 * carry.astype(np.uint8)
        carries[:, column] = carry
    total[:, 0] = carry
    return total, carries


def subtracted(larger_ND: Digits, smaller_ND: Digits) -> tuple[Digits, Flags]:
    """Return the differences ``(rows, digits)`` and the borrows out of each digit; no number exceeds its partner.

    >>> difference, borrows = subtracted(np.array([[2, 0, 5]], np.uint8), np.array([[0, 0, 6]], np.uint8))
    >>> difference.tolist(), borrows.tolist()
    ([[1, 9, 9]], [[False, True, True]])
    """
    rows, digits = larger_ND.shape
    difference = np.empty((rows, digits), np.uint8)
    borrows = np.empty((rows, digits), np.bool_)
    borrow = np.zeros(rows, np.bool_)
    for column in reversed(range(digits)):
        upper, lower = larger_ND[:, column], smaller_ND[:, column] + borrow
        borrow = upper < lower
        difference[:, column] = upper + 10 * borrow.astype(np.uint8) - lower
        borrows[:, column] = borrow
    return difference, borrows


def is_less(first_ND: Digits, second_ND: Digits) -> Flags:
    """Return ``(rows,)`` whether the first number is less than the second.

    >>> is_less(np.array([[0, 7], [3, 1]], np.uint8), np.array([[1, 0], [3, 1]], np.uint8)).tolist()
    [True, False]
    """
    less = np.zeros(len(first_ND), np.bool_)
    for column in reversed(range(first_ND.shape[1])):
        upper, lower = first_ND[:, column], second_ND[:, column]
        less = (upper < lower) | (less & (upper == lower))
    return less


def exchanged(first_ND: Digits, second_ND: Digits, where: Flags) -> tuple[Digits, Digits]:
    """Return both numbers, the one's digits for the other's ``where`` it says so: (rows, digits) or (rows, 1).

    >>> exchanged(np.array([[7], [1]]), np.array([[8], [2]]), np.array([[True], [False]]))[0].ravel().tolist()
    [8, 1]
    """
    return np.where(where, second_ND, first_ND), np.where(where, first_ND, second_ND)


def longest_chain(passing_ND: Flags, moved_ND: Flags) -> NDArray[np.uint8]:
    """Return ``(rows,)`` the most passing digits in a row that stand directly above a carry (or borrow).

    Args:
        passing_ND: the digits that hand on a carry that comes in: pairs that sum to nine, or equal pairs.
        moved_ND: the carries (borrows) out of each digit.

    >>> longest_chain(np.array([[True, True, False, True]]), np.array([[True, True, True, False]])).tolist()
    [2]
    """
    rows, digits = moved_ND.shape
    longest = np.zeros(rows, np.uint8)
    chain = np.zeros(rows, np.uint8)
    for column in reversed(range(digits - 1)):
        chain = (chain + 1) * (passing_ND[:, column] & moved_ND[:, column + 1]).astype(np.uint8)
        longest = np.maximum(longest, chain)
    return longest
