"""Training that begins with the weights of another model."""

from dataclasses import replace

import pytest
import torch

from seqmodel import CheckpointError, load_checkpoint
from seqtrain import Trainer
from seqtrain.loop import TrainingLoop
from seqtrain.recipe import BudgetRecipe
from seqtrain.starting import begin_from


def starting(recipe, where):
    return replace(recipe, run=replace(recipe.run, start_from=str(where)))


def test_the_first_step_starts_from_those_weights(tiny, tmp_path):
    tiny = replace(tiny, stopping=replace(tiny.stopping, restore="last"))
    first = Trainer(tiny, tmp_path / "first").run()
    given = load_checkpoint(tmp_path / "first/model.safetensors").model
    recipe = starting(tiny, tmp_path / "first/model.safetensors")
    trainer = Trainer(recipe, tmp_path / "second")
    loop = TrainingLoop(recipe, trainer.source, trainer.validation, None)
    assert not all(map(torch.equal, loop.model.state_dict().values(), given.state_dict().values()))
    begin_from(recipe, loop.model)
    assert all(map(torch.equal, loop.model.state_dict().values(), given.state_dict().values()))
    assert first.best_loss != trainer.run().best_loss


def test_a_run_that_goes_on_does_not_need_them_again(tiny, tmp_path):
    Trainer(tiny, tmp_path / "first").run()
    model = tmp_path / "first/model.safetensors"
    recipe = starting(tiny, model)
    Trainer(recipe, tmp_path / "second").run()
    model.unlink()
    longer = replace(recipe, budget=BudgetRecipe(steps=tiny.budget.steps + 5))
    assert Trainer(longer, tmp_path / "second").run().step == tiny.budget.steps + 5


def test_a_model_of_another_shape_is_refused_and_nothing_is_removed(tiny, tmp_path):
    Trainer(tiny, tmp_path / "first").run()
    before = (tmp_path / "first/state.safetensors").read_bytes()
    wrong = r"run.start_from is 'default'; .* \(d_model is 128 there, 8 here; .*\)"
    with pytest.raises(ValueError, match=wrong):
        Trainer(starting(tiny, "default"), tmp_path / "first", fresh=True).run()
    assert (tmp_path / "first/state.safetensors").read_bytes() == before


def test_another_vocabulary_is_refused(tiny, tmp_path):
    Trainer(tiny, tmp_path / "first").run()
    recipe = starting(replace(tiny, data=replace(tiny.data, low=1)), tmp_path / "first/model.safetensors")
    with pytest.raises(ValueError, match=r"the vocabulary is .*low=0.* there, .*low=1.* here"):
        Trainer(recipe, tmp_path / "second").run()


def test_a_model_that_is_not_there_is_named(tiny, tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        Trainer(starting(tiny, tmp_path / "nowhere"), tmp_path / "second").run()
