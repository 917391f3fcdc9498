import json
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from model_strategies import architectures, configs

from seqmodel import IntegerVocabulary, ModelConfig, SymbolVocabulary, Transformer
from seqmodel.vocabularies import require_fit

LETTERS = SymbolVocabulary(symbols="ab")


@given(configs())
def test_a_configuration_survives_json(config):
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@given(architectures())
def test_what_is_possible_is_not_refused(drawn):
    config, vocabulary = drawn
    config.validate()
    require_fit(config, vocabulary)


def test_to_dict_names_every_field():
    assert list(ModelConfig().to_dict()) == [field.name for field in fields(ModelConfig)]


def test_fields_left_out_take_their_defaults():
    assert ModelConfig.from_dict({"layers": 2}) == ModelConfig(layers=2)


def test_an_unknown_field_is_refused_with_the_nearest_known_one():
    with pytest.raises(ValueError, match=r"unknown field 'd_modle' .* did you mean 'd_model'"):
        ModelConfig.from_dict({"d_modle": 64})
    with pytest.raises(ValueError, match=r"unknown field 'zzz' .* known: context, d_model"):
        ModelConfig.from_dict({"zzz": 64})
    with pytest.raises(ValueError, match="unknown field 64 "):
        ModelConfig.from_dict({64: "d_model"})


@pytest.mark.parametrize("values", [None, [], "context", 8, [["context", 8]]])
def test_what_is_no_dictionary_is_no_configuration(values):
    with pytest.raises(TypeError, match="a model configuration is a dictionary of its fields, got"):
        ModelConfig.from_dict(values)


def test_a_configuration_never_changes():
    with pytest.raises(FrozenInstanceError):
        ModelConfig().layers = 2
    assert len({ModelConfig(), ModelConfig(), ModelConfig(layers=1)}) == 2


def test_sizes_left_out_follow_the_width():
    config = ModelConfig(d_model=96, heads=3)
    assert (config.head_size, config.hidden_size) == (32, 384)
    assert replace(config, d_model=48).head_size == 16
    assert ModelConfig(d_model=10, heads=3, d_head=7, d_ff=5).head_size == 7
    assert ModelConfig(d_model=10, heads=3, d_head=7, d_ff=5).hidden_size == 5


def test_rotary_positions_alone_slide():
    assert [ModelConfig(positions=positions).slides for positions in ("learned", "tuple", "rotary")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("field", ["context", "d_model", "layers", "heads", "d_head", "d_ff"])
@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)])
def test_sizes_are_positive_integers(field, value, error):
    with pytest.raises(error, match=field):
        ModelConfig(**{field: value})


@pytest.mark.parametrize(
    ("field", "choices"),
    [
        ("norm", "pre, post, rms, none"),
        ("activation", "gelu, relu, silu"),
        ("embedding", "learned, frequency, number-theoretic, binary, tuple"),
        ("positions", "learned, tuple, rotary"),
        ("attention", "causal, full"),
        ("head", "classes, regression"),
        ("initialisation", "uniform, gpt2, scaled"),
    ],
)
def test_choices_are_listed_when_the_value_is_none_of_them(field, choices):
    for wrong in ("nonsense", "", None, 0):
        with pytest.raises(ValueError, match=f"{field} must be one of {choices}, got {wrong!r}"):
            ModelConfig(**{field: wrong})


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"d_model": 10, "heads": 4}, ValueError, "d_model 10 is not a multiple of heads 4: .* or give d_head"),
        ({"dropout": 1.0}, ValueError, r"dropout must be at least 0 and below 1, got 1\.0"),
        ({"dropout": -0.1}, ValueError, r"dropout must be at least 0 and below 1, got -0\.1"),
        ({"dropout": float("nan")}, ValueError, "dropout must be at least 0 and below 1, got nan"),
        ({"dropout": "0.1"}, TypeError, r"dropout must be a number, got '0\.1'"),
        ({"dropout": True}, TypeError, "dropout must be a number, got True"),
        ({"embedding": "tuple"}, ValueError, r"give value_periods=\(\) with embedding 'tuple'"),
        ({"embedding": "binary"}, ValueError, r"give value_periods=\(\) with embedding 'binary'"),
        ({"embedding": "frequency"}, ValueError, r"give value_periods=\(\) with embedding 'frequency'"),
        ({"value_periods": (1,)}, ValueError, "value_periods must be at least 2, got 1"),
        ({"value_periods": (3, 3)}, ValueError, "value_periods must differ"),
        ({"value_periods": (2.5,)}, TypeError, r"value_periods must hold integers, got 2\.5"),
        ({"value_periods": (True,)}, TypeError, "value_periods must hold integers, got True"),
        ({"value_periods": 7}, TypeError, "value_periods must be a tuple, got 7"),
        ({"value_periods": [2, 3]}, TypeError, r"value_periods must be a tuple, got \[2, 3\]"),
        ({"zero_output_projections": 1}, TypeError, "zero_output_projections must be true or false, got 1"),
        (
            {"embedding": "frequency", "value_periods": (), "d_model": 15, "heads": 1},
            ValueError,
            "embedding 'frequency' is pairs of sine and cosine: d_model 15 is odd",
        ),
        (
            {"positions": "rotary", "d_head": 5},
            ValueError,
            "positions 'rotary' turn pairs of a head's dimensions: its size 5 is odd",
        ),
        (
            {"positions": "rotary", "attention": "full"},
            ValueError,
            "attention 'full' has no past to slide over: give positions 'learned' or 'tuple'",
        ),
    ],
    ids=str,
)
def test_what_no_model_can_be_built_from_is_refused_with_the_reason(values, error, message):
    with pytest.raises(error, match=message):
        ModelConfig(**values)


@pytest.mark.parametrize(
    ("values", "vocabulary", "message"),
    [
        ({}, LETTERS, r"value_periods are of integers: give value_periods=\(\) for symbols"),
        *[
            ({"embedding": embedding, "value_periods": ()}, LETTERS, f"'{embedding}' is made of integers")
            for embedding in ("frequency", "number-theoretic", "tuple")
        ],
        (
            {"head": "regression", "value_periods": ()},
            LETTERS,
            "head 'regression' predicts an integer: give head 'classes' for symbols",
        ),
        (
            {"head": "regression"},
            IntegerVocabulary(),
            "head 'regression' predicts a number, and END is none: give a vocabulary with end=False",
        ),
    ],
)
def test_an_architecture_without_a_meaning_for_the_vocabulary_is_refused(values, vocabulary, message):
    config = ModelConfig(**values)
    with pytest.raises(ValueError, match=message):
        require_fit(config, vocabulary)
    with pytest.raises(ValueError, match=message):
        Transformer(config, vocabulary)
