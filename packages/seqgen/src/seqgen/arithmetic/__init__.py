"""Questions of addition and subtraction in the layout of the QuantaMaths models.

``D(n-1)..D0 op D'(n-1)..D'0 = sign A(n)..A0``: numbers of n digits, most significant first and padded with zeros, and
an answer of a sign and n + 1 digits, 3n + 4 tokens in all.

>>> stream = QuestionStream(digits=20, operation="mix", seed=0)
>>> stream.questions(first=0, count=2).tokens().shape
(2, 64)
"""

from seqgen.arithmetic.enrichment import Enrichment
from seqgen.arithmetic.questions import Questions, class_name, texts_of
from seqgen.arithmetic.stream import QuestionStream
from seqgen.arithmetic.symbols import EQUALS, MAX_DIGITS, MINUS, PLUS, SYMBOLS

__all__ = [
    "EQUALS",
    "MAX_DIGITS",
    "MINUS",
    "PLUS",
    "SYMBOLS",
    "Enrichment",
    "QuestionStream",
    "Questions",
    "class_name",
    "texts_of",
]
