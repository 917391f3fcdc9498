"""``seqgen export``: rows of a stream as a file."""

import argparse
import sys

from seqgen.export import Format, export
from seqgen.next_term_task import export_next_term_task
from seqgen.options import chosen_universe
from seqgen.progress import Progress
from seqgen.stream import Stream

_SUFFIXES: dict[str, Format] = {".jsonl": "jsonl", ".npz": "npz", ".parquet": "parquet"}


def run(arguments: argparse.Namespace) -> None:
    """Write the file that the arguments ask for."""
    kind = arguments.format or next(
        (known for suffix, known in _SUFFIXES.items() if arguments.out.endswith(suffix)), None
    )
    if kind is None:
        raise ValueError(f"OUT={arguments.out!r}: end it in {', '.join(_SUFFIXES)}, or give --format")
    if arguments.min_posterior is not None and kind != "next-term":
        raise ValueError(f"--min-posterior goes with --format next-term, not {kind}")
    stream = Stream(chosen_universe(arguments), arguments.purpose, arguments.seed, shortest=arguments.shortest)
    place = {"rows": arguments.rows, "start": arguments.start}
    with Progress("writing rows", arguments.rows) as progress:
        if kind == "next-term":
            written = export_next_term_task(
                stream,
                arguments.out,
                min_posterior=arguments.min_posterior or 0.0,
                advance=progress.advance,
                **place,
            )
        else:
            export(stream, arguments.out, format=kind, advance=progress.advance, **place)
            written = arguments.rows
    print(f"{written:,} rows written to {arguments.out}", file=sys.stderr)
