"""/v1/attention shows where the heads look: the model's own weights, within limits."""

import asyncio

import torch
from service_client import client_of
from symbol_models import question_model

from seqmodel import Hooks, IntegerVocabulary, ModelConfig, Observed, Transformer, save_checkpoint
from seqmodel.checkpoint import content_of
from seqserve.compiled_engine import CompiledEngine
from seqserve.service.attention import attention_weights, longest_attention
from seqserve.service.limits import Limits
from seqserve.service.settings import Settings


def model_of(**options):
    config = ModelConfig(d_model=16, layers=2, heads=2, context=6, zero_output_projections=False, **options)
    return Transformer(config, IntegerVocabulary(low=-3, high=20), seed=1).eval()


def expected(model, tokens):
    hooks = Hooks(model.config)
    for layer in range(model.config.layers):
        hooks.read(f"blocks.{layer}.pattern")
    Observed(model, hooks)(torch.tensor([tokens]))
    return [hooks[f"blocks.{layer}.pattern"][0].tolist() for layer in range(model.config.layers)]


def assert_near(found, wanted):
    torch.testing.assert_close(torch.tensor(found), torch.tensor(wanted), atol=1e-6, rtol=0)


def ask(model, folder, *sequences, **bounds):
    """Ask for the attention of sequences, and for /v1/info, of a service over a model."""
    path, content = folder / "model.safetensors", content_of(model, {})
    save_checkpoint(path, model, provenance={})

    async def asking():
        settings = Settings(model=str(path), limits=Limits(deadline=200, **bounds))  # a busy machine loads torch slowly
        async with client_of(CompiledEngine(content), settings, checkpoint=content) as client:
            answers = [await client.post("/v1/attention", json={"sequence": one}) for one in sequences]
            return [*answers, (await client.get("/v1/info")).json()]

    return asyncio.run(asking())


def test_the_weights_are_the_models_own(tmp_path):
    model = model_of(positions="rotary")
    short, long, wrong, info = ask(model, tmp_path, [1, 2, -3], list(range(20)), [21])
    assert short.json()["read"] == [1, 2, -3]
    assert_near(short.json()["weights"], expected(model, [4, 5, 0]))
    assert long.json()["read"] == list(range(14, 20))
    assert_near(long.json()["weights"], expected(model, list(range(17, 23))))
    assert (wrong.status_code, info["attention"]) == (400, 6)
    assert "sequence[0]: expected int <= 20, got 21" in wrong.json()["error"]["message"]


def test_texts_are_taken_as_the_model_reads_them_nonsense_too(tmp_path):
    model = question_model(3)
    answer, nonsense, wrong, info = ask(model, tmp_path, "012-345=-", "\\=+", "12/3")
    assert "".join(answer.json()["read"]) == "012-345=-"
    assert_near(answer.json()["weights"], expected(model, [0, 1, 2, 11, 3, 4, 5, 12, 11]))
    assert_near(nonsense.json()["weights"], expected(model, [14, 12, 10]))
    assert "sequence: character '/' at place 2 is none of" in wrong.json()["error"]["message"]
    assert info["attention"] == 13


def test_no_more_is_looked_at_than_the_limit_allows(tmp_path):
    answer, info = ask(model_of(), tmp_path, [1, 2, 3, 4, 5], attention=40)
    assert answer.json()["read"] == [3, 4, 5]
    assert info["attention"] == 3
    none, info = ask(model_of(), tmp_path, [1], attention=3)
    assert (none.status_code, none.json()["error"]["code"], info["attention"]) == (404, "no_attention", 0)
    assert longest_attention(ModelConfig(context=99), Limits(length=7)) == 7


def test_a_model_with_full_attention_is_shown_too(tmp_path):
    config = ModelConfig(d_model=16, layers=1, heads=2, context=6, attention="full", zero_output_projections=False)
    model = Transformer(config, IntegerVocabulary(), seed=1).eval()
    path = tmp_path / "full.safetensors"
    save_checkpoint(path, model, provenance={})
    weights = attention_weights(str(path), (1, 2, 3))
    assert_near(weights, expected(model, [1, 2, 3]))
    assert weights[0][0][0][2] > 0
