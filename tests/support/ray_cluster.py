"""Start a local Ray cluster, serve on it, ask over HTTP, and print the answers: a program for tests."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

# A cluster of this machine alone; nothing is written to the user's folder, and nothing sent to anybody.
SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_raylet_start_wait_time_s": "60"}
PORTS = (
    "--port",
    "--dashboard-agent-grpc-port",
    "--dashboard-agent-listen-port",
    "--metrics-export-port",
    "--runtime-env-agent-port",
)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextmanager
def cluster() -> Iterator[str]:
    """Run a cluster and yield its address."""
    for _ in range(4):
        process, address, said = started()
        if process.poll() is None:
            break
    else:
        raise RuntimeError(said)
    try:
        yield address
    finally:
        process.terminate()
        process.communicate()


def started() -> tuple[subprocess.Popen[str], str, str]:
    """Start a cluster; return its process, its address and what it said.

    Ray gives its agents 15 seconds to come up, whatever it is told, which a busy machine exceeds: the process has
    ended then.
    """
    ports = free_ports(len(PORTS))
    command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--num-cpus=4"]
    command += ["--node-ip-address=127.0.0.1", "--include-dashboard=false", "--object-store-memory=100000000"]
    command += [f"{option}={port}" for option, port in zip(PORTS, ports, strict=True)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ray runtime started" in line:
            return process, f"127.0.0.1:{ports[0]}", said
    process.wait()
    return process, "", said


async def answers_of(base: str, bodies: list) -> list:
    async with httpx.AsyncClient(base_url=base, timeout=120, trust_env=False) as client:
        asked = [client.post("/v1/predict", json=body) for body in bodies]
        return [(answer.status_code, answer.text) for answer in await asyncio.gather(*asked)]


def served(address: str, arguments: dict, bodies: list) -> dict:
    """Serve, ask everything at once, and return what was answered."""
    import ray
    from ray import serve

    from seqserve.ray_application import build

    ray.init(address=address, log_to_driver=False)
    (port,) = free_ports(1)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(build(arguments))
    base = f"http://127.0.0.1:{port}"
    answers = asyncio.run(answers_of(base, bodies))
    replicas = serve.status().applications["default"].deployments["seqserve"].replica_states.get("RUNNING", 0)
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        info, health = client.get("/v1/info").json(), client.get("/healthz").json()
    serve.shutdown()
    ray.shutdown()
    return {"answers": answers, "replicas": replicas, "info": info, "health": health}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    os.environ.update(SETTINGS)
    with cluster() as address:
        found = served(address, asked["arguments"], asked["bodies"])
    print(json.dumps(found))
