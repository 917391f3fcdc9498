"""Exact integer sequences with known rules: indexable, reproducible, vectorised."""

from seqgen.batch import Batch, Row
from seqgen.family import Columns, Family, Terms, Values, index_column
from seqgen.law import Law
from seqgen.philox import STREAM_VERSION, words, words_at
from seqgen.recurrence import Recurrence
from seqgen.rule import Rule
from seqgen.span import Overflow, Span
from seqgen.stream import Stream
from seqgen.universe import Universe
from seqgen.universes import default, phase, universe

__all__ = [
    "STREAM_VERSION",
    "Batch",
    "Columns",
    "Family",
    "Law",
    "Overflow",
    "Recurrence",
    "Row",
    "Rule",
    "Span",
    "Stream",
    "Terms",
    "Universe",
    "Values",
    "__version__",
    "default",
    "index_column",
    "phase",
    "universe",
    "words",
    "words_at",
]

__version__ = "0.1.0"
