"""A service over a model of symbols takes questions as texts, and answers with expressions and values."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from service_client import client_of, events_of
from symbol_models import knowing_model, question_model

from seqmodel import ModelConfig, SymbolVocabulary, Transformer
from seqmodel.checkpoint import content_of
from seqserve import Predictor
from seqserve.compiled_engine import CompiledEngine
from seqserve.service.limits import Limits
from seqserve.service.settings import Settings

WHOLE = "0123450-0345670=-00222220"
JSON = {"content-type": "application/json"}


def ask(model, *bodies, path="/v1/predict", **bounds):
    """Send requests one after the other to a service over a model."""
    content = content_of(model, {})

    async def asking():
        async with client_of(CompiledEngine(content), Settings(limits=Limits(**bounds)), checkpoint=content) as client:
            return [
                await (client.get(path) if body is None else client.post(path, content=json.dumps(body), headers=JSON))
                for body in bodies
            ]

    return asyncio.run(asking())


MODEL = question_model(seed=3)
NUMBERS = st.integers(0, 10**7 - 1)


@pytest.mark.parametrize("asked", [WHOLE[:16], "123450-345670", "123450 - 345670 =", "123450-345670=-0022"])
def test_a_question_is_answered_by_its_expression_and_value(asked):
    answer, streamed = ask(
        knowing_model(WHOLE), {"sequences": [asked]}, {"sequences": [asked], "stream": True, "top": 2}
    )
    (found,) = answer.json()["continuations"]
    assert (found["completed"], found["value"]) == (WHOLE, "-222220")
    assert found["sequence"] + WHOLE[len(found["sequence"]) :] == WHOLE
    *terms, done = events_of(streamed.text)
    assert found["sequence"] + "".join(data["term"] for _, data in terms) == WHOLE
    assert [data["probability"] for _, data in terms] == found["probabilities"]
    assert all(data["top"][0] == {"term": data["term"], "probability": data["probability"]} for _, data in terms)
    assert done == ("done", {"predictions": len(terms)})


@settings(max_examples=20)  # each has many questions
@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**7 - 1), st.sampled_from("+-"), st.integers(0, 10**7 - 1), st.text("01", max_size=8)
        ),
        min_size=1,
        max_size=8,
    ),
    st.none() | st.integers(1, 9),
    st.integers(0, 3),
)
def test_answers_are_the_librarys_to_the_last_bit(questions, steps, top):
    asked = [f"{first}{operation}{second}={begun}" for first, operation, second, begun in questions]
    body = {"sequences": asked, "top": top} | ({} if steps is None else {"steps": steps})
    (answer,) = ask(MODEL, body)
    expected = Predictor(CompiledEngine(content_of(MODEL, {}))).complete(asked, steps, top=top)
    for found, one in zip(answer.json()["continuations"], expected, strict=True):
        assert (found["completed"], found["probabilities"], found["probability"]) == (
            one.text,
            list(one.probabilities),
            one.probability,
        )
        shown = [[(each["term"], each["probability"]) for each in step] for step in found.get("top", [])]
        assert shown == [list(step) for step in one.top]


def test_large_values_are_exact():
    whole = f"{10**20 - 1}+{10**20 - 1}=+{2 * 10**20 - 2}"
    (answer,) = ask(knowing_model(whole), {"sequences": [whole[:42]]})
    assert answer.json()["continuations"][0]["value"] == str(2 * 10**20 - 2)


def test_what_is_no_question_is_refused_by_its_place():
    like = "expected a question like '0000012+0000345='"
    wrong = {
        "1*2": f"sequences[1]: {like}, got '1*2'",
        "12345678+1": "sequences[1]: expected numbers of at most 7 digits, got '12345678'",
        "": "sequences[1]: expected str of length >= 1",
        "1" * 99: "sequences[1]: expected str of length <= 40",
    }
    for answer, message in zip(
        ask(MODEL, *({"sequences": ["1+2", text]} for text in wrong), length=40), wrong.values(), strict=True
    ):
        assert answer.status_code == 400
        assert message in answer.json()["error"]["message"]
    numbers, steps = ask(MODEL, {"sequences": [[1, 2]]}, {"sequences": ["1+2"]}, steps=8)
    assert "sequences[0]: expected str" in numbers.json()["error"]["message"]
    assert (steps.status_code, steps.json()["error"]["message"]) == (
        400,
        "steps: expected at most 8, but sequences[0] lacks 9: say fewer",
    )
    (many,) = ask(MODEL, {"sequences": ["1+2", "3+4=+"], "top": 2}, outcomes=33)
    assert "expected at most 33 outcomes, got 2 x 8 x 2 = 34" in many.json()["error"]["message"]


def test_other_texts_are_continued_by_so_many_symbols():
    config = ModelConfig(d_model=8, layers=1, heads=2, embedding="learned", value_periods=(), context=6)
    model = Transformer(config, SymbolVocabulary(symbols="ab]^\\"), seed=2).eval()
    one, more, wrong = ask(
        model, *({"sequences": [text], "steps": steps} for text, steps in (("a", None), ("]^\\", 9), ("c", 1)))
    )
    assert len(one.json()["continuations"][0]["completed"]) == 2
    assert len(more.json()["continuations"][0]["completed"]) == 12
    assert one.json()["continuations"][0]["value"] is None
    assert "sequences[0]: character 'c' at place 0 is none of" in wrong.json()["error"]["message"]


def test_info_says_what_the_model_reads():
    (answer,) = ask(MODEL, None, path="/v1/info")
    info = answer.json()
    assert (info["low"], info["high"]) == (None, None)
    assert info["vocabulary"] == {"kind": "symbols", "symbols": "0123456789+-=*\\"}
    assert info["question"] == {"digits": 7, "example": "0000012+0000345="}
    assert info["attention"] == 25
    assert ask(MODEL, {"sequences": [info["question"]["example"]]})[0].status_code == 200


@settings(max_examples=15)  # each has many requests
@given(
    st.lists(
        st.text("0123456789+-= *", max_size=16)
        | st.from_regex(r"\A *[0-9]{1,3} *[+-] *[0-9]{1,9} *(= *[+-]?[0-9]{0,9} *)?\Z"),
        min_size=1,
        max_size=20,
    )
)
def test_the_service_takes_what_the_schema_allows_and_nothing_else(texts):
    described, *answers = ask_all(texts)
    validate(described)
    components = {"components": described["components"]}
    request, response, error = (
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", **components})
        for name in ("PredictRequest", "PredictResponse", "ErrorResponse")
    )
    for text, answer in zip(texts, answers, strict=True):
        taken = request.is_valid({"sequences": [text]})
        assert answer.status_code == (200 if taken else 400), text
        (response if taken else error).validate(answer.json())


def ask_all(texts):
    content = content_of(MODEL, {})

    async def asking():
        async with client_of(CompiledEngine(content), checkpoint=content) as client:
            answers = [await client.post("/v1/predict", json={"sequences": [text]}) for text in texts]
            return [(await client.get("/openapi.json")).json(), *answers]

    return asyncio.run(asking())
