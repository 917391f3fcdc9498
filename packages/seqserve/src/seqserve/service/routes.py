"""From a path and a method to what answers there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seqserve.service.refusal import Refusal

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Route:
    """Say what answers at a path, and to which methods."""

    answer: Answer
    methods: tuple[str, ...] = ("GET", "HEAD")


class Routes:
    """An ASGI application: one step from the path to its answer, since every request takes it.

    Args:
        routes: By path, which is all that counts.

    Raises, when called:
        Refusal: There is no such path (404), or not with this method (405).
    """

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        method, path = scope["method"], path_of(scope)
        route = self._routes.get(path)
        if route is None:
            raise Refusal(404, "not_found", f"path: {path!r} is none; /openapi.json lists those that are")
        if method not in route.methods:
            allowed = ", ".join(route.methods)
            message = f"method: expected {allowed} at {path}, got {method}"
            raise Refusal(405, "method", message, {"allow": allowed})
        response = await route.answer(Request(scope, receive, send))
        await response(scope, receive, send)


def path_of(scope: Scope) -> str:
    """Return a request's path below the one at which the application was put.

    >>> path_of({"path": "/healthz", "root_path": ""}), path_of({"path": "/a/healthz", "root_path": "/a"})
    ('/healthz', '/healthz')
    """
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path
