"""The OpenAPI document is one, and its schemas say what the service takes and answers."""

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from service_client import client_of, events_of
from standin_engine import StandInEngine

from seqserve.service.limits import Limits
from seqserve.service.openapi import document
from seqserve.service.request_types import attention_type, explain_type
from seqserve.service.settings import Settings
from seqserve.service.wording import IntegerWording

JSON = {"content-type": "application/json"}
LIMITS = Limits(length=4, sequences=3, steps=8)


def described(*, token=False):
    wording = IntegerWording(LIMITS, 0, 10)
    attention = attention_type(wording.sequence_type(LIMITS.length))
    return document(wording, explain_type(LIMITS, 0, 10), attention, token=token)


def validator(name):
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **described()})


def test_the_document_is_valid_with_a_token_and_without():
    for token in (False, True):
        validate(described(token=token))
    assert described(token=True)["paths"]["/v1/predict"]["post"]["security"] == [{"token": []}]


def test_the_document_names_every_path_that_is_no_page():
    async def routes():
        async with client_of(StandInEngine()) as client:
            return [(path, (await client.get(path)).status_code) for path in described()["paths"]]

    answered = asyncio.run(routes())
    assert {path for path, status in answered if status == 405} == {"/v1/predict", "/v1/explain", "/v1/attention"}
    assert all(status in (200, 405) for _, status in answered)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 14), st.text(max_size=3), st.sampled_from([0.5, 1.0, 7.0])),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)
asked = st.fixed_dictionaries(
    {"sequences": st.one_of(st.lists(st.lists(st.integers(0, 10), min_size=1, max_size=5), max_size=4), values)},
    optional={
        "steps": st.one_of(st.integers(-1, 10), values),
        "strategy": st.one_of(st.sampled_from(["cached", "naive", "parallel", "quick"]), values),
        "top": st.one_of(st.integers(-1, 14), values),
        "stream": st.one_of(st.booleans(), values),
        "deadline": st.one_of(st.just(5), st.just(31), values),
        "other": values,
    },
)


@settings(max_examples=20)  # each has many requests
@given(st.lists(st.one_of(asked, values), min_size=1, max_size=20))
def test_the_service_takes_what_the_schema_allows_and_nothing_else(bodies):
    async def asking():
        async with client_of(StandInEngine(), Settings(limits=LIMITS)) as client:
            return [await client.post("/v1/predict", content=json.dumps(body), headers=JSON) for body in bodies]

    request, response, error = map(validator, ("PredictRequest", "PredictResponse", "ErrorResponse"))
    for body, answer in zip(bodies, asyncio.run(asking()), strict=True):
        if not request.is_valid(body):
            assert answer.status_code == 400, body
            error.validate(answer.json())
        else:
            assert answer.status_code == 200, (body, answer.text)
            if body.get("stream"):
                for name, data in events_of(answer.text):
                    validator({"term": "TermEvent", "done": "DoneEvent"}[name]).validate(data)
            else:
                response.validate(answer.json())


def test_other_answers_match_their_schemas():
    async def asking():
        async with client_of(StandInEngine()) as client:
            return (await client.get("/v1/info")).json(), (await client.get("/readyz")).json()

    info, health = asyncio.run(asking())
    validator("Info").validate(info)
    validator("Health").validate(health)
