"""Families that number puzzles and OEIS hold beside those of the three phases: what ``broad`` adds to ``default``.

They belong to phase 4, so that in ``broad`` they share equally with each of the three phases.
"""

from dataclasses import replace

from seqgen import families
from seqgen.family import Family, Values
from seqgen.law import Law
from seqgen.mapped import Mapped
from seqgen.pairs import Interleaved
from seqgen.powers import RoundedPowers
from seqgen.recurrence import Recurrence
from seqgen.reversed import Reversed
from seqgen.runs import Runs
from seqgen.sums import Sums

PHASE = 4

_EITHER_SIGN = tuple(step for step in range(-64, 65) if step)


def interleaved_arithmetic(*, start: Values = range(64), step: Values = range(-12, 13)) -> Family:
    """Two arithmetic sequences in turn: 1, 10, 2, 20, 3, 30."""
    one = families.arithmetic(start=start, step=step)
    return Interleaved(name="interleaved-arithmetic", phase=PHASE, first=one, second=one)


def interleaved_growth(
    *, start: Values = range(1, 33), step: Values = range(-6, 7), factor: Values = range(2, 5)
) -> Family:
    """An arithmetic and a geometric sequence in turn, either first: 1, 5, 2, 4, 4, 3, 8, 2."""
    arithmetic = families.arithmetic(start=start, step=step)
    geometric = families.geometric(start=start, factor=factor)
    return Interleaved(name="interleaved-growth", phase=PHASE, first=geometric, second=arithmetic, turn=(0, 1))


def alternating_operations(
    *, start: Values = range(256), addend: Values = range(-20, 21), factor: Values = (-2, 2, 3, 4, 5)
) -> Family:
    """Add, then multiply, in turn, from either: 1, 3, 6, 8, 16, 18."""
    laws = (Law(coefficients=((1,),), constant=addend), Law(coefficients=(factor,)))
    return Recurrence(name="alternating-operations", phase=PHASE, laws=laws, starts=(start,), turn=(0, 1))


def rational_affine(
    *,
    start: Values = range(256),
    numerator: Values = (-3, -2, -1, 1, 2, 3, 4, 5),
    constant: Values = range(-20, 21),
    denominator: Values = range(2, 5),
) -> Family:
    """(p*a(n-1) + q)/r, as far as that is an integer: 17, 9, 5, 3, 2 ends before 1.5."""
    law = Law(coefficients=(numerator,), constant=constant, divisor=denominator)
    return Recurrence(name="rational-affine", phase=PHASE, laws=(law,), starts=(start,))


def polynomial(
    *,
    start: Values = range(128),
    first: Values = range(-24, 25),
    second: Values = range(-24, 25),
    third: Values = range(-12, 13),
) -> Family:
    """Quadratics and cubics, by their first term and differences: 0, 1, 4, 9, 16 and 0, 1, 8, 27, 64."""
    rates = families.arithmetic(start=second, step=third)
    steps = Sums(name="steps", inner=rates, start=first)
    return Sums(name="polynomial", phase=PHASE, inner=steps, start=start)


def order3(*, coefficients: Values = range(-1, 2), constant: Values = (-1, 0, 1), starts: Values = range(32)) -> Family:
    """Order 3: the tribonacci numbers 1, 1, 2, 4, 7, 13 and their like."""
    law = Law(coefficients=(coefficients,) * 3, constant=constant)
    return Recurrence(name="order-3", phase=PHASE, laws=(law,), starts=(starts,) * 3)


def sums_of_order2(*, start: Values = range(64), starts: Values = range(-12, 25)) -> Family:
    """Steps that follow Fibonacci or its like: 1, 2, 4, 7, 12, 20."""
    coefficients = (range(-1, 2), range(-1, 3))
    steps = Recurrence(name="steps", laws=(Law(coefficients=coefficients),), starts=(starts, starts))
    return Sums(name="sums-of-order-2", phase=PHASE, inner=steps, start=start)


def sums_of_geometric(
    *, start: Values = range(256), first: Values = _EITHER_SIGN, factor: Values = (-3, -2, 2, 3, 4)
) -> Family:
    """Steps that are multiplied: 1, 3, 7, 15, 31."""
    steps = replace(families.geometric(start=first, factor=factor), name="steps")
    return Sums(name="sums-of-geometric", phase=PHASE, inner=steps, start=start)


def shifted_powers(
    *, start: Values = range(1, 33), factor: Values = range(2, 6), offset: Values = range(-64, 65)
) -> Family:
    """A geometric sequence plus a constant: 3, 5, 9, 17, 33."""
    law = Law(coefficients=((1,),), constant=offset)
    inner = families.geometric(start=start, factor=factor)
    return Mapped(name="shifted-powers", phase=PHASE, inner=inner, law=law)


def reversed_growth(
    *, starts: Values = range(9), coefficients: Values = range(1, 4), last: Values = range(3, 12)
) -> Family:
    """Order 2 backwards, down to its start: 21, 13, 8, 5, 3, 2, 1, 1."""
    law = Law(coefficients=(coefficients, range(3)))
    inner = Recurrence(name="growing", laws=(law,), starts=(starts, starts))
    return Reversed(name="reversed-growth", phase=PHASE, inner=inner, last=last)


def floor_powers(
    *, start: Values = range(1, 65), numerator: Values = range(1, 12), denominator: Values = range(2, 9)
) -> Family:
    """A geometric sequence rounded down once: 1, 1, 2, 3, 5, 7, 11, 17, 25."""
    return RoundedPowers(name="floor-powers", phase=PHASE, start=start, numerator=numerator, denominator=denominator)


def ceiling_powers(
    *, start: Values = range(1, 65), numerator: Values = range(1, 12), denominator: Values = range(2, 9)
) -> Family:
    """A geometric sequence rounded up once: 1, 2, 3, 4, 6, 8, 12, 18."""
    return RoundedPowers(
        name="ceiling-powers", phase=PHASE, start=start, numerator=numerator, denominator=denominator, rounding="ceil"
    )


def long_runs(*, start: Values = range(256), step: Values = range(-20, 21)) -> Family:
    """Runs of four, of five, and of three lengths in turn: 1, 2, 2, 3, 3, 3, 4, 5, 5."""
    return Runs(name="long-runs", phase=PHASE, cycles=((4,), (5,), (1, 2, 3), (3, 2, 1)), start=start, step=step)


FAMILIES = (
    interleaved_arithmetic,
    interleaved_growth,
    alternating_operations,
    rational_affine,
    polynomial,
    order3,
    sums_of_order2,
    sums_of_geometric,
    shifted_powers,
    reversed_growth,
    floor_powers,
    ceiling_powers,
    long_runs,
)
