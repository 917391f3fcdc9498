"""How far a rate of failures may lie from the one counted: Clopper and Pearson's interval, which is never too short.

Its ends are the rates at which so many failures or more, or so few or fewer, have half of what the confidence leaves
(Clopper, Pearson: The use of confidence or fiducial limits illustrated in the case of the binomial, Biometrika 1934).
"""

import math
from collections.abc import Callable


def clopper_pearson(failures: int, questions: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the ends of the two-sided interval of a rate of failures.

    Args:
        failures: 0 to `questions`.
        questions: 1 or more.
        confidence: Of the interval, between 0 and 1.

    Raises:
        ValueError: One of them is none of these.

    >>> low, high = clopper_pearson(0, 1_000_000)
    >>> low, f"{1e6 * high:.3f} per million"
    (0.0, '3.689 per million')
    """
    if questions < 1:
        raise ValueError(f"questions is {questions}; it must be 1 or more")
    if not 0 <= failures <= questions:
        raise ValueError(f"failures is {failures}; it must be 0 to {questions}, the number of questions")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be between 0 and 1")
    tail, counted = (1 - confidence) / 2, failures / questions
    low, high = 0.0, 1.0
    if failures:
        low = _crossing(lambda rate: _probability(failures, questions, rate, more=True) > tail, 0.0, counted)
    if failures < questions:
        high = _crossing(lambda rate: _probability(failures, questions, rate, more=False) < tail, counted, 1.0)
    return low, high


def _crossing(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Return where, between two floats, a condition that does not hold at first begins to."""
    while low < (middle := (low + high) / 2) < high:
        if beyond(middle):
            high = middle
        else:
            low = middle
    return high


def _probability(failures: int, questions: int, rate: float, *, more: bool) -> float:
    """Return the probability of so many failures or more, or so few or fewer, the rate lying on the other side.

    The terms of the sum then fall from the first one on; it ends where they no longer matter.
    """
    odds = rate / (1 - rate)
    term = total = math.exp(
        _log_choose(questions, failures) + failures * math.log(rate) + (questions - failures) * math.log1p(-rate)
    )
    while term > total * 1e-17:
        if more:
            term *= (questions - failures) / (failures + 1) * odds
            failures += 1
        else:
            term *= failures / (questions - failures + 1) / odds
            failures -= 1
        total += term
    return total


def _log_choose(questions: int, failures: int) -> float:
    return math.lgamma(questions + 1) - math.lgamma(failures + 1) - math.lgamma(questions - failures + 1)
