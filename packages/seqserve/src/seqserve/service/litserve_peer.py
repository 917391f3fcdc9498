"""LitServe with the engine of seqserve behind it: what `seqserve load` compares the service with."""

from contextlib import suppress
from importlib import import_module
from typing import Any

from seqserve.predictor import Predictor

_BATCH = 64
_litserve: Any = None
with suppress(ImportError):
    _litserve = import_module("litserve")
_Api: Any = _litserve.LitAPI if _litserve else object


class Answers(_Api):  # type: ignore[misc]
    """Continue one sequence a request, as many at a time as have come. LitServe sends it to a process of its own."""

    model: str

    def setup(self, device: str) -> None:  # noqa: ARG002  (LitServe gives it)
        """Load the model."""
        self.predictor = Predictor.load(self.model)

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take a request as it came."""
        return request

    def batch(self, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Make no tensor of requests."""
        return inputs

    def predict(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Answer requests by as many terms as the longest asks for, and cut the others."""
        steps = max(request["steps"] for request in batch)
        found = self.predictor.predict([request["sequences"][0] for request in batch], steps)
        return [
            {"continuations": [{"terms": one.terms[: request["steps"]]}]}
            for request, one in zip(batch, found, strict=True)
        ]

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the answers one by one."""
        return output

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Send an answer as it is."""
        return output


def main(model: str, port: int) -> None:
    """Serve until a signal ends it, in LitServe's batches of what is there: a wait for more would cost time."""
    api = Answers(max_batch_size=_BATCH, batch_timeout=0.0, api_path="/v1/predict")
    api.model = model
    server = _litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=False)
    server.run(port=port, host="127.0.0.1", num_api_servers=1, log_level="error", generate_client_file=False)
