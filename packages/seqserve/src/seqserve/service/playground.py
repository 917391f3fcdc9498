"""The page at `/`: its files, as they lie in the package."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from seqserve.service.routes import Answer, Route

_SCRIPTS = ("playground", "asking", "attention", "integers", "pictures", "svg", "symbols")

FILES = {
    "/": ("index.html", "text/html"),
    "/playground.css": ("playground.css", "text/css"),
    **{f"/{name}.js": (f"{name}.js", "text/javascript") for name in _SCRIPTS},
}
"""By path: the file, and its media type."""


def routes() -> dict[str, Route]:
    """Return the routes of the page's files, each read once."""
    return {path: Route(_answering(name, media_type)) for path, (name, media_type) in FILES.items()}


def _answering(name: str, media_type: str) -> Answer:
    content = (files("seqserve") / "playground" / name).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=media_type)

    return answer
