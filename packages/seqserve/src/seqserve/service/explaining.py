"""POST /v1/explain: which rules explain a sequence."""

from importlib.util import find_spec

from starlette.requests import Request
from starlette.responses import Response

from seqmodel import SymbolVocabulary, Vocabulary
from seqserve.service import rules
from seqserve.service.aside import Aside
from seqserve.service.body import read
from seqserve.service.limits import Limits
from seqserve.service.messages import ExplainRequest
from seqserve.service.refusal import Refusal, json_response


class Explaining:
    """Answer questions for rules between `open` and `close`.

    Args:
        universe: The name of a universe of seqgen; None where nothing is explained.
        limits: What a request may ask for.
        type_: The request's type, with the bounds of model and service.
    """

    def __init__(self, universe: str | None, limits: Limits, type_: type[ExplainRequest]) -> None:
        self._universe = universe
        self._limits = limits
        self._type = type_
        self.aside = Aside(rules.explanation, limits, "rules are looked at")

    def open(self) -> None:
        """Begin to list the rules, where there is anything to explain by: that takes seconds."""
        if self._universe is not None:
            self.aside.begin(rules.warm, self._universe)

    def close(self) -> None:
        """End, whatever is being looked at."""
        self.aside.close()

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if self._universe is None:
            raise Refusal(404, "no_posterior", "rules are not explained here: start the service with --universe NAME")
        asked = await read(request, self._type, self._limits)
        return json_response(await self.aside.answer(self._universe, tuple(asked.sequence)))


def universe_for(name: str | None, vocabulary: Vocabulary) -> str | None:
    """Return the universe to explain with: the one that was named, or the default one where it can be had.

    Args:
        name: What was asked for: a universe's name, "none", or None for whatever is possible.
        vocabulary: The model's.

    Raises:
        ValueError: It is unknown, has other terms than the model, or seqgen is not installed.
    """
    if name == "none":
        return None
    if isinstance(vocabulary, SymbolVocabulary):
        if name is None:
            return None
        raise ValueError(f"universe: {name!r} explains integers, and the model reads symbols; give --universe none")
    if find_spec("seqgen") is None:
        if name is None:
            return None
        raise ValueError(f"universe: {name!r} needs seqgen: install seqserve's extra 'posterior'")
    from seqgen import Span, universe
    from seqgen.universes import NAMES

    # To build a universe takes seconds, and the named ones have the span that all have.
    span = Span() if name is None or name in NAMES else universe(name).span
    if (span.low, span.high) != (vocabulary.low, vocabulary.high):
        if name is None:
            return None
        raise ValueError(
            f"universe: {name!r} has the terms {span.low}..{span.high}, the model {vocabulary.low}..{vocabulary.high}; "
            "give --universe none"
        )
    return name or "default"
