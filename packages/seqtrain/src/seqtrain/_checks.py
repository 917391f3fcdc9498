"""The few checks that recipe fields share; each refusal names the field and quotes the value."""

from typing import NoReturn


def fail(name: str, value: object, right: str) -> NoReturn:
    """Raise ValueError that names the field, quotes its value and says what would be right."""
    raise ValueError(f"{name} is {value!r}; it must be {right}")


def at_least(name: str, value: float, least: float) -> None:
    """Refuse a value below `least`, or NaN."""
    if not value >= least:
        fail(name, value, f"{least} or more")


def more_than(name: str, value: float, limit: float) -> None:
    """Refuse a value that is not above `limit`, or NaN."""
    if not value > limit:
        fail(name, value, f"above {limit}")


def between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside [low, high), or NaN."""
    if not low <= value < high:
        fail(name, value, f"at least {low} and below {high}")
