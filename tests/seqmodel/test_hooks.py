"""Hooks do the same in every kind of pass, and reading does nothing."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodel import Hooks, IntegerVocabulary, ModelConfig, Observed, Transformer, decode, place_names


@st.composite
def models(draw):
    """Draw a model inside the exact set."""
    positions = draw(st.sampled_from(["learned", "tuple", "rotary"]))
    config = ModelConfig(
        # With rotary positions a cached pass has 2 * context keys, an uncached one more: torch's
        # product of fewer than seven keys sums in another order.
        context=draw(st.integers(4 if positions == "rotary" else 1, 20)),
        d_model=4 * draw(st.integers(1, 4)),
        layers=draw(st.integers(1, 2)),
        heads=draw(st.integers(1, 3)),
        d_head=4 * draw(st.integers(1, 3)),
        d_ff=4 * draw(st.integers(1, 5)),
        norm=draw(st.sampled_from(["pre", "post", "rms", "none"])),
        activation=draw(st.sampled_from(["gelu", "relu"])),
        positions=positions,
        value_periods=(2, 3),
        zero_output_projections=False,
    )
    return Transformer(config, IntegerVocabulary(high=9), seed=draw(st.integers(0, 99))).eval()


def reading_all(config):
    """Return hooks that read every place."""
    hooks = Hooks(config)
    for place in place_names(config):
        hooks.read(place)
    return hooks


@st.composite
def chosen(draw, config, place, end):
    """Draw positions and heads for a place, or none of either."""
    positions = draw(st.none() | st.lists(st.integers(0, end - 1), min_size=1, max_size=end, unique=True))
    heads = None
    if place.endswith(("heads", "pattern")):
        heads = draw(st.none() | st.lists(st.integers(0, config.heads - 1), min_size=1, unique=True))
    return {"positions": positions, "heads": heads}


@st.composite
def values(draw, config, place, rows, steps):
    """Draw what may stand at a place: a number, a tensor with whole or single axes, a function."""
    kind = draw(st.sampled_from(["number", "tensor", "function", "function of positions"]))
    if kind == "number":
        return draw(st.floats(-2, 2, width=32))
    if kind == "function":
        return lambda x, _: 0.5 * x
    if kind == "function of positions":
        if place.endswith("pattern"):
            return lambda x, positions_BT: x * (positions_BT % 3)[:, None, :, None]
        return lambda x, positions_BT: x * (positions_BT % 3).view(*positions_BT.shape, *[1] * (x.ndim - 2))
    sizes = {"B": rows, "T": steps, "S": steps}
    shape = [draw(st.sampled_from([1, sizes.get(axis, axis)])) for axis in place_names(config)[place]]
    value = torch.randn(shape, generator=torch.Generator().manual_seed(draw(st.integers(0, 99))))
    return value[0] if shape[0] == 1 and draw(st.booleans()) else value


def draw_hooks(data, config, rows, steps):
    """Register up to three replacements between readings of every place."""
    hooks = Hooks(config)
    places = list(place_names(config))
    for place in places:
        hooks.read(place, name=f"{place} before", **data.draw(chosen(config, place, steps)))
    for place in data.draw(st.lists(st.sampled_from(places), max_size=3)):
        value = data.draw(values(config, place, rows, steps), label=f"value at {place}")
        hooks.replace(place, value, **data.draw(chosen(config, place, steps)))
    for place in places:
        hooks.read(place)
    return hooks


def feed(model, rows, data):
    """Feed rows through a cache in random pieces, each in a slot of its own; return their logits."""
    cache, fed = model.new_cache(len(rows)), [0] * len(rows)
    cache.allocate(len(rows))
    logits = [[] for _ in rows]
    while unfinished := [row for row in range(len(rows)) if fed[row] < len(rows[row])]:
        company = data.draw(st.lists(st.sampled_from(unfinished), min_size=1, unique=True), label="company")
        pieces = []
        for row in company:
            size = data.draw(st.integers(1, min(len(rows[row]) - fed[row], model.config.context)), label="size")
            pieces.append(rows[row][fed[row] : fed[row] + size])
            fed[row] += size
        width = max(map(len, pieces))
        output_BTV = model(
            torch.tensor([piece + [9] * (width - len(piece)) for piece in pieces]),
            cache=cache,
            slots=torch.tensor(company),
            lengths=torch.tensor([len(piece) for piece in pieces]),
        )
        for row, piece, output_TV in zip(company, pieces, output_BTV, strict=True):
            logits[row].append(output_TV[: len(piece)])
    return [torch.cat(parts) for parts in logits]


@given(st.data())
def test_reading_every_place_changes_no_bit_whatever_the_pass(data):
    model = data.draw(models())
    rows, steps = data.draw(st.integers(1, 4)), data.draw(st.integers(1, model.config.context))
    tokens_BT = torch.randint(0, 10, (rows, steps), generator=torch.Generator().manual_seed(rows))
    first = data.draw(st.integers(0, steps - 1))
    hooks, cache, plain_cache = reading_all(model.config), model.new_cache(rows), model.new_cache(rows)
    observed = Observed(model, hooks)
    with torch.inference_mode():
        assert torch.equal(observed(tokens_BT), model(tokens_BT))
        for piece in [piece for piece in (tokens_BT[:, :first], tokens_BT[:, first:]) if piece.numel()]:
            assert torch.equal(observed(piece, cache=cache), model(piece, cache=plain_cache))


@settings(max_examples=150)
@given(st.data())
def test_cached_passes_with_hooks_are_the_uncached_pass_with_the_same_hooks(data):
    model = data.draw(models())
    config = model.config
    longest = 3 * config.context if config.slides else config.context
    tokens = st.integers(0, 9)
    rows = data.draw(st.lists(st.lists(tokens, min_size=1, max_size=longest), min_size=1, max_size=3))
    steps = max(map(len, rows))
    hooks = draw_hooks(data, config, len(rows), steps)
    observed = Observed(model, hooks)
    with torch.inference_mode():
        padded_BT = torch.tensor([row + [9] * (steps - len(row)) for row in rows])
        whole_BTV = observed(padded_BT, lengths=torch.tensor([len(row) for row in rows]))
        names = list(hooks._readings)
        expected = {name: known(hooks, name) for name in names}
        hooks.forget()
        for logits_TV, whole_TV in zip(feed(observed, rows, data), whole_BTV, strict=True):
            assert torch.equal(logits_TV, whole_TV[: len(logits_TV)])
    for name in names:
        assert same(known(hooks, name), expected[name]), name


def known(hooks, name):
    """Return a reading, or None where no pass held one of its positions."""
    held = {position for passage in hooks.passes(name) for position in passage.positions_BT.flatten().tolist()}
    return hooks[name] if held >= set(hooks.positions(name)) and held else None


def same(first, second):
    """Whether two readings have the same bits, and lack the same."""
    if first is None or second is None:
        return first is second
    return torch.equal(first.isnan(), second.isnan()) and torch.equal(first.nan_to_num(), second.nan_to_num())


@given(st.data())
def test_decoding_cached_and_naive_under_hooks_agree_in_every_bit(data):
    model = data.draw(models())
    tokens = st.integers(0, 9)
    prompts = data.draw(st.lists(st.lists(tokens, min_size=1, max_size=12), min_size=1, max_size=3))
    hooks = Hooks(model.config)
    for place in data.draw(st.lists(st.sampled_from(list(place_names(model.config))), min_size=1, max_size=3)):
        value = data.draw(st.sampled_from([0.5, lambda x, _: -x]))
        hooks.replace(place, value, **data.draw(chosen(model.config, place, model.config.context)))
    observed = Observed(model, hooks)
    cached = decode(observed, prompts, 8)
    assert cached == decode(observed, prompts, 8, strategy="naive")
    assert cached == decode(observed, prompts, 8, strategy="parallel")
    assert cached == [decode(observed, [prompt], 8)[0] for prompt in prompts]


@given(st.data())
def test_what_was_read_during_a_decode_is_what_one_pass_over_the_result_has(data):
    model = data.draw(models())
    room = 40 if model.config.slides else model.config.context
    tokens = st.lists(st.integers(0, 9), min_size=1, max_size=room)
    prompts = data.draw(st.lists(tokens, min_size=1, max_size=3))
    steps = data.draw(st.integers(1, room - max(map(len, prompts)) + 1))
    hooks = reading_all(model.config)
    decoded = decode(Observed(model, hooks), prompts, steps)
    read = {name: hooks[name] for name in place_names(model.config)}
    for row, (prompt, continuation) in enumerate(zip(prompts, decoded, strict=True)):
        sequence = [*prompt, *continuation.tokens][: len(prompt) + steps - 1]  # nobody reads the last token
        hooks.forget()
        with torch.inference_mode():
            Observed(model, hooks)(torch.tensor([sequence]))
        for name, expected in ((name, hooks[name][0]) for name in read):
            one = read[name][row]
            assert torch.equal(one[tuple(slice(0, size) for size in expected.shape)], expected), name
            rest = one[:, len(sequence) :] if name.endswith("pattern") else one[len(sequence) :]
            assert rest.isnan().all()
