"""Questions of addition and subtraction in the layout of the QuantaMaths models.

``D(n-1)..D0 op D'(n-1)..D'0 = sign A(n)..A0``: numbers of n digits, most significant first and padded with zeros, and
an answer of a sign and n + 1 digits, 3n + 4 tokens in all.

>>> stream = QuestionStream(digits=20, operation="mix", seed=0)
>>> stream.questions(first=0, count=2).tokens().shape
(2, 64)
"""

from seqgen.arithmetic.classes import class_counts, of_class
from seqgen.arithmetic.difficulty import CLASS_NAMES, KINDS, class_name
from seqgen.arithmetic.enrichment import Enrichment
from seqgen.arithmetic.known import KNOWN_HARD, known_hard_questions
from seqgen.arithmetic.patterns import OneOperation, possible_patterns, with_pattern, with_patterns
from seqgen.arithmetic.questions import Questions, texts_of
from seqgen.arithmetic.stream import QuestionStream
from seqgen.arithmetic.symbols import EQUALS, MAX_DIGITS, MINUS, PLUS, SYMBOLS

__all__ = [
    "CLASS_NAMES",
    "EQUALS",
    "KINDS",
    "KNOWN_HARD",
    "MAX_DIGITS",
    "MINUS",
    "PLUS",
    "SYMBOLS",
    "Enrichment",
    "OneOperation",
    "QuestionStream",
    "Questions",
    "class_counts",
    "class_name",
    "known_hard_questions",
    "of_class",
    "possible_patterns",
    "texts_of",
    "with_pattern",
    "with_patterns",
]
