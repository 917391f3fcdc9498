"""What hooks show and change is what the weights say."""

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from seqmodel import Hooks, IntegerVocabulary, ModelConfig, Observed, Transformer, decode, mean_activation, place_names
from seqmodel.window import Window

SMALL = ModelConfig(
    context=6, d_model=8, layers=2, heads=2, d_head=4, value_periods=(2, 3), zero_output_projections=False
)
TOKENS = torch.tensor([[1, 2, 3, 4, 5], [9, 8, 7, 6, 0], [0, 0, 3, 0, 0]])


def make_model(*, exact=True, **changes):
    config = ModelConfig.from_dict(SMALL.to_dict() | changes)
    model = Transformer(config, IntegerVocabulary(high=9), seed=3).eval()
    model.exact = exact
    return model


def read(model, place, tokens_BT=TOKENS, **chosen):
    """Return what one pass has at a place."""
    hooks = Hooks(model.config)
    hooks.read(place, **chosen)
    Observed(model, hooks)(tokens_BT)
    return hooks[place]


def replaced(model, place, value, tokens_BT=TOKENS, **chosen):
    """Return the logits with something else at a place."""
    hooks = Hooks(model.config)
    hooks.replace(place, value, **chosen)
    return Observed(model, hooks)(tokens_BT)


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("positions", ["learned", "rotary"])
@pytest.mark.parametrize("attention", ["causal", "full"])
def test_every_pass_has_the_places_that_are_listed_in_their_order_and_shape(exact, positions, attention):
    if (positions, attention) == ("rotary", "full"):
        return
    model, seen = make_model(exact=exact, positions=positions, attention=attention), {}
    model(TOKENS, observer=lambda name, activation, _: seen.update({name: activation.shape}))
    assert list(seen) == list(place_names(model.config))
    for name, shape in place_names(model.config).items():
        sizes = {"B": 3, "T": 5, "S": seen[name][-1]}
        assert tuple(seen[name]) == tuple(sizes.get(axis, axis) for axis in shape)


@pytest.mark.parametrize("exact", [True, False])
def test_what_is_read_adds_up_to_the_residual_stream(exact):
    model = make_model(exact=exact)
    for layer, block in enumerate(model.blocks):
        before = read(model, "embedding" if layer == 0 else f"blocks.{layer - 1}.residual")
        heads_BTHD = read(model, f"blocks.{layer}.heads")
        middle_BTC = read(model, f"blocks.{layer}.middle")
        close(middle_BTC, before + block.attention.output(heads_BTHD.flatten(2)))
        hidden_BTF = read(model, f"blocks.{layer}.hidden")
        close(hidden_BTF, torch.nn.functional.gelu(block.feed_forward.hidden(block.feed_forward_norm(middle_BTC))))
        close(read(model, f"blocks.{layer}.residual"), middle_BTC + block.feed_forward.output(hidden_BTF))
        values_BTHD = block.attention.qkv(block.attention_norm(before))[..., 16:].unflatten(-1, (2, 4))
        pattern_BHTS = read(model, f"blocks.{layer}.pattern")
        assert pattern_BHTS.shape == (3, 2, 5, 5)
        assert torch.equal(pattern_BHTS, pattern_BHTS.tril())
        close(pattern_BHTS.sum(-1), torch.ones(3, 2, 5))
        close(heads_BTHD, torch.einsum("bhts,bshd->bthd", pattern_BHTS, values_BTHD))
    close(model.output(model.final_norm(read(model, "blocks.1.residual"))), model(TOKENS))


def test_chosen_positions_and_heads_are_read_in_the_order_they_were_chosen_in():
    model = make_model()
    whole_BTHD, whole_BHTS = read(model, "blocks.1.heads"), read(model, "blocks.1.pattern")
    assert torch.equal(read(model, "blocks.1.heads", positions=[4, 1], heads=[1, 0]), whole_BTHD[:, [4, 1]].flip(2))
    assert torch.equal(read(model, "blocks.1.pattern", positions=2, heads=1), whole_BHTS[:, 1:, 2:3, :3])


@pytest.mark.parametrize("exact", [True, False])
def test_a_head_replaced_by_zero_is_a_head_without_output_weights(exact):
    model, without = make_model(exact=exact), make_model(exact=exact)
    with torch.no_grad():
        without.blocks[1].attention.output.weight[:, 4:] = 0
    close(replaced(model, "blocks.1.heads", 0, heads=1), without(TOKENS))
    assert not torch.allclose(without(TOKENS), model(TOKENS), rtol=1e-2)


def test_a_hidden_layer_replaced_by_its_mean_is_a_constant_in_the_bias():
    model, constant = make_model(), make_model()
    set_NT = torch.randint(0, 10, (600, 5), generator=torch.Generator().manual_seed(1))
    mean_1TF = mean_activation(model, set_NT, "blocks.0.hidden")
    close(mean_1TF, read(model, "blocks.0.hidden", set_NT).mean(dim=0, keepdim=True))
    output = constant.blocks[0].feed_forward.output
    with torch.no_grad():
        output.bias += output.weight @ mean_1TF[0, 3]
        output.weight.zero_()
    close(replaced(model, "blocks.0.hidden", mean_1TF[:, 3:4])[:, 3], constant(TOKENS)[:, 3])


@pytest.mark.parametrize("place", list(place_names(SMALL)))
def test_an_activation_replaced_by_itself_changes_no_bit(place):
    model = make_model()
    assert torch.equal(replaced(model, place, read(model, place)), model(TOKENS))
    assert torch.equal(replaced(model, place, lambda x, _: x.clone()), model(TOKENS))


@given(st.data())
def test_a_replacement_acts_on_its_row_from_its_position_on_and_nowhere_else(data):
    model = make_model(positions=data.draw(st.sampled_from(["learned", "rotary"])))
    place = data.draw(st.sampled_from(list(place_names(model.config))))
    position, row = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 2))
    value = read(model, place)
    value[row] = 0.0
    if place.endswith("pattern"):
        value[row, ..., 0] = 1.0  # unlike any softmax, and a key that every later query sees
    plain_BTV, logits_BTV = model(TOKENS), replaced(model, place, value, positions=position)
    others = [other for other in range(3) if other != row]
    assert torch.equal(logits_BTV[others], plain_BTV[others])
    assert torch.equal(logits_BTV[row, :position], plain_BTV[row, :position])
    assert not torch.equal(logits_BTV[row, position], plain_BTV[row, position])


def test_a_residual_patched_whole_makes_one_sequence_predict_what_the_other_does():
    model = make_model()
    patch_BTC = read(model, "blocks.1.residual", TOKENS[:1])
    logits_BTV = replaced(model, "blocks.1.residual", patch_BTC, TOKENS[1:2], positions=[2, 4])
    assert torch.equal(logits_BTV[:, [2, 4]], model(TOKENS[:1])[:, [2, 4]])
    assert torch.equal(logits_BTV[:, [0, 1, 3]], model(TOKENS[1:2])[:, [0, 1, 3]])


def test_weight_put_on_keys_that_are_not_seen_is_dropped():
    model = make_model()
    uniform_BHTS = torch.full((1, 1, 5, 5), 0.2)
    seen_BHTS = uniform_BHTS.tril()
    assert torch.equal(
        replaced(model, "blocks.0.pattern", uniform_BHTS), replaced(model, "blocks.0.pattern", seen_BHTS)
    )


def test_hooks_at_one_place_act_in_the_order_they_were_asked_for():
    model, hooks = make_model(), Hooks(SMALL)
    hooks.read("embedding", name="first")
    hooks.replace("embedding", lambda x, _: x + 1, positions=[0, 1])
    hooks.read("embedding", name="second")
    hooks.replace("embedding", lambda x, _: x * 2, positions=[1, 2])
    hooks.read("embedding", name="third")
    Observed(model, hooks)(TOKENS)
    first, second, third = hooks["first"], hooks["second"], hooks["third"]
    assert torch.equal(second[:, :2], first[:, :2] + 1)
    assert torch.equal(second[:, 2:], first[:, 2:])
    assert torch.equal(third[:, 1:3], second[:, 1:3] * 2)
    assert torch.equal(third[:, [0, 3, 4]], second[:, [0, 3, 4]])


def test_a_function_is_told_positions_in_a_cached_pass_and_which_tokens_are_padding():
    model, told = make_model(), []
    hooks = Hooks(SMALL)
    hooks.replace("embedding", lambda x, positions_BT: told.append(positions_BT.tolist()) or x)
    cache = model.new_cache(3)
    observed = Observed(model, hooks)
    observed(TOKENS[:, :3], cache=cache, lengths=torch.tensor([3, 1, 2]))
    observed(TOKENS[:2, 3:4], cache=cache, slots=torch.tensor([2, 0]))
    assert told == [[[0, 1, 2], [0, -1, -1], [0, 1, -1]], [[2], [3]]]


@pytest.mark.parametrize("exact", [True, False])
def test_the_plain_engine_has_the_same_hooks_within_rounding(exact):
    model = make_model(exact=exact)
    hooks = Hooks(SMALL)
    hooks.replace("blocks.0.pattern", lambda x, _: x.flip(1), positions=[1, 3])
    hooks.replace("blocks.1.heads", 0.5, heads=1, positions=4)
    hooks.read("blocks.1.residual")
    with torch.inference_mode():
        expected = Observed(make_model(exact=True), hooks)(TOKENS)
        residual_BTC = hooks["blocks.1.residual"]
        hooks.forget()
        cache = model.new_cache(3)
        stepwise = [Observed(model, hooks)(TOKENS[:, t : t + 1], cache=cache) for t in range(5)]
    close(torch.cat(stepwise, dim=1), expected)
    close(hooks["blocks.1.residual"], residual_BTC)
    assert len(hooks.passes("blocks.1.residual")) == 5


def test_gradients_flow_through_what_is_put_in_place_and_past_it():
    model = make_model().double()

    def logits(middle_C, head_D):
        hooks = Hooks(SMALL)
        hooks.replace("blocks.0.middle", middle_C, positions=2)
        hooks.replace("blocks.1.heads", head_D, heads=0, positions=[3, 4])
        hooks.replace("blocks.1.pattern", lambda x, _: x**2, positions=3)
        return Observed(model, hooks)(TOKENS)

    values = [torch.linspace(-1, 1, size, dtype=torch.float64, requires_grad=True) for size in (8, 4)]
    assert torch.autograd.gradcheck(logits, values)


def test_a_model_is_trained_under_hooks_and_what_is_read_has_a_gradient():
    model, hooks = make_model(dropout=0.1).train(), Hooks(ModelConfig.from_dict(SMALL.to_dict() | {"dropout": 0.1}))
    hooks.replace("blocks.0.heads", 0.0, heads=0)
    hooks.read("blocks.0.pattern")
    Observed(model, hooks)(TOKENS).logsumexp(-1).sum().backward(retain_graph=True)
    gradients = model.blocks[0].attention.output.weight.grad
    assert (gradients[:, :4] == 0).all()
    assert (gradients[:, 4:] != 0).all()
    (passage,) = hooks.passes("blocks.0.pattern")
    logits_BTV = Observed(model, hooks)(TOKENS)
    (gradient_BHTS,) = torch.autograd.grad(
        logits_BTV.logsumexp(-1).sum(), hooks.passes("blocks.0.pattern")[1].activation
    )
    assert gradient_BHTS[:, 1].abs().sum() > 0
    assert passage.activation.requires_grad


class Operations(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.counted = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.counted[str(function)] += 1
        return function(*args, **(kwargs or {}))


def operations(model, tokens_BT, **options):
    """Return how often each operator of torch runs in a prefill and a step behind it."""
    cache = model.new_cache(len(tokens_BT))
    with torch.inference_mode(), Operations() as mode:
        model(tokens_BT, **options)
        model(tokens_BT, cache=cache, **options)
        model(tokens_BT[:, :1], cache=cache, **options)
    return mode.counted


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_hooks_cost_nothing_where_there_are_none(exact, positions, monkeypatch):
    model = make_model(exact=exact, positions=positions)
    looked = operations(model, TOKENS, observer=lambda *_: None)
    unused = operations(Observed(model, Hooks(model.config)), TOKENS)
    assert unused == operations(model, TOKENS)
    assert unused.total() < looked.total()
    # Nobody counts positions but two cached passes that turn by them.
    assert unused["aten.arange.start"] + unused["aten.arange.default"] == (2 if positions == "rotary" else 0)
    for name in ("show", "show_rows"):
        monkeypatch.delattr(Window, name)  # using them raises
    assert operations(model, TOKENS) == unused


def test_the_fused_kernel_is_left_only_where_something_looks():
    model = make_model(exact=False)
    fused = "aten.scaled_dot_product_attention.default"
    assert operations(Observed(model, Hooks(SMALL)), TOKENS)[fused] == 2
    assert operations(model, TOKENS, observer=lambda *_: None)[fused] == 0


def test_an_observed_model_is_a_model():
    model = make_model()
    observed = Observed(model, Hooks(SMALL))
    assert decode(observed, [[1, 2], [3]], 4) == decode(model, [[1, 2], [3]], 4)
    observed.training = True
    assert model.training
    with pytest.raises(ValueError, match="training mode"):
        decode(observed, [[1]], 1)
