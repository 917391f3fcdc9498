"""A request that is not answered, and why: the one kind of error that a client sees."""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from seqserve.service.messages import Error, ErrorResponse


class Refusal(Exception):  # noqa: N818  # an answer like any other
    """Refuse a request.

    Args:
        status: The HTTP status.
        code: What is wrong, for a program.
        message: What is wrong, for a person: names the argument, quotes the value, says what would be right.
        headers: More headers of the response.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)
        self.content = ErrorResponse(error=Error(code=code, message=message))
        self.headers = headers

    def response(self) -> Response:
        """Return the response that says so."""
        return json_response(self.content, status=self.status, headers=self.headers)


def json_response(
    content: msgspec.Struct, *, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    """Return a struct as a JSON response."""
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")
