"""Questions that published models are known to have answered wrongly."""

from typing import Final

from seqgen.arguments import integer
from seqgen.arithmetic.questions import Questions
from seqgen.arithmetic.symbols import MAX_DIGITS

KNOWN_HARD: Final = (
    "018539+789353",
    "747332+057349",
    "0000000555+0000000445",
    "099111-099111",
    "000041-000047",
    "530757+460849",
    "261926-161857",
    "5193798811+1806201129",
)
"""As they were reported of QuantaMaths models; the last one of an adder of 10 digits that was said to be perfect."""


def known_hard_questions(digits: int) -> Questions:
    """Return those whose numbers fit into so many digits, in the order of ``KNOWN_HARD``, with zeros in front.

    >>> known_hard_questions(2).texts()
    ['41-47=-006']
    """
    digits = integer("digits", digits, 1, MAX_DIGITS)
    fitting = []
    for text in KNOWN_HARD:
        operation = "-" if "-" in text else "+"
        first, second = (int(number) for number in text.split(operation))
        if max(first, second) < 10**digits:
            fitting.append((first, second, operation))
    return Questions.of([a for a, _, _ in fitting], [b for _, b, _ in fitting], [o for _, _, o in fitting], digits)
