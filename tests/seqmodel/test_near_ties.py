"""Where no bits are promised, decoded tokens part only where two answers are all but equally good."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models, prompts_of, shaken

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, decode, preset

NEAR_TIE = 1e-4


def near_ties(model, prompts, found, expected):
    """Count the rows whose tokens part, each of which must part at a near-tie."""
    count = 0
    for prompt, one, other in zip(prompts, found, expected, strict=True):
        if (one.tokens, one.ended) == (other.tokens, other.ended):
            # Only what was chosen between equals may part, never a token's probability.
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4)
            continue
        pairs = zip((*one.tokens, "end"), (*other.tokens, "end"), strict=False)
        first = next(place for place, (token, another) in enumerate(pairs) if token != another)
        assert margin(model, [*prompt, *other.tokens[:first]]) <= NEAR_TIE
        count += 1
    return count


def margin(model, tokens):
    """How much better the best next token is than the second: in logits, or in outputs between two integers."""
    window = tokens if model.config.slides else tokens[-model.config.context :]
    with torch.inference_mode():
        outputs = model(torch.tensor([window]))[0, -1]
    if model.config.head == "classes":
        best, second = outputs.topk(min(2, len(outputs))).values[[0, -1]].tolist()
        return best - second
    largest = max(abs(model.vocabulary.low), abs(model.vocabulary.high))
    return abs(float(outputs[0]) * largest % 1 - 0.5) / largest


@settings(max_examples=100)
@given(st.data())
def test_in_any_engine_strategies_and_companies_part_at_near_ties_alone(data):
    model = data.draw(models())
    prompts = data.draw(prompts_of(model))
    exact = decode(model, prompts, 12, strategy="naive")
    model.exact = data.draw(st.booleans(), label="exact")
    ways = [decode(model, prompts, 12), decode(model, prompts, 12, strategy="parallel")]
    ways.append([decode(model, [prompt], 12)[0] for prompt in prompts])
    for found in ways:
        near_ties(model, prompts, found, exact)


@pytest.mark.parametrize(
    "changes",
    [{}, {"positions": "rotary"}, {"activation": "silu", "d_head": 33, "d_ff": 50}, {"attention": "full"}],
    ids=str,
)
def test_near_ties_are_rare_in_the_plain_engine(changes):
    model = shaken(Transformer(preset("default", layers=2, **changes), IntegerVocabulary(), seed=1))
    draw = torch.Generator().manual_seed(2)
    prompts = [torch.randint(0, 256, (length,), generator=draw).tolist() for length in [*range(1, 13)] * 5]
    exact = decode(model, prompts, 12, strategy="naive")
    model.exact = False
    strategies = ["naive", "parallel"] if model.config.attention == "full" else ["cached", "naive", "parallel"]
    for strategy in strategies:
        assert near_ties(model, prompts, decode(model, prompts, 12, strategy=strategy), exact) <= 1


def test_a_near_tie_may_be_decided_either_way_and_is_found():
    config = ModelConfig(d_model=4, heads=1, layers=1, context=4, value_periods=())
    model = shaken(Transformer(config, IntegerVocabulary(high=9, end=False), seed=1))
    with torch.no_grad():
        model.output.weight.zero_()
        model.output.bias.copy_(torch.tensor([0.0, 1, 1, 0, 0, 0, 0, 0, 0, 0]))
        one = decode(model, [[3]], 2)
        model.output.bias[2] += NEAR_TIE / 2
        other = decode(model, [[3]], 2)
        assert (one[0].tokens, other[0].tokens) == ((1, 1), (2, 2))
        assert near_ties(model, [[3]], one, other) == 1
        model.output.bias[2] += NEAR_TIE
        with pytest.raises(AssertionError):
            near_ties(model, [[3]], one, decode(model, [[3]], 2))
