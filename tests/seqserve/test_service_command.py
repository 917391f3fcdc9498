"""The installed command answers over real connections, whatever clients do, and ends without losing a request."""

import json
import os
import random
import signal
import socket
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running_service import RunningService, read_all, request_bytes

from seqserve import Predictor
from seqserve.cli import main

LIMITS = (
    "--max-slots=4",
    "--max-queue=16",
    "--max-sequences=8",
    "--max-steps=64",
    "--max-body=4096",
    "--deadline=20",
    "--patience=1",
    "--max-connections=24",
    "--universe=none",
)


JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def service(checkpoint):
    with RunningService("--model", checkpoint, *LIMITS) as service:
        yield service
        status, said = service.end()
    assert status == 0
    assert "Traceback" not in said, said
    assert "all that was accepted is answered" in said


@pytest.fixture(scope="module")
def answer_of(checkpoint):
    """Return the library's answer to a sequence, as JSON."""
    predictor = Predictor.load(checkpoint)

    def answer(sequence, steps):
        (continuation,) = predictor.predict([sequence], steps)
        return continuation.to_dict()

    return answer


@pytest.mark.parametrize(("path", "status"), [("/healthz", b"200"), ("/v1/info", b"200"), ("/nowhere", b"404")])
def test_head_is_answered_at_once_and_without_content(service, path, status):
    with service.connect() as connection:
        for _ in range(2):
            connection.sendall(f"HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            answer = connection.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 " + status)
            assert answer.endswith(b"\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(1 << 16).endswith(b'{"status":"ok"}')


def random_question(draw):
    sequences = [[draw.randint(-5, 255) for _ in range(draw.randint(1, 12))] for _ in range(draw.choice([1, 1, 1, 3]))]
    return {"sequences": sequences, "steps": draw.choice([1, 1, 2, 9])}


def test_every_path_answers(service, checkpoint):
    assert service.ask("GET", "/healthz") == (200, {"status": "ok"})
    assert service.ask("GET", "/readyz") == (200, {"status": "ok"})
    status, info = service.ask("GET", "/v1/info")
    assert (status, info["model"], info["low"], info["high"]) == (200, checkpoint, -5, 255)
    assert info["promise"]["exact"] is True
    assert info["promise"]["text"].startswith("exact")
    assert info["configuration"]["layers"] == 1
    assert service.ask("GET", "/openapi.json")[1]["openapi"].startswith("3.1")
    assert "seqserve_requests_total" in service.ask("GET", "/metrics")[1]["text"]
    assert "<title>" in service.ask("GET", "/")[1]["text"]


def test_answers_are_the_librarys_whoever_asks_beside(service, answer_of):
    wrong = []

    def client(seed):
        draw = random.Random(seed)  # noqa: S311
        connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        for _ in range(12):
            question = random_question(draw)
            connection.request("POST", "/v1/predict", request_bytes(question).split(b"\r\n\r\n", 1)[1], JSON)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status == 429:
                continue
            expected = [answer_of(sequence, question["steps"]) for sequence in question["sequences"]]
            if answer.status != 200 or json.loads(content) != {"continuations": expected}:
                wrong.append((question, answer.status, content))
        connection.close()

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert service.count("seqserve_predictions_total") > 0


def test_events_come_one_by_one(service, answer_of):
    with service.connect() as connection:
        connection.sendall(request_bytes({"sequences": [[1, 2, 3]], "steps": 9, "stream": True}))
        content = b""
        while b"event: done" not in content:
            content += connection.recv(1 << 16)
    terms = [json.loads(line[6:]) for line in content.split(b"\n") if line.startswith(b'data: {"sequence"')]
    expected = answer_of([1, 2, 3], 9)
    assert [one["term"] for one in terms if one["term"] is not None] == expected["terms"]
    assert [one["probability"] for one in terms] == expected["probabilities"]


def healthy(service, answer_of):
    status, answer = service.ask("POST", "/v1/predict", {"sequences": [[3, 4]], "steps": 2})
    return status == 200 and answer == {"continuations": [answer_of([3, 4], 2)]}


@settings(max_examples=25)
@given(st.binary(max_size=300))
def test_no_body_can_crash_it(service, body):
    with service.connect() as connection:
        connection.sendall(request_bytes(body))
        assert connection.recv(20).startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\xff" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /%ff%00%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_no_bytes_can_crash_it(service, answer_of, garbage):
    with service.connect() as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was refused before all was read
        read_all(connection)
    assert healthy(service, answer_of)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", b"slow_head"),
        (b"POST /v1/predict HT", b"slow_head"),
        (b"\r\n", b"slow_head"),
        (request_bytes({"sequences": [[1]]})[:-5], b"slow_body"),
    ],
)
def test_a_client_that_trickles_is_let_go_and_holds_nobody_up(service, answer_of, sent, code):
    with service.connect() as connection:
        connection.sendall(sent)
        assert healthy(service, answer_of)
        content = read_all(connection)
    assert content.startswith(b"HTTP/1.1 408 ")
    assert code in content


def test_bytes_that_trickle_between_two_requests_do_not_keep_a_connection_open(service):
    with service.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        connection.recv(1 << 16)
        connection.sendall(b"\r\n")
        assert b" 408 " in read_all(connection)


def test_what_came_while_the_service_was_kept_from_running_is_not_late(service, answer_of):
    """A process that gets no time finds its timers run out before it has read what lies in its sockets."""
    request = request_bytes({"sequences": [[3, 4]], "steps": 2})
    with service.connect() as silent, service.connect() as half:
        half.sendall(request[:-5])
        assert healthy(service, answer_of)  # both are waited for by now
        os.kill(service.process.pid, signal.SIGSTOP)
        try:
            silent.sendall(request)
            half.sendall(request[-5:])
            time.sleep(1.5)  # longer than --patience
        finally:
            os.kill(service.process.pid, signal.SIGCONT)
        for connection in (silent, half):
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_too_many_connections_are_refused_and_the_others_answered(service, answer_of):
    held = [service.connect() for _ in range(24)]
    try:
        with service.connect() as one_more:
            assert read_all(one_more).startswith(b"HTTP/1.1 503 ")
        held[0].sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert held[0].recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    finally:
        for connection in held:
            connection.close()
    deadline = time.monotonic() + 20
    while not let_in(service):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert healthy(service, answer_of)


def let_in(service):
    try:
        return service.ask("GET", "/healthz")[0] == 200
    except (OSError, HTTPException):  # refused before the request was read
        return False


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_frees_its_slots(service, answer_of, stream):
    before = service.count('seqserve_requests_total{path="/v1/predict"')
    for _ in range(8):
        with service.connect() as connection:
            body = {"sequences": [[7]] * 2, "steps": 64, "stream": stream}
            connection.sendall(request_bytes(body))
    deadline = time.monotonic() + 30
    while service.count('seqserve_requests_total{path="/v1/predict"') < before + 8:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert healthy(service, answer_of)
    assert service.count("seqserve_running") == service.count("seqserve_waiting") == 0


def test_a_client_that_does_not_read_holds_nobody_up(service, answer_of):
    with service.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        for _ in range(20):
            connection.sendall(request_bytes({"sequences": [[7]] * 2, "steps": 64, "stream": True}))
        for _ in range(5):
            assert healthy(service, answer_of)
    deadline = time.monotonic() + 30
    while service.count("seqserve_running") + service.count("seqserve_waiting"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_sigterm_under_load_loses_no_accepted_request(checkpoint, answer_of):
    signalled = threading.Event()
    lost, answered, refused = [], [], []

    with RunningService("--model", checkpoint, "--universe=none", "--linger=0.3") as service:

        def client(seed):
            draw = random.Random(seed)  # noqa: S311
            connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
            while True:
                question = random_question(draw) | {"steps": 40}
                early = not signalled.is_set()
                try:
                    connection.request("POST", "/v1/predict", request_bytes(question).split(b"\r\n\r\n", 1)[1], JSON)
                    answer = connection.getresponse()
                except (OSError, HTTPException) as error:
                    (lost if early else refused).append(repr(error))
                    connection.close()
                    return
                content = answer.read()  # raises, and so is seen, where an answer is cut short
                expected = [answer_of(sequence, 40) for sequence in question["sequences"]]
                right = answer.status == 200 and json.loads(content) == {"continuations": expected}
                (answered if right else lost).append(content)
                if seed % 2:
                    connection.close()

        threads = [threading.Thread(target=client, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        while len(answered) < 20:
            time.sleep(0.01)
        signalled.set()
        before = len(answered)
        status, said = service.end()
        for thread in threads:
            thread.join(60)
    assert status == 0
    assert not lost
    assert len(refused) == len(threads)
    assert len(answered) > before
    assert "Traceback" not in said


def test_several_workers_share_a_port_and_a_dead_one_is_replaced(checkpoint, answer_of):
    with RunningService("--model", checkpoint, "--workers=2", "--universe=none", "--linger=0.1") as service:
        for _ in range(8):
            assert healthy(service, answer_of)
        assert service.count('seqserve_requests_total{path="/v1/predict",status="200"}') == 8
        first = workers_of(service.process.pid)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while len(set(workers_of(service.process.pid)) - {first[0]}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert healthy(service, answer_of)
        status, said = service.end()
    assert status == 0
    assert "a worker died (status -9); another begins" in said


def workers_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.fixture
def refused(capsys):
    """Return a function that runs the command in this process, and returns its status and what it said."""

    def refused(*options):
        try:
            status = main(["serve", *options])
        except SystemExit as ending:
            status = ending.code
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        return status, said

    return refused


def test_what_cannot_be_served_is_said_at_once(tmp_path, checkpoint, refused):
    token = tmp_path / "token"
    token.write_text("short\n")
    assert refused("--model", "nowhere.safetensors")[0] == 2
    assert "token-file: expected 16 or more" in refused("--token-file", str(token))[1]
    assert refused("--token-file", str(tmp_path / "none")) == (
        1,
        f"seqserve: error: {tmp_path}/none: No such file or directory\n",
    )
    assert "sequences: expected at most the queue's 1024, got 5000" in refused("--max-sequences", "5000")[1]
    assert "expected a port in 0..65535, got '70000'" in refused("--port", "70000")[1]
    assert "host: expected an address of this machine, got 'no such host'" in refused("--host", "no such host")[1]
    status, said = refused("--model", checkpoint, "--universe", "default")
    assert status == 2
    assert "'default' has the terms 0..255, the model -5..255; give --universe none" in said
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, said = refused("--port", str(taken.getsockname()[1]))
        assert status == 1
        assert "cannot listen on 127.0.0.1 port" in said
        assert said.endswith(": Address already in use; give another with --port, or 0 for any that is free\n")
