"""Building nested dataclasses from plain dictionaries, with errors that name the field."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from seqmodel import ModelConfig, preset
from seqtrain._checks import fail

T = TypeVar("T")


def build(kind: type[T], table: object, where: str) -> T:
    """Return `kind` made from a table of its fields; `where` is the table's own name or empty."""
    if not isinstance(table, Mapping):
        fail(where, table, "a table of fields")
    if kind is ModelConfig:
        return cast("T", _model(dict(table)))
    refuse_unknown(table, kind, where)
    hints = get_type_hints(kind)
    prefix = where and f"{where}."
    return kind(**{name: _convert(table[name], hints[name], prefix + name) for name in table})


def refuse_unknown(names: Iterable[str], kind: type, where: str) -> None:
    """Raise ValueError for the first name that is no field of `kind`, with the nearest one."""
    known = [field.name for field in fields(kind)]
    prefix = where and f"{where}."
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known are {', '.join(known)}"
            raise ValueError(f"unknown field {prefix}{name}; {hint}")


def _model(table: dict[str, Any]) -> ModelConfig:
    """Return the configuration that a table changes: the default one, or the `preset` it names."""
    name = table.pop("preset", "default")
    if not isinstance(name, str):
        fail("model.preset", name, "the name of a preset")
    try:
        return ModelConfig.from_dict(preset(name).to_dict() | table)
    except (TypeError, ValueError) as error:
        raise ValueError(f"model: {error}") from None


def _convert(value: object, hint: Any, name: str) -> object:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value not in inner:
            fail(name, value, "one of " + ", ".join(map(repr, inner)))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            fail(name, value, "a list")
        return tuple(_convert(item, inner[0], name) for item in value)
    if origin is Mapping:
        if not isinstance(value, Mapping):
            fail(name, value, "a table")
        return {key: _convert(item, inner[1], f"{name}.{key}") for key, item in value.items()}
    if is_dataclass(hint):
        return build(cast("type", hint), value, name)
    return _scalar(value, hint, name)


def _scalar(value: object, hint: type, name: str) -> object:
    if hint is bool or hint is str:
        if not isinstance(value, hint):
            fail(name, value, "true or false" if hint is bool else "text")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        fail(name, value, "a number")
    if not math.isfinite(value) or (hint is int and not isinstance(value, int)):
        fail(name, value, "a whole number" if hint is int else "a finite number")
    return hint(value)
