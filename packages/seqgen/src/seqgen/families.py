"""The families of the three phases, each with the ranges of the default universe.

A function makes one family; its arguments override the ranges:

>>> len(arithmetic()), len(arithmetic(start=range(8), step=(2, 3)))
(13152, 16)
"""

from seqgen.family import Family, Values
from seqgen.law import Law
from seqgen.mapped import EveryKth
from seqgen.modulo import Modulo
from seqgen.recurrence import Recurrence
from seqgen.runs import Runs
from seqgen.signs import AlternatingSigns
from seqgen.sums import Sums
from seqgen.switch import Below, Parity, Rising, Switch

_BYTE = range(256)
_SAME: tuple[Values, ...] = ((1,),)
"""The coefficient of a law that adds to the last term."""


def constant(*, value: Values = _BYTE) -> Family:
    """Phase 1, order 0: 1, 1, 1."""
    return Recurrence(name="constant", phase=1, laws=(Law(constant=value),))


def arithmetic(*, start: Values = _BYTE, step: Values = range(-31, 32)) -> Family:
    """Phase 1, order 1: 2, 4, 6."""
    law = Law(coefficients=_SAME, constant=step)
    return Recurrence(name="arithmetic", phase=1, laws=(law,), starts=(start,))


def affine(
    *,
    factor: Values = range(-3, 4),
    constant: Values = range(-20, 21),
    start: Values = _BYTE,
) -> Family:
    """Phase 1, order 1 with a factor: a(n) = factor*a(n-1) + constant."""
    law = Law(coefficients=(factor,), constant=constant)
    return Recurrence(name="affine", phase=1, laws=(law,), starts=(start,))


def order2(
    *,
    coefficients: Values = range(-2, 3),
    constant: Values = range(-5, 6),
    starts: Values = range(64),
) -> Family:
    """Phase 1, order 2: 1, 0, 1, 0; Fibonacci and its like."""
    law = Law(coefficients=(coefficients, coefficients), constant=constant)
    return Recurrence(name="order-2", phase=1, laws=(law,), starts=(starts, starts))


def alternating_steps(*, start: Values = _BYTE, step: Values = range(-40, 41)) -> Family:
    """Phase 2: two steps in turn, 1, 3, 4, 6, 7, 9."""
    law = Law(coefficients=_SAME, constant=step)
    return Recurrence(name="alternating-steps", phase=2, laws=(law, law), starts=(start,))


def changing_steps(
    *,
    start: Values = _BYTE,
    first: Values = range(-40, 41),
    growth: Values = range(-10, 11),
) -> Family:
    """Phase 2: steps that grow or shrink evenly, 1, 2, 4, 7, 11 and 1, 5, 8, 10, 11."""
    steps = arithmetic(start=first, step=growth)
    return Sums(name="changing-steps", phase=2, inner=steps, start=start)


def geometric(*, start: Values = _BYTE, factor: Values = range(2, 7)) -> Family:
    """Phase 2: 2, 4, 8, 16."""
    law = Law(coefficients=(factor,))
    return Recurrence(name="geometric", phase=2, laws=(law,), starts=(start,))


def rational_geometric(
    *, start: Values = _BYTE, numerator: Values = range(1, 7), denominator: Values = range(2, 5)
) -> Family:
    """Phase 2: a rational factor, 81, 54, 36, 24, 16. A sequence ends where it would leave the integers."""
    law = Law(coefficients=(numerator,), divisor=denominator)
    return Recurrence(name="rational-geometric", phase=2, laws=(law,), starts=(start,))


def alternating_geometric(
    *, start: Values = _BYTE, numerator: Values = range(1, 7), denominator: Values = range(1, 5)
) -> Family:
    """Phase 2: two factors in turn, 1, 2, 6, 12, 36 and 8, 4, 6, 3."""
    law = Law(coefficients=(numerator,), divisor=denominator)
    return Recurrence(name="alternating-geometric", phase=2, laws=(law, law), starts=(start,))


def runs(
    *,
    start: Values = _BYTE,
    step: Values = range(-20, 21),
    cycles: tuple[tuple[int, ...], ...] = ((2,), (3,)),
) -> Family:
    """Phase 2: each value repeated, 1, 1, 2, 2, 3, 3 and 1, 1, 1, 2, 2, 2."""
    return Runs(name="runs", phase=2, cycles=cycles, start=start, step=step)


def mixed_runs(*, start: Values = _BYTE, step: Values = range(-20, 21), lengths: Values = range(1, 4)) -> Family:
    """Phase 2: two different run lengths in turn, 1, 2, 2, 3, 4, 4, 5, 6, 6."""
    # (2, 1) is (1, 2) started one run later, and every place of a cycle is a rule already.
    cycles = tuple((a, b) for a in lengths for b in lengths if a < b)
    return Runs(name="mixed-runs", phase=2, cycles=cycles, start=start, step=step)


def fibonacci_modulo(*, modulus: Values = range(2, 33), starts: Values = range(32)) -> Family:
    """Phase 3: a recurrence applied to another's output, Fibonacci mod 3: 1, 1, 2, 0, 2, 2, 1, 0."""
    fibonacci = Recurrence(name="fibonacci", laws=(Law(coefficients=((1,), (1,))),), starts=(starts, starts))
    return Modulo(name="fibonacci-modulo", phase=3, inner=fibonacci, modulus=modulus, reduced=("a0", "a1"))


def every_kth(
    *,
    start: Values = _BYTE,
    step: Values = range(-31, 32),
    periods: Values = range(2, 5),
    factor: Values = (2, 3),
) -> Family:
    """Phase 3: every k-th term of an arithmetic sequence multiplied, 1, 2, 6, 4, 5, 12."""
    inner = arithmetic(start=start, step=step)
    law = Law(coefficients=(factor,))
    return EveryKth(name="every-kth", phase=3, inner=inner, periods=periods, law=law)


def floor_geometric(
    *, start: Values = _BYTE, numerator: Values = range(1, 9), denominator: Values = range(1, 9)
) -> Family:
    """Phase 3: a geometric sequence rounded down at every term, 100, 66, 44, 29."""
    law = Law(coefficients=(numerator,), divisor=denominator, rounding="floor")
    return Recurrence(name="floor-geometric", phase=3, laws=(law,), starts=(start,))


def ceiling_geometric(
    *, start: Values = _BYTE, numerator: Values = range(1, 9), denominator: Values = range(1, 9)
) -> Family:
    """Phase 3: a geometric sequence rounded up at every term, 100, 67, 45, 30."""
    law = Law(coefficients=(numerator,), divisor=denominator, rounding="ceil")
    return Recurrence(name="ceiling-geometric", phase=3, laws=(law,), starts=(start,))


def alternating_signs(*, offset: Values = _BYTE, start: Values = range(64), step: Values = range(-8, 9)) -> Family:
    """Phase 3: an arithmetic sequence with alternating signs around an offset, 101, 98, 103, 96."""
    inner = arithmetic(start=start, step=step)
    return AlternatingSigns(name="alternating-signs", phase=3, inner=inner, offset=offset)


def parity(*, start: Values = _BYTE, increment: Values = range(-8, 9), factor: Values = (2, 3)) -> Family:
    """Phase 3: increment if the last term has one parity, multiply if it has the other."""
    return Switch(
        name="parity",
        phase=3,
        predicate=Parity(),
        then=Law(coefficients=_SAME, constant=increment),
        otherwise=Law(coefficients=(factor,)),
        starts=(start,),
    )


def threshold(
    *,
    start: Values = _BYTE,
    thresholds: Values = range(16, 256, 16),
    up: Values = range(1, 32),
    down: Values = range(1, 64),
) -> Family:
    """Phase 3: go up below a threshold, down from it on."""
    return Switch(
        name="threshold",
        phase=3,
        predicate=Below(threshold=thresholds),
        then=Law(coefficients=_SAME, constant=up),
        otherwise=Law(coefficients=_SAME, constant=tuple(-step for step in down)),
        starts=(start,),
    )


def direction(
    *,
    starts: Values = range(64),
    increment: Values = range(-15, 16),
    factor: Values = (2, 3),
) -> Family:
    """Phase 3: add after a rise, multiply otherwise."""
    return Switch(
        name="direction",
        phase=3,
        predicate=Rising(),
        then=Law(coefficients=_SAME, constant=increment),
        otherwise=Law(coefficients=(factor,)),
        starts=(starts, starts),
    )
