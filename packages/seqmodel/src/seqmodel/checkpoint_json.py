"""JSON as checkpoints hold it: one form of writing a value, and no reading between the lines."""

import json
from typing import Any


def canonical(value: object) -> str:
    """Return the one text of a JSON value: sorted, without spaces, ASCII.

    >>> canonical({"b": [1, 2.0], "a": None})
    '{"a":null,"b":[1,2.0]}'

    Raises:
        TypeError: It is no JSON value.
        ValueError: It holds NaN or an infinity, or itself.
        RecursionError: It is too deep.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def json_object(text: str | bytes) -> dict[str, Any]:
    """Return the object that a text, or its UTF-8, stands for.

    Raises:
        ValueError: It is none, or one with a field twice; or it nests too deeply.
    """
    try:
        value = json.loads(text if isinstance(text, str) else text.decode(), object_pairs_hook=_fields)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got a {type(value).__name__}")
    return value


def require_text_keys(value: object) -> None:
    """Refuse objects whose fields have names that are no text, since JSON would make text of them.

    Raises:
        TypeError: There is one.
    """
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the name of a field must be text, got {key!r}")
    if isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            require_text_keys(inner)


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"field {name!r} is there twice")
        found[name] = value
    return found
