"""`seqserve models` lists what comes with the package, with the figures of the cards."""

import argparse
import json
import re

import pytest
from symbol_models import question_model

from seqmodel import IntegerVocabulary, ModelCard, ModelConfig, Transformer, pretrained_names, save_pretrained
from seqserve import Predictor
from seqserve.cli import main
from seqserve.models_command import run

FIGURES = "On ten rows.\n\n| | accuracy | possible |\n|---|---:|---|\n| all | 9.5 % | 10 % |\n| some |\n\nThat is all."


@pytest.fixture
def root(tmp_path):
    card = ModelCard(name="x", summary="Counts.", recipe="None.", data="None.", figures=FIGURES, limits="All.")
    config = ModelConfig(d_model=8, layers=1, heads=2, context=5)
    models = {"tiny": Transformer(config, IntegerVocabulary(high=9)), "sums": question_model(3)}
    for name, model in models.items():
        save_pretrained(tmp_path / name, model, provenance={}, card=card)
    return tmp_path


def test_figures_are_shown_in_columns(root, capsys):
    run(argparse.Namespace(json=False), root=root)
    text = capsys.readouterr().out
    assert re.search(r"^sums  [\d,]+ parameters, 0\.\d\d MB, context 13, symbols 0123456789\+-=\*\\$", text, re.M)
    assert re.search(r"^tiny  [\d,]+ parameters, 0\.\d\d MB, context 5, integers 0\.\.9, END predicted$", text, re.M)
    assert "  Counts.\n\n  On ten rows.\n\n        accuracy  possible\n  all      9.5 %      10 %\n  some" in text
    assert text.rstrip().endswith("\n\n  That is all.")


def test_json_holds_the_whole_of_it(root, capsys):
    run(argparse.Namespace(json=True), root=root)
    sums, tiny = map(json.loads, capsys.readouterr().out.splitlines())
    assert (sums["name"], sums["context"], sums["reads"]) == ("sums", 13, "symbols 0123456789+-=*\\")
    assert (tiny["summary"], tiny["figures"]) == ("Counts.", FIGURES)
    assert tiny["parameters"] == sum(each.numel() for each in Transformer(
        ModelConfig(d_model=8, layers=1, heads=2, context=5), IntegerVocabulary(high=9)
    ).parameters())  # fmt: skip


def test_every_packaged_model_is_listed_and_can_be_loaded_by_its_name(capsys):
    assert main(["models", "--json"]) == 0
    models = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert tuple(model["name"] for model in models) == pretrained_names()
    for model in models:
        engine = Predictor.pretrained(model["name"]).engine
        if model["reads"].startswith("integers"):
            assert f"{engine.low}..{engine.high}" in model["reads"]
        else:
            assert engine.expressions.symbols.symbols in model["reads"]


def test_a_name_that_is_none_is_refused_by_those_that_are():
    with pytest.raises(ValueError, match=r"there is no packaged model 'defualt': choose from .*default"):
        Predictor.pretrained("defualt")


def test_no_models_are_said_to_be_none(tmp_path, capsys):
    run(argparse.Namespace(json=False), root=tmp_path)
    assert capsys.readouterr().out == "no model comes with this version\n"
    run(argparse.Namespace(json=True), root=tmp_path)
    assert capsys.readouterr().out == ""
