"""One worker: a model loaded, an engine in a thread, a server that listens."""

import gc
import logging
import resource
import socket
import sys
from collections.abc import Callable

from seqserve.service.settings import Settings

_SWITCH_S = 0.0005
"""How long the engine's thread may keep the event loop from Python: its default, 5 ms, would be seen in latencies."""
_SPARE_FILES = 128


def work(settings: Settings, listener: socket.socket, started: Callable[[str], object]) -> None:
    """Serve until a signal ends it.

    Args:
        settings: What to serve, and how.
        listener: A bound socket, perhaps shared with other workers.
        started: Called with what is promised of the answers, once requests are answered.
    """
    from seqmodel import find_checkpoint
    from seqserve.compiling import say_if_compiling, warm
    from seqserve.loading import load_engine
    from seqserve.service.app import application
    from seqserve.service.drain import Drain
    from seqserve.service.metrics import Metrics
    from seqserve.service.server import Server

    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="seqserve: %(levelname)s: %(message)s")
    sys.setswitchinterval(_SWITCH_S)
    _allow_files(settings.limits.connections + _SPARE_FILES)
    checkpoint = find_checkpoint(settings.model)
    engine = load_engine(settings.model, settings.engine, threads=settings.threads)
    say_if_compiling(engine, lambda text: print(f"seqserve: {text}", file=sys.stderr, flush=True))
    warm(engine)
    drain, metrics = Drain(), Metrics()
    app = application(settings, checkpoint, engine, drain, metrics)
    promise = f"{engine.name} engine, {engine.promise}"
    server = Server(app, settings, drain, started=lambda: started(promise), tick=metrics.look)
    metrics.watch(metrics.connections, lambda: len(server.server_state.connections))
    gc.freeze()  # what was loaded stays; to look through all of it stopped every answer for 60 ms, twice a second
    server.run(sockets=[listener])


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
