"""The guard around the application: who may ask, what is counted, and what becomes of a fault."""

import asyncio
import hmac
import logging
import time
from collections.abc import Collection
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seqserve.service.drain import Drain
from seqserve.service.metrics import Metrics
from seqserve.service.refusal import Refusal
from seqserve.service.routes import path_of

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _POLICY),
]


class Guard:
    """Wrap an application.

    Args:
        app: What answers requests.
        lifespan: What begins and ends with the server.
        paths: The paths that are counted by name; any other is counted as "other".
        open_paths: Those that need no token.
        token: What a client must bear, None where anybody may ask.
        metrics: Where requests are counted.
        drain: Whether the service is about to end: then each answer closes its connection.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        lifespan: ASGIApp,
        paths: Collection[str],
        open_paths: Collection[str],
        token: bytes | None,
        metrics: Metrics,
        drain: Drain,
    ) -> None:
        self._app = app
        self._lifespan = lifespan
        self._paths = frozenset(paths)
        self._open_paths = frozenset(open_paths)
        self._token = token
        self._metrics = metrics
        self._drain = drain
        self._log = logging.getLogger("seqserve")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                closing = [(b"connection", b"close")] if self._drain.begun else []
                message = {**message, "headers": [*message["headers"], *_HEADERS, *closing]}
            try:
                await send(message)
            except RuntimeError:
                if await _gone(receive):
                    raise ClientDisconnect from None
                raise

        try:
            self._check_token(scope)
            await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            self._metrics.cancelled.inc()
            status = 499
        except Refusal as refusal:
            await refusal.response()(scope, receive, send_guarded)
        except Exception:
            self._log.exception("%s %s", scope["method"], scope["path"])
            if status:  # an answer has begun: it can only be cut short, so that nobody takes it for whole
                raise
            fault = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", "the service failed; its log says how")
            await fault.response()(scope, receive, send_guarded)
        finally:
            path = path_of(scope)
            self._metrics.observe_request(path if path in self._paths else "other", status, time.perf_counter() - began)

    def _check_token(self, scope: Scope) -> None:
        if self._token is None or path_of(scope) in self._open_paths:
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        # Both are evaluated: a wrong scheme takes as long as a wrong token.
        if not (scheme.lower() == b"bearer") & hmac.compare_digest(token.strip(), self._token):
            message = "authorization: expected 'Bearer' and the service's token"
            raise Refusal(401, "token", message, {"www-authenticate": "Bearer"})


async def _gone(receive: Receive) -> bool:
    """Whether the client has gone: uvloop refuses to write to a closed connection, of which uvicorn hears next."""
    try:
        async with asyncio.timeout(1):
            return bool((await receive())["type"] == "http.disconnect")
    except TimeoutError:
        return False
