import pytest
import torch
from model_strategies import shaken

from seqmodel import IntegerVocabulary, ModelConfig, Transformer

TOKENS = torch.tensor([[1, 2, 3, 4], [9, 8, 7, 6]])


def make_model(**changes):
    options = {"context": 6, "d_model": 8, "layers": 1, "heads": 2, "value_periods": ()} | changes
    return shaken(Transformer(ModelConfig(**options), IntegerVocabulary(high=9)))


def test_dropout_acts_in_training_alone():
    plain, dropping = make_model(), make_model(dropout=0.5)
    assert not torch.equal(dropping.train()(TOKENS), dropping(TOKENS))
    assert torch.equal(dropping.eval()(TOKENS), plain(TOKENS))


def keep_everywhere(model):
    model.rate = 0.0
    for block in model.blocks:
        block.rate = 0.0
        block.attention.rate = 0.0


def zero(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.zero_()


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("place", ["embedding", "attention pattern", "attention branch", "feed-forward branch"])
def test_dropout_acts_at_each_named_place_by_itself(place, steps, exact):
    model = make_model(dropout=0.5).train()
    model.exact = exact
    keep_everywhere(model)
    (block,) = model.blocks
    tokens = TOKENS[:, :steps]
    assert torch.equal(model(tokens), model(tokens))
    if place == "embedding":
        model.rate = 0.5
    elif place == "attention pattern":
        block.attention.rate = 0.5
    else:
        # One rate serves both branches; the other one adds nothing.
        zero(block.feed_forward.output if place == "attention branch" else block.attention.output)
        block.rate = 0.5
    first = model(tokens)
    assert not all(torch.equal(model(tokens), first) for _ in range(9))


def test_the_share_that_is_dropped_is_the_configurations():
    model = make_model(dropout=0.25, d_model=512, norm="none")
    seen = []
    model.train()(TOKENS, observer=lambda name, x, _: seen.append(x) if name == "embedding" else None)
    assert (seen[0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    kept = model.eval()
    kept(TOKENS, observer=lambda name, x, _: seen.append(x) if name == "embedding" else None)
    where = seen[0] != 0
    torch.testing.assert_close(seen[0][where], seen[1][where] / 0.75)
