"""GET /openapi.json: the service's description for programs, made from the structs that it reads and writes."""

from typing import Any

import msgspec

import seqserve
from seqserve.service import messages
from seqserve.service.messages import AttentionRequest, ExplainRequest
from seqserve.service.wording import Wording

_BUSY = ("429", "500", "503", "504")
_REF = "#/components/schemas/{name}"


def document(
    wording: Wording, explain: type[ExplainRequest], attention: type[AttentionRequest], *, token: bool
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Args:
        wording: Has the types of requests and answers, with the bounds of model and service.
        explain: The type of requests for rules.
        attention: The type of requests for attention.
        token: Whether clients must bear a token.
    """
    types = (
        wording.predict,
        explain,
        attention,
        *wording.answers,
        messages.ExplainResponse,
        messages.AttentionResponse,
        messages.DoneEvent,
        messages.Info,
        messages.Health,
        messages.ErrorResponse,
    )
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    for schema in components.values():
        if "description" in schema:
            schema["description"] = " ".join(schema["description"].split())
    # What msgspec cannot say of a struct, and `Predicting` checks.
    strategies = {"properties": {"strategy": {"enum": ["naive", "parallel"]}}, "required": ["strategy"]}
    components["PredictRequest"] |= {"if": strategies, "then": {"properties": {"top": {"maximum": 0}}}}
    guarded: dict[str, Any] = {"security": [{"token": []}]} if token else {}
    refused = ("401",) if token else ()
    events = {
        "text/event-stream": {
            "schema": {
                "type": "object",
                "description": "an event: `term` (its data a TermEvent), at the end `done` (DoneEvent) or `error` "
                "(ErrorResponse)",
                "properties": {"event": {"enum": ["term", "done", "error"]}, "data": {"type": "string"}},
                "required": ["event", "data"],
            }
        }
    }
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "seqserve",
            "version": seqserve.__version__,
            "description": "The next terms of integer sequences.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            "/v1/predict": {
                "post": {
                    "operationId": "predict",
                    "summary": "Continue sequences",
                    "requestBody": _body("PredictRequest"),
                    "responses": {
                        "200": {
                            "description": "the continuations, in the order of the sequences; events with `stream`",
                            "content": {**_json("PredictResponse"), **events},
                        },
                        **_errors("400", *refused, "408", "413", "415", *_BUSY),
                    },
                    **guarded,
                }
            },
            "/v1/explain": _aside(
                "explain",
                "Find the rules that explain a sequence",
                "the exact posterior and its likeliest rules",
                refused,
                guarded,
            ),
            "/v1/attention": _aside(
                "attention",
                "Show where the model looks",
                "each head's weights; of a sequence longer than /v1/info says, its end counts",
                refused,
                guarded,
            ),
            "/v1/info": _get("info", "What answers here", _json("Info"), refused, guarded),
            "/metrics": _get(
                "metrics",
                "Counts in Prometheus' text format",
                {"text/plain": {"schema": {"type": "string"}}},
                refused,
                guarded,
            ),
            "/healthz": _get("healthz", "Whether the service works", _json("Health"), (), {}, failing="503"),
            "/readyz": _get("readyz", "Whether to send requests here", _json("Health"), (), {}, failing="503"),
            "/openapi.json": _get(
                "openapi", "This document", {"application/json": {"schema": {"type": "object"}}}, (), {}
            ),
        },
        "components": {"schemas": components},
    }
    if token:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return described


def _aside(
    operation: str, summary: str, meaning: str, refused: tuple[str, ...], guarded: dict[str, Any]
) -> dict[str, Any]:
    """Describe a path whose answers are found in a process of its own."""
    name = operation.title()
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "requestBody": _body(f"{name}Request"),
            "responses": {
                "200": {"description": meaning, "content": _json(f"{name}Response")},
                **_errors("400", *refused, "404", "408", "413", "415", *_BUSY),
            },
            **guarded,
        }
    }


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=name)}}}


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": _json(name)}


def _errors(*statuses: str) -> dict[str, Any]:
    meanings = {
        "400": "the request is not as described; the message says where",
        "401": "the token is missing or wrong",
        "404": "nothing of the kind is answered here",
        "408": "the body came too slowly",
        "413": "the body is too long",
        "415": "the body is not application/json",
        "429": "too much is waiting; Retry-After says when to ask again",
        "500": "the service failed",
        "503": "too many connections, or the service cannot answer now",
        "504": "the deadline passed",
    }
    return {
        status: {
            "description": meanings[status],
            "content": _json("ErrorResponse"),
            **({"headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}} if status == "429" else {}),
        }
        for status in statuses
    }


def _get(
    operation: str,
    summary: str,
    content: dict[str, Any],
    errors: tuple[str, ...],
    guarded: dict[str, Any],
    *,
    failing: str | None = None,
) -> dict[str, Any]:
    responses = {"200": {"description": summary, "content": content}, **_errors(*errors)}
    if failing:
        responses[failing] = {"description": "no: the status says why", "content": content}
    return {"get": {"operationId": operation, "summary": summary, "responses": responses, **guarded}}
