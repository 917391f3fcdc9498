"""A hook that cannot act as it was asked to is refused, with what would be right."""

import pytest
import torch

from seqmodel import (
    Hooks,
    IntegerVocabulary,
    ModelConfig,
    Observed,
    SymbolVocabulary,
    Transformer,
    decode,
    mean_activation,
    place_names,
)

SMALL = ModelConfig(context=6, d_model=8, layers=2, heads=2, d_head=4, value_periods=(), zero_output_projections=False)
ROTARY = ModelConfig.from_dict(SMALL.to_dict() | {"positions": "rotary"})
TOKENS = torch.tensor([[1, 2, 3, 4], [9, 8, 7, 6]])


def make_model(config=SMALL):
    return Transformer(config, IntegerVocabulary(high=9, end=False)).eval()


@pytest.mark.parametrize(
    ("place", "chosen", "error", "message"),
    [
        ("blocks.1.head", {}, ValueError, "no place 'blocks.1.head': the nearest is 'blocks.1.heads'"),
        ("blocks.2.heads", {}, ValueError, "the nearest is 'blocks.1.heads'"),
        ("embeding", {}, ValueError, "the nearest is 'embedding'"),
        ("", {}, ValueError, "there is no place ''"),
        ("blocks.0.heads", {"heads": 2}, ValueError, r"head 2 does not exist: it must be in 0\.\.1"),
        ("blocks.0.heads", {"heads": [0, -1]}, ValueError, r"head -1 does not exist"),
        ("blocks.0.pattern", {"heads": 1.0}, TypeError, r"a head must be an integer, got 1\.0"),
        ("blocks.0.hidden", {"heads": 1}, ValueError, "blocks.0.hidden has no heads"),
        ("blocks.0.heads", {"positions": 6}, ValueError, r"position 6 does not exist: it must be in 0\.\.5"),
        ("blocks.0.heads", {"positions": [True]}, TypeError, "a position must be an integer, got True"),
        ("blocks.0.heads", {"positions": []}, ValueError, r"positions must be at least one, all different: got \[\]"),
        ("blocks.0.heads", {"positions": [3, 3]}, ValueError, r"got \[3, 3\]"),
    ],
    ids=str,
)
def test_an_unknown_place_head_or_position_is_refused(place, chosen, error, message):
    hooks = Hooks(SMALL)
    for act in (lambda: hooks.read(place, **chosen), lambda: hooks.replace(place, 0.0, **chosen)):
        with pytest.raises(error, match=message):
            act()
    hooks.read("embedding")  # nothing of the refused ones is left
    Observed(make_model(), hooks)(TOKENS)
    assert hooks["embedding"].shape == (2, 4, 8)


def test_rotary_positions_have_no_end():
    Hooks(ROTARY).read("embedding", positions=10**6)
    with pytest.raises(ValueError, match="position -1 does not exist: it must be at least 0"):
        Hooks(ROTARY).read("embedding", positions=-1)


@pytest.mark.parametrize(
    ("place", "shape"),
    [
        ("embedding", (7,)),
        ("embedding", (1, 1, 1, 8)),
        ("blocks.0.heads", (3, 4)),
        ("blocks.0.pattern", (3, 1, 4)),
        ("blocks.0.hidden", (0, 32)),
    ],
    ids=str,
)
def test_a_value_that_cannot_stand_at_its_place_is_refused(place, shape):
    with pytest.raises(ValueError, match=f"{place} is \\(B, .*\\): a value of shape .* cannot stand there"):
        Hooks(SMALL).replace(place, torch.zeros(shape))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.zeros(3, 1, 8), "embedding: the value has 3 rows, the pass is one of 2"),
        (torch.zeros(1, 3, 8), r"embedding: the value has positions 0\.\.2, this pass asks for 3"),
        (lambda x, _: x[:, :1, :3], r"embedding: the function returned shape \(2, 1, 3\) for .* of \(2, 4, 8\)"),
        (lambda x, _: x[None], r"the function returned shape \(1, 2, 4, 8\)"),
    ],
    ids=["rows", "positions", "function", "axes"],
)
def test_a_value_that_lacks_what_a_pass_has_is_refused(value, message):
    hooks = Hooks(SMALL)
    hooks.replace("embedding", value, positions=[2, 3])
    with pytest.raises(ValueError, match=message):
        Observed(make_model(), hooks)(TOKENS)
    assert Observed(make_model(), hooks)(TOKENS[:, :2]).shape == (2, 2, 10)  # not asked for


def test_rows_of_a_value_are_slots_and_all_of_them_are_needed():
    model, hooks = make_model(), Hooks(SMALL)
    hooks.replace("embedding", torch.zeros(2, 1, 8))
    with pytest.raises(ValueError, match="the value has 2 rows, the pass is one of 3"):
        Observed(model, hooks)(TOKENS, cache=model.new_cache(3), slots=torch.tensor([0, 2]))


def test_a_reading_that_is_not_there_is_refused():
    model, hooks = make_model(), Hooks(SMALL)
    hooks.read("embedding", positions=[1, 5], name="ends")
    with pytest.raises(ValueError, match="'ends' is being read already"):
        hooks.read("blocks.0.heads", name="ends")
    with pytest.raises(KeyError, match="nothing is read as 'embedding': known are ends"):
        hooks["embedding"]
    with pytest.raises(ValueError, match="'ends': no pass has held any of its positions yet"):
        hooks["ends"]
    Observed(model, hooks)(TOKENS)
    with pytest.raises(ValueError, match="'ends': no pass has held position 5"):
        hooks["ends"]
    with pytest.raises(KeyError, match="known are none"):
        Hooks(SMALL).passes("embedding")


def test_passes_of_rows_that_may_be_others_are_not_joined():
    model, hooks = make_model(), Hooks(SMALL)
    hooks.read("embedding")
    prompts = [[1, 2, 3, 4, 5, 6], [1]]  # the first window is full after one step: its row is read alone
    decode(Observed(model, hooks), prompts, 3)
    with pytest.raises(ValueError, match="'embedding' was read in passes of 1 and 2 rows"):
        hooks["embedding"]
    assert [len(passage.activation) for passage in hooks.passes("embedding")] == [2, 1, 1, 1, 1]
    hooks.forget()
    assert hooks.passes("embedding") == ()


def test_hooks_of_another_architecture_are_refused():
    with pytest.raises(ValueError, match="hooks are for ModelConfig"):
        Observed(make_model(), Hooks(ROTARY))


def test_a_plain_observer_refuses_a_pattern_whose_keys_may_have_moved_and_observed_knows_them():
    model = make_model(ROTARY)
    told, untold = Hooks(ROTARY), Hooks(ROTARY)
    for hooks in (told, untold):
        hooks.read("blocks.0.pattern")
    cache, other = model.new_cache(1), model.new_cache(1)
    for token in range(12):
        model(torch.tensor([[token % 10]]), cache=cache, observer=untold)
        Observed(model, told)(torch.tensor([[token % 10]]), cache=other)
    with pytest.raises(ValueError, match=r"call Observed\(model, hooks\)"):
        model(torch.tensor([[0]]), cache=cache, observer=untold)
    Observed(model, told)(torch.tensor([[0]]), cache=other)
    assert torch.equal(told["blocks.0.pattern"][..., :12, :12], untold["blocks.0.pattern"])
    assert told["blocks.0.pattern"][0, 0, 12].nonzero().flatten().tolist() == [7, 8, 9, 10, 11, 12]


def test_a_mean_needs_rows_and_a_model_that_drops_nothing():
    model = make_model()
    with pytest.raises(ValueError, match=r"at least one row, got shape \(0, 4\)"):
        mean_activation(model, TOKENS[:0], "embedding")
    with pytest.raises(ValueError, match="training mode"):
        mean_activation(model.train(), TOKENS, "embedding")


def test_places_of_a_model_of_symbols_are_those_of_any():
    config = ModelConfig(layers=1, value_periods=())
    model = Transformer(config, SymbolVocabulary(symbols="ab")).eval()
    hooks = Hooks(config)
    for place in place_names(config):
        hooks.read(place)
    Observed(model, hooks)(torch.tensor([[0, 1]]))
    assert all(hooks[place].shape[0] == 1 for place in place_names(config))
