"""The installed command `seqserve serve` on a free port of this machine, and raw talk with it."""

import json
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

COMMAND = Path(sys.executable).with_name("seqserve")


class RunningService:
    """Start `seqserve serve` with options, and end it by SIGTERM when left."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.said = []
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+) answers", line):
                self.port = int(found[1])
                return
        self.process.wait()
        raise AssertionError("".join(self.said))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> tuple[int, str]:
        """Send SIGTERM; return the exit status and what was said on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        assert out == ""
        return self.process.returncode, "".join(self.said) + err

    def ask(self, method: str, path: str, body: object = None, timeout: float = 60) -> tuple[int, dict]:
        """Send one request on a connection of its own; return the status and the JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = {} if body is None else {"content-type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            is_json = answer.getheader("content-type") == "application/json"
            return answer.status, json.loads(content) if is_json else {"text": content.decode()}
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def count(self, name: str) -> float:
        """Return a count of /metrics, 0 where nothing was counted."""
        lines = self.ask("GET", "/metrics")[1]["text"].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def request_bytes(body: object, path: str = "/v1/predict") -> bytes:
    """Return a whole POST request."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
