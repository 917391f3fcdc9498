"""The page at `/`: its files, as they lie in the package."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_SCRIPTS = ("playground", "asking", "attention", "integers", "pictures", "svg", "symbols")

FILES = {
    "/": ("index.html", "text/html"),
    "/playground.css": ("playground.css", "text/css"),
    **{f"/{name}.js": (f"{name}.js", "text/javascript") for name in _SCRIPTS},
}
"""By path: the file, and its media type."""


def routes() -> list[Route]:
    """Return the routes of the page's files, each read once."""
    return [Route(path, _answering(name, media_type), name=name) for path, (name, media_type) in FILES.items()]


def _answering(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    content = (files("seqserve") / "playground" / name).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=media_type)

    return answer
