"""GET /v1/info: what answers here, down to the hash of its weights."""

from dataclasses import asdict

import seqserve
from seqmodel import CheckpointFile
from seqserve.protocols import Engine
from seqserve.service.messages import Info, Promise, Question
from seqserve.service.settings import Settings
from seqserve.weights_hash import weights_hash


def describe(settings: Settings, checkpoint: CheckpointFile, engine: Engine, *, attention: int) -> Info:
    """Return the description of a service that shows the attention to so many terms."""
    expressions = getattr(engine, "expressions", None)
    # An engine may promise nothing; one that does says first whether it is exact.
    promise = str(getattr(engine, "promise", "nothing is promised"))
    return Info(
        version=seqserve.__version__,
        model=settings.model,
        weights=weights_hash(checkpoint.tensors),
        parameters=sum(tensor.size for tensor in checkpoint.tensors.values()),
        low=None if expressions else engine.low,
        high=None if expressions else engine.high,
        question=Question(digits=expressions.digits, example=expressions.example) if expressions else None,
        configuration=checkpoint.config.to_dict(),
        vocabulary=checkpoint.vocabulary.to_dict(),
        engine=getattr(engine, "name", type(engine).__name__),
        promise=Promise(exact=promise.startswith("exact"), text=promise),
        limits=asdict(settings.limits),
        universe=settings.universe,
        attention=attention,
    )
