"""What is to hold still does, to the last bit, and nothing else does."""

import json

import pytest
import torch
from torch.nn.functional import cross_entropy

from seqmodel import (
    IntegerVocabulary,
    ModelConfig,
    Placement,
    Transformer,
    frozen_masks,
    grow,
    hold,
    inserted_feed_forward,
    inserted_heads,
    load_checkpoint,
    quantamaths,
    save_checkpoint,
)

SMALL = ModelConfig(
    context=6, d_model=8, layers=2, heads=2, d_head=4, d_ff=16, value_periods=(2, 3), zero_output_projections=False
)
LARGE = ModelConfig(
    context=8, d_model=8, layers=3, heads=3, d_head=4, d_ff=20, value_periods=(2, 3), zero_output_projections=False
)
PLACEMENT = Placement(small=SMALL, large=LARGE, layers=(0, 2))
TOKENS = torch.tensor([[1, 2, 3, 4, 5, 6, 7, 8], [9, 8, 7, 6, 5, 4, 3, 2]])


def make_grown(seed=0):
    return grow(Transformer(SMALL, IntegerVocabulary(high=9), seed=seed), LARGE, layers=(0, 2))


def train(model, optimiser, steps=3):
    for _ in range(steps):
        optimiser.zero_grad()
        logits_BTV = model(TOKENS[:, :-1])
        cross_entropy(logits_BTV.flatten(0, 1), TOKENS[:, 1:].flatten()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimiser.step()


def test_masks_are_where_the_weights_were_copied_to():
    small = Transformer(SMALL, IntegerVocabulary(high=9))
    with torch.no_grad():
        for weight in small.parameters():
            weight.fill_(7.0)  # which no first weight is
    grown = grow(small, LARGE, layers=(0, 2))
    weights = dict(grown.model.named_parameters())
    heads, feed_forward = grown.inserted_heads, grown.inserted_feed_forward
    for name, mask in (heads | feed_forward).items():
        assert torch.equal(mask, weights[name] == 7), name
    kinds = {f"{kind}.{part}" for kind in ("hidden", "output") for part in ("weight", "bias")}
    assert set(heads) == {
        f"blocks.{layer}.attention.{name}" for layer in (0, 2) for name in ("qkv.weight", "qkv.bias", "output.weight")
    }
    assert set(feed_forward) == {f"blocks.{layer}.feed_forward.{kind}" for layer in (0, 2) for kind in kinds}


def test_masks_count_what_a_published_model_inserts():
    placement = Placement(small=quantamaths("add_d6_l2_h3"), large=quantamaths("mix_d11_l3_h4"))
    head = 3 * (510 * 170 + 170) + 170 * 510
    hidden = 510 * 2040 + 2040 + 2040 * 510 + 510
    assert sum(mask.sum().item() for mask in inserted_heads(placement).values()) == 2 * 3 * head
    assert sum(mask.sum().item() for mask in inserted_feed_forward(placement).values()) == 2 * hidden


def test_each_way_freezes_what_its_name_says():
    assert frozen_masks(PLACEMENT, "ins1") == {}
    assert frozen_masks(PLACEMENT, "ins2").keys() == inserted_heads(PLACEMENT).keys()
    assert frozen_masks(PLACEMENT, "ins3").keys() == (
        inserted_heads(PLACEMENT).keys() | inserted_feed_forward(PLACEMENT).keys()
    )
    with pytest.raises(ValueError, match="insertion must be one of ins1, ins2, ins3, got 'ins4'"):
        frozen_masks(PLACEMENT, "ins4")


OPTIMISERS = {
    "fused AdamW": lambda weights: torch.optim.AdamW(weights, lr=0.01, weight_decay=0.5, fused=True),
    "AdamW": lambda weights: torch.optim.AdamW(weights, lr=0.01, weight_decay=0.5, amsgrad=True, foreach=False),
    "SGD": lambda weights: torch.optim.SGD(weights, lr=0.01, momentum=0.9, weight_decay=0.5),
}


@pytest.mark.parametrize("insertion", ["ins1", "ins2", "ins3"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_frozen_weights_keep_every_bit_and_all_others_move(name, insertion):
    model = make_grown().model
    optimiser = OPTIMISERS[name](model.parameters())
    masks = frozen_masks(PLACEMENT, insertion)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    with hold(model, masks, optimiser):
        train(model, optimiser)
    for name, weight in model.named_parameters():
        mask = masks.get(name, torch.zeros(weight.shape, dtype=torch.bool))
        assert torch.equal(weight[mask], before[name][mask]), name
        if "positions" in name:
            continue  # the last one is in no row
        assert (weight[~mask] != before[name][~mask]).any() or mask.all(), name
        moments = [moment for moment in optimiser.state[weight].values() if moment.shape == weight.shape]
        assert moments
        for moment in moments:
            assert (moment[mask] == 0).all(), name
            assert mask.all() or (moment[~mask] != 0).any(), name


def test_what_is_remembered_from_before_does_not_move_them_and_afterwards_they_are_free():
    model = make_grown().model
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01)
    train(model, optimiser)
    masks = frozen_masks(PLACEMENT, "ins3")
    weights = dict(model.named_parameters())
    kept = {name: weights[name].detach().clone() for name in masks}
    with hold(model, masks, optimiser):
        train(model, optimiser)
        assert all(torch.equal(weights[name][mask], kept[name][mask]) for name, mask in masks.items())
    train(model, optimiser)
    assert all((weights[name][mask] != kept[name][mask]).all() for name, mask in masks.items() if "qkv" not in name)


def test_clipping_counts_no_frozen_gradient_and_others_are_left_alone():
    free, held = make_grown().model, make_grown().model
    masks = frozen_masks(PLACEMENT, "ins3")
    for model, frozen in ((free, {}), (held, masks)):
        with hold(model, frozen, torch.optim.SGD(model.parameters())):
            model(TOKENS).logsumexp(-1).sum().backward()
    weights = dict(held.named_parameters())
    for name, weight in free.named_parameters():
        mask = masks.get(name, torch.zeros(weight.shape, dtype=torch.bool))
        assert torch.equal(weights[name].grad, weight.grad.masked_fill(mask, 0.0)), name


def test_a_frozen_gradient_that_is_not_finite_does_no_harm():
    model = make_grown().model
    masks = {"final_norm.weight": torch.ones(8, dtype=torch.bool)}
    optimiser = torch.optim.AdamW(model.parameters())
    before = model.final_norm.weight.detach().clone()
    with hold(model, masks, optimiser):
        (model.final_norm.weight * torch.nan).sum().backward()
        optimiser.step()
    assert torch.equal(model.final_norm.weight, before)


@pytest.mark.parametrize("name", ["blocks.3.attention.qkv.bias", "blocks.0.attention.qkv.weight"])
def test_a_mask_of_no_weight_is_refused(name):
    model = make_grown().model
    with (
        pytest.raises(ValueError, match=f"no weight is named '{name}' and has the shape \\(36,\\) of its mask"),
        hold(model, {name: torch.ones(36, dtype=torch.bool)}, torch.optim.SGD(model.parameters())),
    ):
        pass


def test_a_checkpoint_says_what_is_frozen(tmp_path):
    grown = make_grown()
    save_checkpoint(tmp_path / "grown.safetensors", grown.model, {"grown": grown.provenance()})
    loaded = load_checkpoint(tmp_path / "grown.safetensors")
    placement = Placement.from_dict(loaded.provenance["grown"]["placement"])
    assert placement == grown.placement == PLACEMENT
    assert placement.large == loaded.config
    expected = frozen_masks(PLACEMENT, "ins3")
    found = frozen_masks(placement, "ins3")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], mask) for name, mask in expected.items())
    assert json.loads(json.dumps(grown.provenance())) == grown.provenance()


@pytest.mark.parametrize("values", [{}, {"small": {}, "large": {}}, PLACEMENT.to_dict() | {"heads": 2}], ids=len)
def test_a_description_with_other_fields_is_refused(values):
    with pytest.raises(ValueError, match="a placement has the fields large, layers, small, got"):
        Placement.from_dict(values)


def test_a_description_of_an_impossible_placement_is_refused():
    with pytest.raises(ValueError, match="layers must be 2"):
        Placement.from_dict(PLACEMENT.to_dict() | {"layers": [2, 5]})
    with pytest.raises(TypeError, match="layers must be integers, got '0'"):
        Placement.from_dict(PLACEMENT.to_dict() | {"layers": ["0", "1"]})
