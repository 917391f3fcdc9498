"""The named universes: the three phases of the curriculum, and all of them together.

Their ranges are versioned: a change makes a new version, and records say which one they come from.
"""

from collections.abc import Callable

from seqgen import families
from seqgen.family import Family
from seqgen.span import Overflow, Span
from seqgen.universe import Universe

UNIVERSE_VERSION = 1

_PHASES: dict[int, tuple[Callable[[], Family], ...]] = {
    1: (families.constant, families.arithmetic, families.affine, families.order2),
    2: (
        families.alternating_steps,
        families.changing_steps,
        families.geometric,
        families.rational_geometric,
        families.alternating_geometric,
        families.runs,
        families.mixed_runs,
    ),
    3: (
        families.fibonacci_modulo,
        families.every_kth,
        families.floor_geometric,
        families.ceiling_geometric,
        families.alternating_signs,
        families.parity,
        families.threshold,
        families.direction,
    ),
}
NAMES = ("default", "phase1", "phase2", "phase3")


def phase(
    number: int,
    *,
    length: int = 9,
    low: int = 0,
    high: int = 255,
    overflow: Overflow = "truncate",
) -> Universe:
    """Return the universe of one phase, 1 to 3.

    >>> [family.name for family in phase(1).families]
    ['constant', 'arithmetic', 'affine', 'order-2']
    """
    if number not in _PHASES:
        raise ValueError(f"number={number!r}: give a phase, 1, 2 or 3")
    span = Span(low=low, high=high, length=length, overflow=overflow)
    return Universe([make() for make in _PHASES[number]], span=span, name=f"phase{number}")


def default(*, length: int = 9, low: int = 0, high: int = 255, overflow: Overflow = "truncate") -> Universe:
    """Return the universe of the three phases, which share equally."""
    span = Span(low=low, high=high, length=length, overflow=overflow)
    made = [make() for makers in _PHASES.values() for make in makers]
    return Universe(made, span=span, name="default")


def universe(name: str, *, length: int = 9, low: int = 0, high: int = 255, overflow: Overflow = "truncate") -> Universe:
    """Return a universe by name: ``default``, ``phase1``, ``phase2`` or ``phase3``."""
    if name not in NAMES:
        raise ValueError(f"universe={name!r}: give one of {', '.join(NAMES)}")
    if name == "default":
        return default(length=length, low=low, high=high, overflow=overflow)
    number = int(name.removeprefix("phase"))
    return phase(number, length=length, low=low, high=high, overflow=overflow)
