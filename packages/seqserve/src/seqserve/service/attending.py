"""POST /v1/attention: where the model's heads look."""

from starlette.requests import Request
from starlette.responses import Response

from seqmodel import ModelConfig
from seqserve.service.aside import Aside
from seqserve.service.attention import attention_weights, longest_attention
from seqserve.service.body import read
from seqserve.service.limits import Limits
from seqserve.service.messages import AttentionResponse
from seqserve.service.refusal import Refusal, json_response
from seqserve.service.request_types import attention_type
from seqserve.service.wording import Wording


class Attending:
    """Answer questions for attention, with a model of its own in a process of its own.

    Args:
        model: The model's name, or where it is.
        config: The model's.
        limits: What a request may ask for.
        wording: How sequences are worded.
        low: The term that is token 0.
    """

    def __init__(self, model: str, config: ModelConfig, limits: Limits, wording: Wording, low: int) -> None:
        self._model = model
        self._limits = limits
        self._wording = wording.plain()
        self._low = low
        self.longest = longest_attention(config, limits)
        self.type = attention_type(self._wording.sequence_type(limits.length))
        self.aside = Aside(attention_weights, limits, "attention is read")

    async def answer(self, request: Request) -> Response:
        """Answer one request: of a sequence longer than what may be looked at, its end counts."""
        if not self.longest:
            raise Refusal(
                404, "no_attention", "attention is not shown here: the model has more heads than --max-attention"
            )
        asked = await read(request, self.type, self._limits)
        terms = self._wording.posed(asked.sequence, 1, "sequence").terms[-self.longest :]
        weights = await self.aside.answer(self._model, tuple(term - self._low for term in terms))
        return json_response(AttentionResponse(read=[self._wording.named(term) for term in terms], weights=weights))

    def close(self) -> None:
        """End, whatever is being read."""
        self.aside.close()
