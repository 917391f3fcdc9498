"""Exact integer sequences with known rules: indexable, reproducible, vectorised."""

from seqgen.batch import Batch, Row
from seqgen.ceilings import Ceiling, Ceilings
from seqgen.control import ControlStream
from seqgen.distribution import END, Distribution, Distributions
from seqgen.explanation import Explained, Explanation, explain
from seqgen.export import export
from seqgen.family import Columns, Family, Terms, Values, index_column
from seqgen.holdout import held_out, row_hash, split, without_held_out
from seqgen.law import Law
from seqgen.mapped import EveryKth, Mapped
from seqgen.modulo import Modulo
from seqgen.next_term_task import export_next_term_task
from seqgen.pairs import Chosen, Composed, Interleaved
from seqgen.philox import STREAM_VERSION, words, words_at
from seqgen.posterior import Ambiguity, Posterior
from seqgen.posterior_file import PosteriorFileError, open_posterior, save_posterior, stored_posterior
from seqgen.powers import RoundedPowers
from seqgen.record import Record, record, regenerate
from seqgen.recurrence import Recurrence
from seqgen.reversed import Reversed
from seqgen.rule import Rule
from seqgen.runs import Runs
from seqgen.signs import AlternatingSigns
from seqgen.span import Overflow, Span
from seqgen.stream import Stream
from seqgen.sums import Sums
from seqgen.switch import Below, Parity, Predicate, Rising, Switch
from seqgen.universe import Universe
from seqgen.universes import UNIVERSE_VERSION, default, phase, universe

__all__ = [
    "END",
    "STREAM_VERSION",
    "UNIVERSE_VERSION",
    "AlternatingSigns",
    "Ambiguity",
    "Batch",
    "Below",
    "Ceiling",
    "Ceilings",
    "Chosen",
    "Columns",
    "Composed",
    "ControlStream",
    "Distribution",
    "Distributions",
    "EveryKth",
    "Explained",
    "Explanation",
    "Family",
    "Interleaved",
    "Law",
    "Mapped",
    "Modulo",
    "Overflow",
    "Parity",
    "Posterior",
    "PosteriorFileError",
    "Predicate",
    "Record",
    "Recurrence",
    "Reversed",
    "Rising",
    "RoundedPowers",
    "Row",
    "Rule",
    "Runs",
    "Span",
    "Stream",
    "Sums",
    "Switch",
    "Terms",
    "Universe",
    "Values",
    "__version__",
    "default",
    "explain",
    "export",
    "export_next_term_task",
    "held_out",
    "index_column",
    "open_posterior",
    "phase",
    "record",
    "regenerate",
    "row_hash",
    "save_posterior",
    "split",
    "stored_posterior",
    "universe",
    "without_held_out",
    "words",
    "words_at",
]

__version__ = "0.1.0"
