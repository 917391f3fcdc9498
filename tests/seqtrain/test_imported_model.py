"""A published model's file, as TransformerLens writes it, becomes a model that answers, is evaluated and trains on."""

import json

import numpy as np
import pytest
import torch

from seqgen.arithmetic import QuestionStream
from seqmodel import find_model, hooked_transformer_arguments, quantamaths
from seqmodel.cli import main as seqmodel
from seqmodel.symbols import SymbolVocabulary
from seqtrain import load_recipe
from seqtrain.answers import answers_of
from seqtrain.cli import main
from seqtrain.provenance import recipe_of

# Version 4 removes HookedTransformer; the dependency is below it.
pytestmark = pytest.mark.filterwarnings("ignore:HookedTransformer is deprecated:DeprecationWarning")

NAME = "ins1_add_d5_l1_h1_t1K_s000003"


@pytest.fixture(scope="module")
def hooked():
    """A model of the published shape with random weights, made by TransformerLens."""
    import transformer_lens  # which takes seconds

    arguments = hooked_transformer_arguments(quantamaths(NAME), SymbolVocabulary(symbols="0123456789+-=*\\"))
    config = transformer_lens.HookedTransformerConfig(**arguments, seed=5, device="cpu")
    return transformer_lens.HookedTransformer(config).eval()


@pytest.fixture(scope="module")
def imported(hooked, tmp_path_factory):
    """Its weights as a checkpoint, by way of a published file that wraps them."""
    folder = tmp_path_factory.mktemp("wrapped")
    torch.save({"model": hooked.state_dict()}, folder / "model.pth")
    return from_published(folder / "model.pth")


def from_published(path):
    checkpoint = path.with_suffix(".safetensors")
    assert seqmodel(["import", str(path), "--name", NAME, "--out", str(checkpoint)]) == 0
    return checkpoint


def test_it_answers_as_its_own_library_has_it(hooked, imported, tmp_path):
    torch.save(hooked.state_dict(), tmp_path / "bare.pth")
    questions = QuestionStream(5, "mix", 1).questions(0, 20)
    tokens = torch.from_numpy(questions.prompts().astype(np.int64))
    with torch.inference_mode():
        for _ in range(7):
            tokens = torch.cat([tokens, hooked(tokens)[:, -1:].argmax(-1)], dim=1)
    for checkpoint in (imported, from_published(tmp_path / "bare.pth")):
        assert np.array_equal(answers_of(find_model(checkpoint).model, questions), tokens[:, -7:].numpy())


def test_it_is_evaluated_on_the_questions_that_its_name_says(imported, capsys):
    few = ["--rows", "40", "--enriched", "1", "--each-class", "1", "--each-pattern", "1"]
    assert main(["evaluate", str(imported), *few, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["digits"] == 5
    recipe = recipe_of(find_model(imported).provenance)
    assert (recipe.questions.digits, recipe.questions.operation, recipe.run.grow_from) == (5, "add", "")


def test_it_trains_on_and_a_larger_model_begins_with_it(imported, tmp_path):
    few = ["--set", "validation.final_rows=64", "--set", "validation.rows=16", "--steps", "2"]
    on = ["quantamaths", "add_d5_l1_h1", *few, "--set", f"run.start_from={imported}", "--out", str(tmp_path / "on")]
    assert main(on) == 0
    before, after = (find_model(path).model.state_dict() for path in (imported, tmp_path / "on"))
    changes = [(after[name] - before[name]).abs().max().item() for name in before]
    assert 0 < max(changes) < 1e-3
    grown = ["quantamaths", "ins3_mix_d5_l1_h2", *few, "--from", str(imported), "--out", str(tmp_path / "grown")]
    assert main(grown) == 0
    assert load_recipe(tmp_path / "grown/recipe.toml").run.hold == "heads and feed-forward"
    held = "blocks.0.feed_forward.hidden.weight"
    assert torch.equal(find_model(tmp_path / "grown").model.state_dict()[held], before[held])
