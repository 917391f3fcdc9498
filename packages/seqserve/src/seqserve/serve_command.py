"""`seqserve serve`: check what was asked for, listen, and answer until a signal ends it."""

import argparse
import errno
import ipaddress
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from seqserve.serve_options import limits_of
from seqserve.service.settings import Settings

_NEEDED = ("httptools", "msgspec", "prometheus_client", "starlette", "uvicorn")
_SHORTEST_TOKEN = 16


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return an exit status."""
    from seqmodel import find_checkpoint

    require_http()
    from seqserve.service.explaining import universe_for

    # A universe of one's own is found in a module of the current folder, as by the other commands.
    if "" not in sys.path:
        sys.path.insert(0, "")
    vocabulary = find_checkpoint(arguments.model).vocabulary
    settings = Settings(
        model=arguments.model,
        engine=arguments.engine,
        threads=arguments.threads,
        token=None if arguments.token_file is None else read_token(arguments.token_file),
        universe=universe_for(arguments.universe, vocabulary),
        limits=limits_of(arguments),
        linger=arguments.linger,
    )
    with listener(arguments.host, arguments.port) as bound:
        address, port = bound.getsockname()[:2]
        if settings.token is None and not ipaddress.ip_address(address).is_loopback:
            _say(f"warning: {address} is reached from other machines, and there is no --token-file")

        def started(promise: str) -> None:
            shown = f"[{address}]" if ":" in address else address
            _say(f"http://{shown}:{port} answers; {promise}")

        _say(f"loading {settings.model}")
        if arguments.workers > 1:
            from seqserve.service.supervisor import Supervisor

            status = Supervisor(settings, bound, arguments.workers, started).run()
        else:
            from seqserve.service.worker import work

            work(settings, bound, started)
            status = 0
        _say("ended; all that was accepted is answered" if not status else "ended: a worker could not begin")
        return status


def require_http() -> None:
    """Raise ValueError where the extra `http` is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ValueError(f"serving needs seqserve's extra 'http': {', '.join(missing)} cannot be imported")


def read_token(path: str) -> str:
    """Return the token that a file holds.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds no token that a header can carry, or one that is easily guessed.
    """
    text = Path(path).read_text(encoding="utf-8", errors="replace").strip()
    if len(text) < _SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f"token-file: expected {_SHORTEST_TOKEN} or more printable ASCII characters without spaces in {path}, "
            f"got {len(text)} characters"
        )
    return text


def listener(host: str, port: int) -> socket.socket:
    """Return a socket that is bound and does not listen yet.

    Raises:
        ValueError: The host is none.
        OSError: The port is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise ValueError(f"host: expected an address of this machine, got {host!r}") from error
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # A client that stops reading its answer holds its connection no longer than this.
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)
        bound.bind(address)
        bound.set_inheritable(True)
    except OSError as error:
        bound.close()
        way = "; give another with --port, or 0 for any that is free" if error.errno == errno.EADDRINUSE else ""
        raise OSError(error.errno, f"cannot listen on {host} port {port}: {error.strerror}{way}") from error
    return bound


def _say(text: str) -> None:
    print(f"seqserve: {text}", file=sys.stderr, flush=True)
