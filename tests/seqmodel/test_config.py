import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from model_strategies import configs

from seqmodel import PRESETS, VALUE_PERIODS, ModelConfig, preset


@given(configs())
def test_a_configuration_survives_json(config):
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_to_dict_names_every_field():
    assert list(ModelConfig().to_dict()) == [field.name for field in fields(ModelConfig)]


def test_fields_left_out_take_their_defaults():
    assert ModelConfig.from_dict({"layers": 2}) == ModelConfig(layers=2)


def test_an_unknown_field_is_refused_with_the_nearest_known_one():
    with pytest.raises(ValueError, match=r"unknown field 'd_modle' .* did you mean 'd_model'"):
        ModelConfig.from_dict({"d_modle": 64})
    with pytest.raises(ValueError, match=r"unknown field 'zzz' .* known: context, d_model"):
        ModelConfig.from_dict({"zzz": 64})


def test_sizes_left_out_follow_the_width():
    config = ModelConfig(d_model=96, heads=3)
    assert (config.head_size, config.hidden_size) == (32, 384)
    assert replace(config, d_model=48).head_size == 16
    assert ModelConfig(d_model=10, heads=3, d_head=7, d_ff=5).hidden_size == 5


@pytest.mark.parametrize("field", ["context", "d_model", "layers", "heads", "d_head", "d_ff"])
@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)])
def test_sizes_are_positive_integers(field, value, error):
    with pytest.raises(error, match=field):
        ModelConfig(**{field: value})


@pytest.mark.parametrize("field", ["norm", "activation", "embedding", "positions"])
def test_choices_are_quoted_when_wrong(field):
    with pytest.raises(ValueError, match=f"{field} must be one of .*, got 'nonsense'"):
        ModelConfig(**{field: "nonsense"})


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"d_model": 10, "heads": 4}, ValueError, "d_model 10 is not a multiple of heads 4"),
        ({"dropout": 1.0}, ValueError, "dropout must be at least 0 and below 1, got 1.0"),
        ({"dropout": float("nan")}, ValueError, "dropout"),
        ({"dropout": "0.1"}, TypeError, "dropout must be a number, got '0.1'"),
        ({"embedding": "tuple", "value_periods": ()}, ValueError, "embedding 'tuple' needs d_model 2, got 128"),
        ({"positions": "tuple"}, ValueError, "positions 'tuple' needs d_model 2, got 128"),
        ({"d_model": 2, "heads": 1, "embedding": "tuple"}, ValueError, "give value_periods="),
        ({"value_periods": (1,)}, ValueError, "value_periods must be at least 2, got 1"),
        ({"value_periods": (3, 3)}, ValueError, "value_periods must differ"),
        ({"value_periods": (2.5,)}, TypeError, "value_periods must hold integers, got 2.5"),
        ({"value_periods": 7}, TypeError, "value_periods must be a tuple, got 7"),
        ({"zero_output_projections": 1}, TypeError, "zero_output_projections must be true or false, got 1"),
    ],
)
def test_what_no_model_can_be_built_from_is_refused_with_the_reason(values, error, message):
    with pytest.raises(error, match=message):
        ModelConfig(**values)


def test_the_default_preset_is_the_default_configuration():
    assert preset("default") == ModelConfig()
    assert ModelConfig().value_periods == VALUE_PERIODS


def test_nextint_is_the_documents_model():
    assert preset("nextint").to_dict() == {
        "context": 8,
        "d_model": 2,
        "layers": 2,
        "heads": 2,
        "d_head": None,
        "d_ff": 32,
        "dropout": 0.0,
        "norm": "post",
        "activation": "gelu",
        "embedding": "tuple",
        "positions": "tuple",
        "value_periods": [],
        "zero_output_projections": False,
    }


def test_a_preset_can_be_changed_and_a_wrong_name_lists_the_right_ones():
    assert preset("default", layers=1) == ModelConfig(layers=1)
    with pytest.raises(ValueError, match="no preset 'nextin': choose from default, nextint"):
        preset("nextin")
    assert sorted(PRESETS) == ["default", "nextint"]
