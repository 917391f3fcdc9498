"""Reading a request: its body within a bound, and its JSON with errors that quote the value."""

import json
import re
from typing import Any, TypeVar, get_args

import msgspec
from starlette.requests import ClientDisconnect, Request

from seqserve.protocols import Strategy
from seqserve.service.limits import Limits
from seqserve.service.refusal import Refusal

T = TypeVar("T", bound=msgspec.Struct)

_PATH = re.compile(r" - at `\$(.*)`$")
_STEPS = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_LONGEST_QUOTE = 40


async def read(request: Request, type_: type[T], limits: Limits) -> T:
    """Return a request's JSON body as a struct of `type_`.

    Raises:
        Refusal: It is too long (413), of another type (415) or not such a struct (400).
        starlette.requests.ClientDisconnect: The client has gone, or was too slow; see `PatientProtocol`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "media_type", f"content-type: expected application/json, got {_shortened(kind)!r}")
    return decode(await _body(request, limits.body), type_)


def decode(body: bytes, type_: type[T]) -> T:
    """Return JSON as a struct of `type_`.

    Raises:
        Refusal: It is none (400); the message names the place, quotes the value and says what would be right.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        try:
            # JSON knows no integers, and schemas take 7.0 for one; msgspec does not.
            return msgspec.convert(_with_integers(msgspec.json.decode(body)), type_)
        except (msgspec.ValidationError, RecursionError):
            raise Refusal(400, "invalid", _explained(str(error), body, type_)) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as malformed:  # only behind what did not fit
            raise Refusal(400, "json", f"body: not valid JSON: {malformed}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "json", f"body: not valid JSON: {error}") from None


async def _body(request: Request, most: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _too_long(most)
    parts, size, more = [], 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > most:
            raise _too_long(most)
        parts.append(part)
    return b"".join(parts)


def _too_long(most: int) -> Refusal:
    return Refusal(413, "body", f"body: expected at most {most} bytes", {"connection": "close"})


def _explained(reason: str, body: bytes, type_: type[msgspec.Struct]) -> str:
    """Turn msgspec's reason into one with the place in front and the value, or what would be right, behind."""
    found = _PATH.search(reason)
    path = found.group(1) if found else ""
    name = path.removeprefix(".") or "body"
    reason = _PATH.sub("", reason).replace("`", "")
    reason = f"{reason[0].lower()}{reason[1:]}"
    if "unknown field" in reason:
        return f"{name}: {reason}; known are {', '.join(type_.__struct_fields__)}"
    if reason.startswith("invalid enum value"):
        reason = f"expected one of {', '.join(get_args(Strategy))}"
    try:
        value = _value_at(json.loads(body), path)
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"{name}: {reason}"
    if isinstance(value, dict):
        return f"{name}: {reason}"
    return f"{name}: {reason.partition(', got')[0]}, got {_quoted(value)}"


def _with_integers(value: Any) -> Any:
    """Return a JSON value with integers in place of the numbers that are whole."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_with_integers(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_integers(one) for name, one in value.items()}
    return value


def _value_at(value: Any, path: str) -> Any:
    for field, index in _STEPS.findall(path):
        value = value[field] if field else value[int(index)]
    return value


def _quoted(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return _shortened(json.dumps(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
