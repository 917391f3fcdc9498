"""A varied set of questions: every difficulty class, as evenly as can be."""

import numpy as np

from seqgen.arithmetic import Enrichment, Questions, QuestionStream

_DRAWN = 64
"""Questions drawn for each that is taken: the rarest class is one in some hundred of an enriched stream."""

_ENRICHED = Enrichment(nines=0.4, borrows=0.4)


def varied_questions(digits: int, kinds: str, count: int, seed: int) -> Questions:
    """Return so many questions of these kinds, from each difficulty class in turn.

    Args:
        digits: Of each number.
        kinds: Letters of "S", additions; "M", subtractions with an answer of at least 0; "N", with a negative one.
        count: How many.
        seed: Which; the same arguments always give the same questions.

    >>> varied = varied_questions(digits=3, kinds="SM", count=8, seed=0)
    >>> sorted(varied.difficulties())
    ['M0', 'M1', 'M2', 'S0', 'S1', 'S1', 'S2', 'S3']
    """
    enrichment = _ENRICHED if digits >= 3 else Enrichment()
    stream = QuestionStream(digits, "mix", seed, purpose="analysis", enrichment=enrichment, subtraction=0.6)
    drawn = stream.questions(0, _DRAWN * count)
    names = np.array(drawn.difficulties())
    turn_N = np.zeros(len(drawn), np.int64)
    for name in np.unique(names):
        if name[0] in kinds:
            rows = names == name
            turn_N[rows] = np.arange(rows.sum())
    wanted = np.isin(names.astype("U1"), list(kinds))
    order = np.lexsort((np.arange(len(drawn)), turn_N, ~wanted))[:count]
    return drawn[np.sort(order)]
