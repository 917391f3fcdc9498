"""`seqserve soak`: a service under full load with clients that misbehave, and what it did about them."""

import argparse
import asyncio

from seqmodel.command import FAILED
from seqserve.serve_command import require_http


def run(arguments: argparse.Namespace) -> int:
    """Start a service, trouble it, and print what was found; return 1 where anything was not as it should be."""
    require_http()
    from seqserve.service.soak import Soak

    soak = Soak(arguments.model, seconds=arguments.seconds, clients=arguments.clients, workers=arguments.workers)
    report = asyncio.run(soak.run())
    print(report.text())
    return 0 if not report.faults() else FAILED
