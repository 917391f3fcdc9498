"""The options of `seqserve serve` and `seqserve soak`; nothing heavy is imported to know them."""

import argparse
from dataclasses import fields
from typing import Any

from seqmodel.command import positive
from seqserve.command_options import add_engine, add_model
from seqserve.service.limits import Limits


def add_serve(commands: Any) -> None:
    """Add `seqserve serve` to the commands."""
    serve = commands.add_parser(
        "serve",
        help="answer over HTTP, with a page to play with",
        description="Answer over HTTP until SIGTERM or Ctrl-C: POST /v1/predict, a page to play with at /.",
        epilog="example: seqserve serve --port 8000",
    )
    add_model(serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    serve.add_argument(
        "--port", type=_port, default=8000, metavar="N", help="port to listen on, 0 for a free one (default: 8000)"
    )
    serve.add_argument(
        "--workers", type=positive, default=1, metavar="N", help="processes, each with a model of its own (default: 1)"
    )
    add_engine(serve)
    serve.add_argument(
        "--token-file", metavar="FILE", help="ask clients for the bearer token in FILE (default: anybody may ask)"
    )
    serve.add_argument(
        "--universe",
        metavar="NAME",
        help="explain sequences by the rules of this universe of seqgen; none for not at all "
        "(default: default, where seqgen is installed)",
    )
    serve.add_argument(
        "--linger",
        type=_seconds,
        default=0.5,
        metavar="S",
        help="seconds between SIGTERM and the end of listening (default: 0.5)",
    )
    group = serve.add_argument_group("limits, of each worker")
    for bound in fields(Limits):
        whole = isinstance(bound.default, int)
        group.add_argument(
            f"--max-{bound.name}" if whole else f"--{bound.name}",
            dest=f"limit_{bound.name}",
            type=positive if whole else _seconds,
            default=bound.default,
            metavar="N" if whole else "S",
            help=f"{bound.metadata['meaning']} (default: {bound.default})",
        )


def add_soak(commands: Any) -> None:
    """Add `seqserve soak` to the commands."""
    soak = commands.add_parser(
        "soak",
        help="try a service under full load with clients that misbehave",
        description="Start a service, load it fully while other clients hang up, send garbage, trickle bytes and "
        "exceed limits, compare every answer with the library's, watch the memory, and end it under load. "
        "Status 1 where anything was not as it should be.",
        epilog="example: seqserve soak --seconds 600",
    )
    add_model(soak)
    soak.add_argument("--seconds", type=_seconds, default=60.0, metavar="S", help="how long (default: 60)")
    soak.add_argument(
        "--clients", type=positive, default=16, metavar="N", help="well-behaved clients at a time (default: 16)"
    )
    soak.add_argument("--workers", type=positive, default=1, metavar="N", help="of the service (default: 1)")


def limits_of(arguments: argparse.Namespace) -> Limits:
    """Return the bounds that the options give. Raises ValueError where they do not fit together."""
    return Limits(**{bound.name: getattr(arguments, f"limit_{bound.name}") for bound in fields(Limits)})


def _port(text: str) -> int:
    if not text.isdecimal() or len(text) > 5 or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected a port in 0..65535, got {text[:20]!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds of at least 0, got {text[:20]!r}")
    return value
