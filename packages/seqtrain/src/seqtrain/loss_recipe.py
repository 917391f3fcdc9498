"""What is minimised."""

from dataclasses import dataclass
from typing import Literal

from seqtrain._checks import at_least, fail, more_than

Kind = Literal["cross-entropy", "distance-weighted", "distance", "squared", "huber"]
REGRESSION_KINDS = ("squared", "huber")
"""The losses of `model.head = "regression"`; the others are those of classes."""


@dataclass(frozen=True, kw_only=True)
class LossRecipe:
    """Say what is minimised. Plain log-loss is always reported beside it, where there are classes.

    Attributes:
        kind: `cross-entropy`; or `distance-weighted`, the same multiplied by 1 + alpha * distance;
            or `distance` alone, the expected one. With head "regression" the square of the error,
            or `huber`, half of it for small errors and linear in large ones. That error is of the
            value over the largest in size, as the model predicts it.
        alpha: Weight of the distance in `distance-weighted`.
        distance: How the distance grows with |prediction - target|, in both kinds that have one.
        prediction: The prediction that is measured: `expected` takes the mean distance under
            the predicted distribution, which carries a gradient of its own; `argmax` takes the
            distance of the most probable term, which only scales the gradient.
        delta: The error up to which `huber` is quadratic; 0.1 is 25.5 of the terms 0..255.
        positions: How targets are averaged. `scored`: all alike; `rows`: the mean over each row's
            scored targets, then over the rows; `weighted`: target k of a row counts k times.
        targets: Which targets are learned: the term after every prefix, or only each row's
            `last` one (training on whole sequences). Validation asks for every prefix all the same.
        labels: What a prefix is said to go on with: the term `drawn` in the row at hand, or the exact
            `posterior` of all next terms under the final mixture, which is the mean of the former and
            so teaches the same with less noise. Only with `cross-entropy`, and where all rules can
            be listed.
    """

    kind: Kind = "cross-entropy"
    alpha: float = 0.1
    distance: Literal["linear", "quadratic", "sqrt"] = "linear"
    prediction: Literal["expected", "argmax"] = "expected"
    delta: float = 0.1
    positions: Literal["scored", "rows", "weighted"] = "scored"
    targets: Literal["prefixes", "last"] = "prefixes"
    labels: Literal["drawn", "posterior"] = "drawn"

    def __post_init__(self) -> None:
        at_least("loss.alpha", self.alpha, 0)
        more_than("loss.delta", self.delta, 0)
        if self.labels == "posterior" and self.kind != "cross-entropy":
            fail("loss.labels", "posterior", f"'drawn' with loss.kind {self.kind!r}; 'posterior' needs 'cross-entropy'")
        if self.kind == "distance" and self.prediction == "argmax":
            fail("loss.prediction", "argmax", "'expected' with loss.kind 'distance': an argmax has no gradient")
