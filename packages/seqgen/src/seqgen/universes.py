"""The named universes: the three phases of the curriculum, all of them together, and a broad one.

Their ranges are versioned: a change makes a new version, and records say which one they come from.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from seqgen import broad, families
from seqgen.arguments import integer
from seqgen.family import Family
from seqgen.span import Overflow, Span
from seqgen.universe import Universe

UNIVERSE_VERSION = 1

_PHASES: dict[str, tuple[Callable[[], Family], ...]] = {
    "phase1": (families.constant, families.arithmetic, families.affine, families.order2),
    "phase2": (
        families.alternating_steps,
        families.changing_steps,
        families.geometric,
        families.rational_geometric,
        families.alternating_geometric,
        families.runs,
        families.mixed_runs,
    ),
    "phase3": (
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
_DEFAULT = tuple(make for makers in _PHASES.values() for make in makers)
_NAMED = {**_PHASES, "default": _DEFAULT, "broad": _DEFAULT + broad.FAMILIES}
NAMES = tuple(_NAMED)


def universe(name: str, *, length: int = 9, low: int = 0, high: int = 255, overflow: Overflow = "truncate") -> Universe:
    """Return a universe by name.

    Args:
        name: ``phase1``, ``phase2``, ``phase3``, ``default`` (the three phases, which share equally) or ``broad``
            (these and as large a share of others); or your own as ``module:name``, where the name is a family,
            families, a universe, or a function of no arguments that returns one of these.
        length: terms in a full row.
        low: smallest term.
        high: largest term.
        overflow: what a term outside the range does (:class:`Span`).

    >>> [family.name for family in universe("phase1").families]
    ['constant', 'arithmetic', 'affine', 'order-2']
    """
    span = Span(low=low, high=high, length=length, overflow=overflow)
    if isinstance(name, str) and ":" in name:
        return _users_own(name, span)
    if name not in _NAMED:
        raise ValueError(f"universe={name!r}: give {', '.join(NAMES)}, or your own as module:name")
    return Universe([make() for make in _NAMED[name]], span=span, name=name)


def default(*, length: int = 9, low: int = 0, high: int = 255, overflow: Overflow = "truncate") -> Universe:
    """Return the universe of the three phases, which share equally."""
    return universe("default", length=length, low=low, high=high, overflow=overflow)


def phase(number: int, *, length: int = 9, low: int = 0, high: int = 255, overflow: Overflow = "truncate") -> Universe:
    """Return the universe of one phase, 1 to 3."""
    if integer("number", number) not in (1, 2, 3):
        raise ValueError(f"number={number!r}: give a phase, 1, 2 or 3")
    return universe(f"phase{number}", length=length, low=low, high=high, overflow=overflow)


def _users_own(name: str, span: Span) -> Universe:
    module, _, attribute = name.partition(":")
    try:
        given: Any = importlib.import_module(module)
        for part in attribute.split("."):
            given = getattr(given, part)
        if isinstance(given, type) or (callable(given) and not isinstance(given, Family | Universe)):
            given = given()
    except ModuleNotFoundError as error:
        missing = f"there is no module {error.name!r}, neither in the current folder nor installed"
        raise ValueError(f"universe={name!r}: {missing}") from error
    except Exception as error:
        raise ValueError(f"universe={name!r}: {type(error).__name__}: {error}") from error
    if isinstance(given, Universe):
        own = given.span if span == Span() else span
        return Universe(given.families, shares=given.shares, span=own, name=name)
    made = [given] if isinstance(given, Family) else given
    found = list(made) if isinstance(made, Iterable) else [made]
    if not all(isinstance(family, Family) for family in found):
        raise ValueError(f"universe={name!r}: {type(given).__name__} is no family, families or universe")
    return Universe(found, span=span, name=name)
