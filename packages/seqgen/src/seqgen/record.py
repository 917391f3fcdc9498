"""A row's small record: enough to rebuild the row for ever, on any machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from seqgen.batch import Batch, Row
from seqgen.philox import STREAM_VERSION
from seqgen.span import Overflow
from seqgen.stream import Stream
from seqgen.universe import Universe
from seqgen.universes import UNIVERSE_VERSION, universe


@dataclass(frozen=True, kw_only=True)
class Record:
    """Where a row comes from.

    Args:
        stream_version: version of the words and of how they name rows.
        universe: name of the universe; ``module:name`` for a user's own.
        universe_version: version of the named universes' ranges.
        low: smallest term.
        high: largest term.
        length: terms of a full row.
        overflow: what a term outside the range does.
        purpose: the stream's purpose.
        seed: the stream's seed.
        shortest: the stream's shortest row, None where no row is cut.
        index: the row's index in the whole stream.
        family: name of the row's family: a check on what is rebuilt.
        rule: index of its rule in the family: likewise.

    >>> from seqgen import Stream, phase
    >>> stream = Stream(phase(2), "train", 7)
    >>> row = stream[5]
    >>> regenerate(record(stream, 5).to_dict()) == row
    True
    """

    stream_version: int
    universe: str
    universe_version: int
    low: int
    high: int
    length: int
    overflow: Overflow
    purpose: str
    seed: int
    shortest: int | None
    index: int
    family: str
    rule: int

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return asdict(self)


def record(stream: Stream, index: int) -> Record:
    """Return the record of a row of a stream."""
    return record_of(stream, stream.take([index]), 0)


def record_of(stream: Stream, batch: Batch, row: int) -> Record:
    """Return the record of a row of a batch of a stream."""
    span = stream.universe.span
    return Record(
        stream_version=STREAM_VERSION,
        universe=stream.universe.name,
        universe_version=UNIVERSE_VERSION,
        low=span.low,
        high=span.high,
        length=span.length,
        overflow=span.overflow,
        purpose=stream.purpose,
        seed=stream.seed,
        shortest=stream.shortest,
        index=int(batch.indices[row]),
        family=stream.universe.families[int(batch.families[row])].name,
        rule=int(batch.rules[row]),
    )


def regenerate(record: Record | Mapping[str, Any], within: Universe | None = None) -> Row:
    """Rebuild a row from its record, or from the record's dictionary.

    Args:
        record: the record.
        within: the universe it comes from, where its name alone does not say (a universe made in code).

    Raises:
        ValueError: a field is missing or unknown, a version is not this one's, or the universe has changed: the row
            is not of the family and rule that the record names.
    """
    if not isinstance(record, Record | Mapping):
        raise TypeError(f"record={record!r}: give a Record, or its dictionary")
    known = record if isinstance(record, Record) else _from_dict(record)
    for name, have in (("stream_version", STREAM_VERSION), ("universe_version", UNIVERSE_VERSION)):
        if getattr(known, name) != have:
            raise ValueError(f"{name}={getattr(known, name)!r}: this seqgen rebuilds version {have}")
    source = within or universe(
        known.universe, length=known.length, low=known.low, high=known.high, overflow=known.overflow
    )
    if (source.low, source.high, source.length, source.overflow) != (
        known.low,
        known.high,
        known.length,
        known.overflow,
    ):
        raise ValueError(
            f"the record says {known.low}..{known.high}, length {known.length}, {known.overflow}; the universe given "
            f"has {source.span}"
        )
    batch = Stream(source, known.purpose, known.seed, shortest=known.shortest).take([known.index])
    family, rule = int(batch.families[0]), int(batch.rules[0])
    if (source.families[family].name, rule) != (known.family, known.rule):
        raise ValueError(
            f"the record names rule {known.rule} of {known.family}, but row {known.index} of {known.universe} is now "
            f"rule {rule} of {source.families[family].name}: the universe has changed since"
        )
    (terms,) = batch.terms()
    return Row(index=known.index, terms=tuple(terms), rule=source.rule(family, rule))


def _from_dict(given: Mapping[str, Any]) -> Record:
    names = {field.name for field in fields(Record)}
    if set(given) != names:
        missing, unknown = sorted(names - set(given)), sorted(set(given) - names)
        raise ValueError(f"record: missing {missing or 'nothing'}, unknown {unknown or 'nothing'}")
    return Record(**given)
