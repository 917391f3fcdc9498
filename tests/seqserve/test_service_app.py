"""Every path answers as described, whatever is sent to it."""

import asyncio
import json
import os
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from service_client import client_of, events_of
from standin_engine import StandInEngine, predictions_of

from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary
from seqserve.service.drain import Drain
from seqserve.service.explaining import Explaining, universe_for
from seqserve.service.limits import Limits
from seqserve.service.refusal import Refusal
from seqserve.service.request_types import explain_type
from seqserve.service.settings import Settings

BYTES = IntegerVocabulary()


def ask(*questions, engine=None, settings=None, drain=None):
    """Send questions, (method, path, arguments of httpx), one after the other, and return the answers."""

    async def asking():
        async with client_of(engine or StandInEngine(), settings, drain) as client:
            return [await client.request(method, path, **arguments) for method, path, arguments in questions]

    return asyncio.run(asking())


def predict(settings=None, engine=None, **asked):
    (answer,) = ask(("POST", "/v1/predict", {"json": asked}), settings=settings, engine=engine)
    return answer


def limited(**bounds):
    return Settings(limits=Limits(**bounds))


def expected(sequence, steps, top=0):
    found = predictions_of(sequence, steps, top)
    answer = {
        "terms": [one.term for one in found if one.term is not None],
        "probabilities": [one.probability for one in found],
        "ended": found[-1].term is None,
    }
    if top:
        answer["top"] = [[{"term": term, "probability": share} for term, share in one.top] for one in found]
    return answer


@hypothesis_settings(max_examples=20)  # each has many requests
@given(
    st.lists(
        st.tuples(
            st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=6), min_size=1, max_size=6),
            st.integers(1, 20),
            st.integers(0, 4),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 8),
)
def test_requests_at_one_time_are_answered_as_if_each_were_alone(requests, slots):
    async def asking():
        settings = limited(slots=slots)
        async with client_of(StandInEngine(), settings) as client:
            bodies = [
                {"sequences": sequences, "steps": steps, "top": top, "stream": stream}
                for sequences, steps, top, stream in requests
            ]
            return await asyncio.gather(*[client.post("/v1/predict", json=body) for body in bodies])

    for (sequences, steps, top, stream), answer in zip(requests, asyncio.run(asking()), strict=True):
        assert answer.status_code == 200
        if not stream:
            assert answer.json() == {"continuations": [expected(one, steps, top) for one in sequences]}
            continue
        *terms, last = events_of(answer.text)
        assert last == ("done", {"predictions": len(terms)})
        for number, sequence in enumerate(sequences):
            own = [data for name, data in terms if name == "term" and data["sequence"] == number]
            assert [data["step"] for data in own] == list(range(len(own)))
            assert [(data["term"], data["probability"]) for data in own] == [
                one[:2] for one in predictions_of(sequence, steps)
            ]
            assert all(("top" in data) == bool(top) for data in own)


def test_a_whole_number_is_an_integer_however_it_is_written():
    body = b'{"sequences": [[1.0, 2e0]], "steps": 2E1, "deadline": 5.0}'
    headers = {"content-type": "application/json"}
    (answer,) = ask(("POST", "/v1/predict", {"content": body, "headers": headers}))
    assert answer.json() == {"continuations": [expected([1, 2], 20)]}


@pytest.mark.parametrize("strategy", ["cached", "naive", "parallel"])
def test_every_strategy_gives_the_same_answer(strategy):
    answer = predict(sequences=[[1, 2], [3]], steps=20, strategy=strategy)
    assert answer.json() == {"continuations": [expected([1, 2], 20), expected([3], 20)]}


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        (b"", 400, "json", "body: not valid JSON: Input data was truncated"),
        (b"\xff\xfe\x00", 400, "json", "body: not valid JSON"),
        (b"[" * 50_000, 400, "invalid", "body: expected object"),
        (b'{"sequences": [[' + b"9" * 5000 + b"]]}", 400, "invalid", "sequences[0][0]: integer value out of range"),
        (b"{}", 400, "invalid", "body: object missing required field sequences"),
        (b'{"sequences": [[1]], "step": 3}', 400, "invalid", "unknown field step; known are sequences, steps,"),
        (b'{"sequences": [[1], [2, 11]]}', 400, "invalid", "sequences[1][1]: expected int <= 10, got 11"),
        (b'{"sequences": [[1], [-1]]}', 400, "invalid", "sequences[1][0]: expected int >= 0, got -1"),
        (b'{"sequences": [[1.5]]}', 400, "invalid", "sequences[0][0]: expected int, got 1.5"),
        (b'{"sequences": [["7"]]}', 400, "invalid", 'sequences[0][0]: expected int, got "7"'),
        (b'{"sequences": [[]]}', 400, "invalid", "sequences[0]: expected array of length >= 1, got a list of 0"),
        (b'{"sequences": []}', 400, "invalid", "sequences: expected array of length >= 1, got a list of 0"),
        (b'{"sequences": [[1, 2, 3, 4, 5]]}', 400, "invalid", "sequences[0]: expected array of length <= 4"),
        (b'{"sequences": [[1], [1], [1], [1]]}', 400, "invalid", "sequences: expected array of length <= 3"),
        (b'{"sequences": [[1]], "steps": 0}', 400, "invalid", "steps: expected int >= 1, got 0"),
        (b'{"sequences": [[1]], "steps": 9}', 400, "invalid", "steps: expected int <= 8, got 9"),
        (b'{"sequences": [[1]], "top": 13}', 400, "invalid", "top: expected int <= 12, got 13"),
        (
            b'{"sequences": [[1], [1]], "steps": 8, "top": 3}',
            400,
            "invalid",
            "sequences x steps x top: expected at most 40 outcomes, got 2 x 8 x 3 = 48",
        ),
        (
            b'{"sequences": [[1]], "strategy": "quick"}',
            400,
            "invalid",
            'strategy: expected one of cached, naive, parallel, got "quick"',
        ),
        (
            b'{"sequences": [[1]], "strategy": "naive", "top": 2}',
            400,
            "invalid",
            'top: expected 0 with strategy "naive", got 2',
        ),
        (b'{"sequences": [[1]], "deadline": 0}', 400, "invalid", "deadline: expected float >= 0.1, got 0"),
        (b'{"sequences": [[1]], "deadline": 31}', 400, "invalid", "deadline: expected float <= 30.0, got 31"),
        (b'{"sequences": [[1]]}' + b" " * 1000, 413, "body", "body: expected at most 900 bytes"),
    ],
)
def test_a_wrong_request_is_refused_by_place_and_value(body, status, code, message):
    settings = limited(length=4, sequences=3, steps=8, outcomes=40, body=900 if status == 413 else 1 << 20)
    headers = {"content-type": "application/json"}
    (answer,) = ask(("POST", "/v1/predict", {"content": body, "headers": headers}), settings=settings)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert error["code"] == code
    assert message in error["message"]


def test_a_body_without_a_length_is_bounded_too():
    async def body():
        for _ in range(50):
            yield b" " * 100

    headers = {"content-type": "application/json"}
    (answer,) = ask(("POST", "/v1/predict", {"content": body(), "headers": headers}), settings=limited(body=900))
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_kind_of_body_is_refused_so_that_no_strange_page_can_send_one(kind):
    headers = {} if kind is None else {"content-type": kind}
    (answer,) = ask(("POST", "/v1/predict", {"content": b'{"sequences": [[1]]}', "headers": headers}))
    assert answer.status_code == 415
    assert "content-type: expected application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/predict", 405), ("GET", "/v1", 404), ("DELETE", "/", 405)]
)
def test_paths_and_methods_that_are_none_are_refused_in_json(method, path, status):
    (answer,) = ask((method, path, {}))
    assert answer.status_code == status
    assert path in answer.json()["error"]["message"]
    if status == 405:
        assert answer.headers["allow"]


def test_below_another_path_the_paths_and_what_is_counted_and_open_are_the_same():
    async def asking():
        settings = Settings(token="a-token-of-some-length")  # noqa: S106
        async with client_of(StandInEngine(), settings, root_path="/under") as client:
            guard = {"authorization": "Bearer a-token-of-some-length"}
            asked = [("/under/healthz", {}), ("/under/v1/info", {}), ("/under/v1/info", guard), ("/under/v1", guard)]
            answers = [(await client.get(path, headers=headers)).status_code for path, headers in asked]
            return answers, (await client.get("/under/metrics", headers=guard)).text

    statuses, counts = asyncio.run(asking())
    assert statuses == [200, 401, 200, 404]
    assert 'seqserve_requests_total{path="/v1/info",status="401"} 1.0' in counts
    assert 'seqserve_requests_total{path="other",status="404"} 1.0' in counts


def test_a_full_line_says_when_to_ask_again():
    async def asking():
        engine = StandInEngine()
        engine.gate = threading.Event()
        async with client_of(engine, limited(slots=1, queue=2, sequences=2)) as client:
            held = [asyncio.create_task(client.post("/v1/predict", json={"sequences": [[1]], "steps": 2}))]
            while not engine.step_sizes:
                await asyncio.sleep(0.001)
            held.append(asyncio.create_task(client.post("/v1/predict", json={"sequences": [[2]], "steps": 2})))
            await asyncio.sleep(0.05)
            refused = await client.post("/v1/predict", json={"sequences": [[4], [5]]})
            engine.gate.set()
            return refused, [await answer for answer in held]

    refused, held = asyncio.run(asking())
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    for number, answer in enumerate(held, 1):
        assert answer.json() == {"continuations": [expected([number], 2)]}


def test_a_deadline_ends_the_wait_and_frees_the_slot():
    async def asking():
        engine = StandInEngine()
        engine.gate = threading.Event()
        async with client_of(engine, limited(slots=1)) as client:
            late = await client.post("/v1/predict", json={"sequences": [[1]], "steps": 200, "deadline": 0.1})
            stream = {"sequences": [[1]], "steps": 200, "deadline": 0.1, "stream": True}
            late_events = await client.post("/v1/predict", json=stream)
            engine.gate.set()
            after = await client.post("/v1/predict", json={"sequences": [[2]], "steps": 3})
            return late, late_events, after, engine

    late, late_events, after, engine = asyncio.run(asking())
    assert late.status_code == 504
    assert late.json()["error"] == {"code": "deadline", "message": "deadline: no answer after 0.1 s"}
    assert events_of(late_events.text)[-1][1]["error"]["code"] == "deadline"
    assert after.json() == {"continuations": [expected([2], 3)]}
    assert len(engine.step_sizes) < 10


def test_an_engine_that_fails_is_an_answer_and_the_next_one_is_right():
    async def asking():
        engine = StandInEngine()
        async with client_of(engine) as client:
            engine.fails = True
            failed = await client.post("/v1/predict", json={"sequences": [[1], [2]]})
            events = await client.post("/v1/predict", json={"sequences": [[1]], "stream": True})
            engine.fails = False
            return failed, events, await client.post("/v1/predict", json={"sequences": [[1]]})

    failed, events, after = asyncio.run(asking())
    assert failed.status_code == 500
    assert failed.json()["error"] == {"code": "engine", "message": "the engine failed: MemoryError"}
    assert events_of(events.text)[0][1]["error"]["code"] == "engine"
    assert after.status_code == 200


def test_health_readiness_and_counts():
    drain = Drain()

    async def asking():
        async with client_of(StandInEngine(), None, drain) as client:
            before = [await client.get(path) for path in ("/healthz", "/readyz")]
            await client.post("/v1/predict", json={"sequences": [[1]] * 3, "steps": 2})
            await client.get("/nowhere")
            drain.begun = True
            return before, [await client.get(path) for path in ("/healthz", "/readyz")], await client.get("/metrics")

    before, after, metrics = asyncio.run(asking())
    assert [(one.status_code, one.json()) for one in before] == [(200, {"status": "ok"})] * 2
    assert [one.json()["status"] for one in after] == ["ok", "draining"]
    assert after[1].status_code == 503
    assert after[0].headers["connection"] == "close"
    counts = dict(line.rsplit(" ", 1) for line in metrics.text.splitlines() if not line.startswith("#"))
    predictions = 3 * len(predictions_of([1], 2))
    assert float(counts["seqserve_predictions_total"]) == predictions
    assert float(counts['seqserve_requests_total{path="/v1/predict",status="200"}']) == 1
    assert float(counts['seqserve_requests_total{path="other",status="404"}']) == 1
    assert float(counts["seqserve_waiting"]) == float(counts["seqserve_running"]) == 0


def test_info_says_what_answers():
    (answer,) = ask(("GET", "/v1/info", {}), settings=limited(steps=17))
    info = answer.json()
    assert (info["low"], info["high"], info["parameters"], info["configuration"]) == (0, 10, 6, {"layers": 1})
    assert info["promise"] == {"exact": False, "text": "nothing is promised"}
    assert info["limits"]["steps"] == 17
    assert len(info["weights"]) == 64


def test_a_token_guards_what_answers_and_nothing_that_says_nothing():
    token = "a-token-of-some-length"  # noqa: S105
    settings = Settings(token=token)
    open_paths = ["/", "/healthz", "/readyz", "/openapi.json"]
    guarded = ["/v1/info", "/metrics", "/v1/predict", "/nowhere"]
    wrong = [None, "", token, f"Basic {token}", "Bearer", "Bearer " + token[:-1], f"Bearer {token}x", "Bearer é"]
    questions = [
        ("GET", path, {"headers": {} if value is None else {"authorization": value.encode()}})
        for path in guarded
        for value in wrong
    ]
    for answer in ask(*questions, settings=settings):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert token not in answer.text
    assert {answer.status_code for answer in ask(*[("GET", path, {}) for path in open_paths], settings=settings)} == {
        200
    }
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {token}"}
        body = {"json": {"sequences": [[1]]}, "headers": headers}
        info, answer = ask(("GET", "/v1/info", {"headers": headers}), ("POST", "/v1/predict", body), settings=settings)
        assert info.status_code == answer.status_code == 200
    assert token not in repr(settings)


def test_nothing_is_explained_where_there_is_no_universe():
    (answer,) = ask(("POST", "/v1/explain", {"json": {"sequence": [1, 2]}}))
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "no_posterior"


def test_answers_forbid_strange_scripts_and_frames():
    for answer in ask(("GET", "/", {}), ("GET", "/v1/info", {})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_numbers_of_an_answer_are_the_librarys_to_the_last_bit():
    (answer,) = ask(("POST", "/v1/predict", {"json": {"sequences": [[1]], "steps": 3, "top": 12}}))
    shown = json.loads(answer.content)["continuations"][0]
    assert shown == expected([1], 3, 12)


def test_a_universe_is_chosen_where_it_fits_the_model():
    assert universe_for(None, BYTES) == universe_for("default", BYTES) == "default"
    assert universe_for("phase2", BYTES) == "phase2"
    assert universe_for("none", BYTES) is None
    assert universe_for(None, IntegerVocabulary(low=-5)) is None
    with pytest.raises(ValueError, match=r"'phase1' has the terms 0\.\.255, the model 0\.\.9; give --universe none"):
        universe_for("phase1", IntegerVocabulary(high=9))
    with pytest.raises(ValueError, match="'phase9'"):
        universe_for("phase9", BYTES)
    assert universe_for(None, QUANTAMATHS_VOCABULARY) is None
    with pytest.raises(ValueError, match="'phase1' explains integers, and the model reads symbols"):
        universe_for("phase1", QUANTAMATHS_VOCABULARY)


def test_rules_are_explained_beside_predictions():
    async def asking():
        engine = StandInEngine()
        engine.high = 255
        async with client_of(engine, Settings(universe="phase1")) as client:
            first = await client.post("/v1/explain", json={"sequence": [1, 1, 2, 3, 5, 8]})
            again = await client.post("/v1/explain", json={"sequence": [1, 1, 2, 3, 5, 8]})
            nobody = await client.post("/v1/explain", json={"sequence": [1, 200, 3, 77, 9]})
            wrong = [await client.post("/v1/explain", json={"sequence": one}) for one in ([256], [7] * 65)]
            return first, again, nobody, wrong

    first, again, nobody, wrong = asyncio.run(asking())
    assert first.json() == again.json()
    assert first.json()["next"] == [{"term": 13, "probability": 1.0}]
    assert first.json()["rules"][0]["formula"] == "a(0) = 1; a(1) = 1; a(n) = a(n-1) + a(n-2)"
    assert (nobody.status_code, nobody.json()["rules_in_all"], nobody.json()["next"]) == (200, 0, [])
    assert [one.status_code for one in wrong] == [400, 400]
    assert "sequence: expected array of length <= 64, got a list of 65" in wrong[1].text


def test_the_process_that_looks_at_rules_is_replaced_when_it_dies():
    async def asking():
        limits = Limits()
        explaining = Explaining("phase1", limits, explain_type(limits, 0, 255))
        explaining.open()
        try:
            before = await explaining.aside.answer("phase1", (1, 2, 3))
            (pid,) = explaining.aside._pool._processes
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(Refusal, match="has died: ask again") as refusal:
                await refused_at_last(explaining)
            return before, refusal.value.status, await explaining.aside.answer("phase1", (3, 6, 9))
        finally:
            explaining.close()

    async def refused_at_last(explaining):
        while True:  # the pool hears of the death a moment later
            await explaining.aside.answer("phase1", (len(explaining.aside._known), 7))

    before, status, after = asyncio.run(asking())
    assert before.rules_in_all > 1
    assert status == 503
    assert after.next[0].probability > 0
