"""From the predictions of single steps to a continuation."""

import math
from collections.abc import Sequence

from seqserve.continuation import Continuation
from seqserve.protocols import Prediction


def continuation_of(predictions: Sequence[Prediction]) -> Continuation:
    """Return the continuation that predictions are, one or more.

    >>> continuation_of([Prediction(7, 0.9), Prediction(None, 0.5)])
    Continuation(terms=(7,), probabilities=(0.9, 0.5), ended=True, top=())
    """
    sure = [prediction.probability for prediction in predictions]
    return Continuation(
        terms=tuple(prediction.term for prediction in predictions if prediction.term is not None),
        probabilities=() if any(map(math.isnan, sure)) else tuple(sure),
        ended=predictions[-1].term is None,
        top=tuple(prediction.top for prediction in predictions) if predictions[-1].top else (),
    )
