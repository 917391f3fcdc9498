"""Sampling, beam search, the top outcomes and streaming: each against its definition, whatever the engine and batch."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqmodel.checkpoint import content_of
from seqserve import Continuation, Predictor, Sampling
from seqserve.compiled_engine import CompiledEngine
from seqserve.slotted_engine import numbered
from seqserve.torch_engine import TorchEngine


def tiny(seed, *, end=True, **options):
    """Return a model of three terms that is undecided enough to end now and then."""
    config = ModelConfig(context=4, d_model=8, layers=1, heads=2, zero_output_projections=False, **options)
    return Transformer(config, IntegerVocabulary(low=7, high=9, end=end), seed=seed).eval()


def engines(model):
    return [CompiledEngine(content_of(model, {})), TorchEngine(model)]


MODELS = [
    tiny(seed, end=end, positions=kind) for seed, end in ((0, True), (1, False)) for kind in ("learned", "rotary")
]
terms = st.lists(st.integers(7, 9), min_size=1, max_size=7)


def log_probabilities(model, sequence):
    window = sequence if model.config.slides else sequence[-model.config.context :]
    with torch.inference_mode():
        logits = model(torch.from_numpy(model.vocabulary.encode(window))[None])[0, -1]
    return logits.double().log_softmax(dim=-1).tolist()


def exhaustive(model, sequence, steps):
    """Return every continuation with its score, from the definition."""
    found, running = {}, {(): 0.0}
    for _ in range(steps):
        following = {}
        for before, score in running.items():
            for token, share in enumerate(log_probabilities(model, [*sequence, *before])):
                if token == model.vocabulary.end_token:
                    found[before, True] = score + share
                else:
                    following[(*before, token + 7)] = score + share
        running = following
    return found | {(tokens, False): score for tokens, score in running.items()}


@settings(max_examples=20)
@given(st.sampled_from(MODELS), terms, st.integers(1, 3))
def test_a_wide_beam_finds_all_there_is(model, sequence, steps):
    expected = exhaustive(model, sequence, steps)
    for engine in engines(model):
        (found,) = Predictor(engine).search([sequence], steps, width=len(expected))
        assert {(beam.terms, beam.ended): beam.score for beam in found} == pytest.approx(expected, abs=1e-4)
        assert [beam.score for beam in found] == sorted((beam.score for beam in found), reverse=True)


@settings(max_examples=20)
@given(st.sampled_from(MODELS), terms, st.integers(1, 6), st.integers(1, 5))
def test_a_beam_is_the_best_of_each_step(model, sequence, steps, width):
    (found,) = Predictor(CompiledEngine(content_of(model, {}))).search([sequence], steps, width=width)
    kept = {((), False): 0.0}
    for _ in range(steps):
        following = {}
        for (tokens, ended), score in kept.items():
            if ended:
                following[tokens, True] = score
                continue
            for token, share in enumerate(log_probabilities(model, [*sequence, *tokens])):
                end = token == model.vocabulary.end_token
                following[tokens if end else (*tokens, token + 7), end] = score + share
        best = sorted(following.values(), reverse=True)[: width + 1]
        if any(first - second < 1e-4 for first, second in itertools.pairwise(best)):
            return  # rounding may choose
        kept = dict(sorted(following.items(), key=lambda item: -item[1])[:width])
    assert {(beam.terms, beam.ended): beam.score for beam in found} == pytest.approx(kept, abs=1e-4)


@given(st.sampled_from(MODELS), st.lists(terms, min_size=1, max_size=5), st.integers(1, 8))
def test_greedy_decoding_is_a_beam_of_one_and_the_first_of_the_top(model, sequences, steps):
    for engine in engines(model):
        predictor = Predictor(engine, batch_size=2)
        greedy = predictor.predict(sequences, steps)
        beams = [beams[0] for beams in predictor.search(sequences, steps, width=1)]
        assert [(beam.terms, beam.ended) for beam in beams] == [(one.terms, one.ended) for one in greedy]
        for answer, known, beam in zip(predictor.predict(sequences, steps, top=2), greedy, beams, strict=True):
            assert Continuation(terms=answer.terms, probabilities=answer.probabilities, ended=answer.ended) == known
            assert tuple(best[0][1] for best in answer.top) == known.probabilities
            assert beam.score == pytest.approx(sum(map(math.log, known.probabilities)), abs=1e-4)
        streamed = list(predictor.stream(sequences[0], steps, top=2))
        assert tuple(one.probability for one in streamed) == greedy[0].probabilities
        assert [one.term for one in streamed] == [*greedy[0].terms, *([None] if greedy[0].ended else [])]


@settings(max_examples=30)
@given(st.data(), st.floats(0.1, 3), st.none() | st.integers(1, 4), st.integers(0, 2**64 - 1), st.integers(1, 6))
def test_draws_do_not_depend_on_the_batch(data, temperature, top_k, seed, batch_size):
    model = data.draw(models(attention="causal", head="classes"))
    vocabulary = numbered(model.vocabulary)
    term = st.integers(vocabulary.low, vocabulary.high)
    sequences = data.draw(st.lists(st.lists(term, min_size=1, max_size=9), min_size=1, max_size=6))
    sampling = Sampling(temperature=temperature, top_k=top_k, seed=seed)
    engine = CompiledEngine(content_of(model, {}))
    together = Predictor(engine).predict(sequences, 6, sampling=sampling)
    assert Predictor(engine, batch_size=batch_size).predict(sequences, 6, sampling=sampling) == together
    (first, *_) = together
    streamed = list(Predictor(engine).stream(sequences[0], 6, sampling=sampling))
    assert tuple(one.term for one in streamed if one.term is not None) == first.terms


def test_draws_follow_the_temperature_and_the_top():
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], dtype=np.float32))
    for temperature, top_k in ((1.0, None), (0.5, None), (2.0, 3), (1.0, 1)):
        sampling = Sampling(temperature=temperature, top_k=top_k, seed=3)
        drawn = np.bincount([sampling.choose(logits, sequence=n, step=2) for n in range(4000)], minlength=4) / 4000
        weights = np.exp(logits.astype(float) / temperature)
        if top_k is not None:
            weights[np.argsort(-weights)[top_k:]] = 0
        assert drawn == pytest.approx(weights / weights.sum(), abs=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: Sampling(temperature=0), "temperature: expected a number above 0, got 0"),
        (lambda _: Sampling(temperature=math.nan), "temperature: expected a number above 0, got nan"),
        (lambda _: Sampling(top_k=0), "top_k: expected at least 1, got 0"),
        (lambda _: Sampling(seed=-1), "seed: expected an integer in 0..2**64-1, got -1"),
        (lambda predictor: predictor.search([[7]], 1, width=0), "width: expected at least 1, got 0"),
        (lambda predictor: predictor.predict([[7]], top=-1), "top: expected at least 0, got -1"),
        (lambda predictor: predictor.stream([], 2), "sequence: expected at least one term, got an empty sequence"),
        (
            lambda predictor: predictor.predict([[7]], top=2, strategy="naive"),
            "strategy: top and sampling go step by step, expected 'cached', got 'naive'",
        ),
    ],
)
def test_impossible_options_are_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(Predictor(TorchEngine(MODELS[0])))


def test_numbers_have_no_probabilities_to_draw_or_search_by():
    predictor = Predictor(TorchEngine(tiny(0, end=False, head="regression")))
    assert predictor.predict([[7]], 3, top=2) == predictor.predict([[7]], 3)
    with pytest.raises(ValueError, match="temperature: this model predicts a number"):
        predictor.predict([[7]], sampling=Sampling())
    with pytest.raises(ValueError, match="beam search: this model predicts a number"):
        predictor.search([[7]], width=2)


def test_an_engine_without_slots_says_so():
    class Greedy:
        low, high = 0, 9

    with pytest.raises(ValueError, match="this engine decodes greedily only: it has no new_slots"):
        Predictor(Greedy()).predict([[1]], top=2)
