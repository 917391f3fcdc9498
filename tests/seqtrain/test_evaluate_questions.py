"""`seqtrain evaluate` of models that answer questions: the questions fit the model, the figures are its answers'."""

import json

import pytest

from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary, ModelConfig, Transformer, quantamaths, save_checkpoint
from seqtrain.answers import answers_of
from seqtrain.cli import main
from seqtrain.failure_sets import Asked
from seqtrain.failures_found import find_failures
from seqtrain.recipe_file import recipe_from_dict, recipe_to_dict

FEW = ["--rows", "30", "--enriched", "10", "--each-class", "2", "--each-pattern", "1", "--threads", "1"]


def model_of(context: int) -> Transformer:
    config = ModelConfig(context=context, d_model=8, layers=1, heads=1, value_periods=(), zero_output_projections=False)
    return Transformer(config, QUANTAMATHS_VOCABULARY, seed=1).eval()


def evaluated(capsys, path, *options):
    assert main(["evaluate", str(path), *FEW, *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("context", [12, 13])
def test_figures_are_those_of_the_models_answers(tmp_path, capsys, context):
    save_checkpoint(tmp_path / "any.safetensors", model_of(context), {})
    told = evaluated(capsys, tmp_path / "any.safetensors", "--seed", "7")
    model = model_of(context)
    model.exact = False
    asked = Asked(digits=3, uniform=30, enriched=10, each_class=2, each_pattern=1, seed=7)
    assert told == json.loads(
        json.dumps(find_failures(lambda questions: answers_of(model, questions), asked).to_dict())
    )


def test_a_recipe_says_what_is_asked(tmp_path, capsys):
    recipe = recipe_from_dict({"questions": {"digits": 2, "operation": "sub"}})
    save_checkpoint(tmp_path / "sub.safetensors", model_of(10), {"recipe": recipe_to_dict(recipe)})
    told = evaluated(capsys, tmp_path / "sub.safetensors")
    assert told["digits"] == 2
    assert told["patterns"].keys() == {"M", "N"}
    assert "uniform additions" not in {each["name"] for each in told["sets"]}


def test_a_published_name_says_what_is_asked(tmp_path, capsys):
    config = ModelConfig.from_dict(quantamaths("add_d5_l1_h1").to_dict() | {"d_model": 8, "d_ff": 8, "d_head": 8})
    model = Transformer(config, QUANTAMATHS_VOCABULARY)
    provenance = {"imported_from": "TransformerLens", "name": "add_d5_l1_h1_t30K_s372001"}
    save_checkpoint(tmp_path / "add.safetensors", model, provenance)
    told = evaluated(capsys, tmp_path / "add.safetensors")
    assert told["digits"] == 5
    assert told["patterns"].keys() == {"S"}
    assert main(["evaluate", str(tmp_path / "add.safetensors"), *FEW]) == 0
    assert " questions of 5 digits, answered by greedy decoding\n" in capsys.readouterr().out


def test_options_that_do_not_fit_are_refused(tmp_path, capsys):
    save_checkpoint(tmp_path / "integers.safetensors", Transformer(ModelConfig(), IntegerVocabulary()), {})
    for option in ("--enriched", "--each-class", "--each-pattern", "--seed"):
        assert main(["evaluate", str(tmp_path / "integers.safetensors"), option, "3"]) == 2
        said = capsys.readouterr().err
        assert f"{option}: " in said
        assert "answers no questions; leave it out" in said
        assert said.count("\n") == 1
    save_checkpoint(tmp_path / "any.safetensors", model_of(12), {})
    assert main(["evaluate", str(tmp_path / "any.safetensors"), "--families"]) == 2
    assert "--families: " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["evaluate", "any", "--each-class", "-1"])
    assert "expected an integer of at least 0, got '-1'" in capsys.readouterr().err


def test_a_model_without_room_for_a_question_is_refused(tmp_path, capsys):
    save_checkpoint(tmp_path / "short.safetensors", model_of(5), {})
    assert main(["evaluate", str(tmp_path / "short.safetensors"), *FEW]) == 2
    assert "model.context is 5; it must be that of questions of 1 to 20 digits" in capsys.readouterr().err
