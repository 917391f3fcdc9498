"""Weights under TransformerLens' names are what they should be, or refused with the reason."""

import json
from dataclasses import replace

import pytest
import safetensors
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import models

from seqmodel import (
    QUANTAMATHS_VOCABULARY,
    CheckpointError,
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    from_transformer_lens,
    hooked_transformer_arguments,
    load_transformer_lens_file,
    quantamaths,
    save_transformer_lens_file,
    to_transformer_lens,
)

CONFIG = ModelConfig(context=5, d_model=8, layers=2, heads=2, d_ff=12, value_periods=())
VOCABULARY = IntegerVocabulary(high=9)


@pytest.fixture
def model():
    return Transformer(replace(CONFIG, zero_output_projections=False), VOCABULARY, seed=1).eval()


@pytest.fixture
def state(model):
    return to_transformer_lens(model)


def refusal(state, config=CONFIG, vocabulary=VOCABULARY):
    with pytest.raises(ValueError) as error:  # noqa: PT011  (the message is what the tests look at)
        from_transformer_lens(state, config, vocabulary)
    return str(error.value)


def table_of(config):
    """Return the configuration of tables that computes what `config` does."""
    positions = "rotary" if config.positions == "rotary" else "learned"
    return replace(config, embedding="learned", value_periods=(), positions=positions)


@given(models().filter(lambda model: model.config.norm != "post"), st.data())
def test_any_model_comes_back_as_tables_that_give_the_same_logits(model, data):
    back = from_transformer_lens(to_transformer_lens(model), table_of(model.config), model.vocabulary)
    tokens = st.integers(0, model.vocabulary.size - 1)
    row = data.draw(st.lists(tokens, min_size=1, max_size=model.config.context))
    with torch.inference_mode():
        assert torch.equal(back(torch.tensor([row])), model(torch.tensor([row])))


def test_what_is_exported_is_a_copy(model, state):
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    for tensor in state.values():
        tensor.zero_()
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name])


def test_weights_under_the_key_model_are_found(model, state):
    back = from_transformer_lens({"model": state}, model.config, VOCABULARY)
    assert torch.equal(back.output.weight, model.output.weight)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("embed.W_E"), "tensor 'embed.W_E' is missing"),
        (lambda s: s.pop("blocks.1.attn.b_K"), "tensor 'blocks.1.attn.b_K' is missing"),
        (lambda s: s.pop("ln_final.b"), "tensor 'ln_final.b' is missing"),
        (lambda s: s.update({"blocks.2.ln1.w": torch.ones(8)}), "tensor 'blocks.2.ln1.w' has no place in the model"),
        (lambda s: s.update({"blocks.2.attn.IGNORE": torch.tensor(-torch.inf)}), "has no place in the model"),
        (lambda s: s.update({"blocks.0.attn.rotary_sin": torch.zeros(5, 4)}), "has no place in the model"),
        (lambda s: s.update({7: torch.zeros(1)}), "tensor 7 has no place in the model"),
        (lambda s: s.update({"embed.W_E": torch.zeros(11, 8)}), "tensor 'embed.W_E' has shape (11, 8), not (10, 8)"),
        (lambda s: s.update({"pos_embed.W_pos": torch.zeros(6, 8)}), "'pos_embed.W_pos' has shape (6, 8), not (5, 8)"),
        (lambda s: s.update({"unembed.b_U": torch.zeros(10)}), "tensor 'unembed.b_U' has shape (10,), not (11,)"),
        (lambda s: s.update({"embed.W_E": s["embed.W_E"].double()}), "tensor 'embed.W_E' is float64, not float32"),
        (lambda s: s.update({"embed.W_E": s["embed.W_E"].half()}), "tensor 'embed.W_E' is float16, not float32"),
        (lambda s: s.update({"embed.W_E": [1.0]}), "'embed.W_E' is no tensor, but of the type list"),
        (lambda s: s.update({"embed.W_E": s["embed.W_E"].to_sparse()}), "must be an ordinary one on the CPU"),
        (lambda s: s.update({"embed.W_E": s["embed.W_E"].to("meta")}), "must be an ordinary one on the CPU"),
        (lambda s: s["blocks.0.mlp.W_in"][3, 3].fill_(torch.nan), "tensor 'blocks.0.mlp.W_in' holds NaN"),
        (lambda s: s["blocks.0.attn.mask"].fill_(True), "must show each token itself and all before it"),
        (lambda s: s.update({"blocks.0.attn.mask": s["blocks.0.attn.mask"].float()}), "and all before it, as bool"),
        (lambda s: s.update({"blocks.0.attn.mask": torch.ones(6, 6).bool()}), "has shape (6, 6), not (5, 5)"),
        (lambda s: s["blocks.0.attn.IGNORE"].fill_(-1000), "must hide keys, as one number of at most -100000"),
        (lambda s: s["blocks.0.attn.IGNORE"].fill_(torch.nan), "must hide keys"),
        (lambda s: s.update({"blocks.0.attn.IGNORE": torch.full((1,), -torch.inf)}), "must hide keys, as one number"),
        (lambda s: s.update(model={}), "tensor 'model' has no place in the model"),
        (lambda s: s.clear(), "tensor 'embed.W_E' is missing"),
    ],
)
def test_names_shapes_types_and_buffers_must_be_right(state, change, message):
    change(state)
    assert message in refusal(state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"context": 6}, "'pos_embed.W_pos' has shape (5, 8), not (6, 8)"),
        ({"layers": 1}, "tensor 'blocks.1.ln1.w' has no place in the model"),
        ({"layers": 3}, "tensor 'blocks.2.ln1.w' is missing"),
        ({"heads": 4}, "tensor 'blocks.0.attn.W_Q' has shape (2, 8, 4), not (4, 8, 2)"),
        ({"d_ff": 13}, "tensor 'blocks.0.mlp.W_in' has shape (8, 12), not (8, 13)"),
        ({"norm": "none"}, "tensor 'blocks.0.ln1.w' has no place in the model"),
        ({"norm": "rms"}, "tensor 'blocks.0.ln1.b' has no place in the model"),
        ({"norm": "post"}, "norm 'post' has no counterpart in TransformerLens"),
        ({"positions": "rotary"}, "tensor 'pos_embed.W_pos' has no place in the model"),
        ({"positions": "tuple"}, "positions 'tuple' cannot be told"),
        ({"embedding": "binary"}, "embedding 'binary' cannot be told"),
        ({"value_periods": (2, 3)}, "value_periods (2, 3) cannot be told"),
        ({"head": "regression"}, "give a vocabulary with end=False"),
    ],
)
def test_another_configuration_than_the_weights_is_refused(state, change, message):
    assert message in refusal(state, replace(CONFIG, **change))


def test_another_vocabulary_than_the_weights_is_refused(state):
    assert "'embed.W_E' has shape (10, 8), not (9, 8)" in refusal(state, vocabulary=IntegerVocabulary(high=8))
    assert "'unembed.W_U' has shape (8, 11), not (8, 10)" in refusal(
        state, vocabulary=IntegerVocabulary(high=9, end=False)
    )


def test_rotary_tables_must_be_as_long_as_the_context():
    config = replace(CONFIG, positions="rotary")
    state = to_transformer_lens(Transformer(config, VOCABULARY))
    from_transformer_lens(state, config, VOCABULARY)
    for layer in range(config.layers):
        del state[f"blocks.{layer}.attn.mask"]
    assert "'blocks.0.attn.rotary_cos' has shape (5, 4), not (6, 4)" in refusal(state, replace(config, context=6))


@pytest.mark.parametrize("use", [to_transformer_lens, lambda m: save_transformer_lens_file("x", m)])
def test_norms_behind_the_branches_are_not_exported(use, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="norm 'post' has no counterpart in TransformerLens"):
        use(Transformer(replace(CONFIG, norm="post"), VOCABULARY))
    assert not list(tmp_path.iterdir())


def test_the_arguments_say_everything_that_is_not_its_default():
    config = replace(CONFIG, attention="full", norm="none", activation="silu")
    assert hooked_transformer_arguments(config, VOCABULARY) == {
        "n_layers": 2,
        "d_model": 8,
        "n_ctx": 5,
        "n_heads": 2,
        "d_head": 4,
        "d_mlp": 12,
        "d_vocab": 10,
        "d_vocab_out": 11,
        "act_fn": "silu",
        "normalization_type": None,
        "eps": 1e-5,
        "attention_dir": "bidirectional",
        "positional_embedding_type": "standard",
    }


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth", "weights.pt", "weights"])
def test_a_file_gives_back_the_model_and_always_has_the_same_bytes(tmp_path, model, name):
    path = tmp_path / name
    save_transformer_lens_file(path, model)
    first = path.read_bytes()
    save_transformer_lens_file(path, model)
    assert path.read_bytes() == first
    back = load_transformer_lens_file(path, model.config, VOCABULARY)
    for name, weight in model.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_safetensors_file_describes_itself(tmp_path, model):
    path = tmp_path / "weights.safetensors"
    save_transformer_lens_file(path, model)
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert metadata.keys() == {"transformer_lens"}
    assert json.loads(metadata["transformer_lens"]) == {
        "config": model.config.to_dict(),
        "hooked_transformer_config": hooked_transformer_arguments(model.config, VOCABULARY),
        "vocabulary": VOCABULARY.to_dict(),
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mix_d6_l1_h1", "tensor 'pos_embed.W_pos' has shape (19, 510), not (22, 510)"),
        ("add_d5_l2_h1", "tensor 'blocks.1.ln1.w' is missing"),
        ("add_d5_l1_h2", "tensor 'blocks.0.attn.W_Q' has shape (1, 510, 170), not (2, 510, 170)"),
    ],
)
def test_a_published_name_that_is_not_the_files_is_refused(tmp_path, name, message):
    path = tmp_path / "model.pth"
    save_transformer_lens_file(path, Transformer(quantamaths("add_d5_l1_h1"), QUANTAMATHS_VOCABULARY))
    with pytest.raises(CheckpointError) as error:
        load_transformer_lens_file(path, name)
    assert str(error.value) == f"{path}: {message}; {name} asks for that"


def test_name_configuration_and_vocabulary_are_given_as_they_belong_together(tmp_path, model):
    path = tmp_path / "model.pth"
    save_transformer_lens_file(path, model)
    with pytest.raises(ValueError, match="vocabulary must be given with a configuration"):
        load_transformer_lens_file(path, CONFIG)
    with pytest.raises(ValueError, match="vocabulary must not be given with a name"):
        load_transformer_lens_file(path, "add_d5_l1_h1", VOCABULARY)
    with pytest.raises(ValueError, match="digits must be 5 to 20, got 4"):
        load_transformer_lens_file(path, "add_d4_l1_h1")
    with pytest.raises(ValueError, match="embedding 'binary' cannot be told"):
        load_transformer_lens_file(path, replace(CONFIG, embedding="binary"), VOCABULARY)


@pytest.mark.parametrize("data", [b"", b"\x10", b"{}", b"PK\x03\x04"])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_files_that_are_neither_are_refused(tmp_path, data, suffix):
    path = tmp_path / f"model.{suffix}"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"model\.(pth|safetensors): "):
        load_transformer_lens_file(path, CONFIG, VOCABULARY)


@pytest.mark.parametrize("name", ["missing.pth", "missing.safetensors", "."])
def test_a_missing_file_and_a_folder_are_named(tmp_path, name):
    with pytest.raises(CheckpointError, match=r"cannot read .*: (No such file|Is a directory)"):
        load_transformer_lens_file(tmp_path / name, CONFIG, VOCABULARY)
