"""A published model's name says what is trained, and how."""

import json

import numpy as np
import pytest
import torch

from seqmodel import (
    QUANTAMATHS_VOCABULARY,
    QuantaMathsName,
    hooked_transformer_arguments,
    load_checkpoint,
    load_transformer_lens_file,
    quantamaths,
    to_transformer_lens,
)
from seqtrain import load_recipe, recipe_to_toml
from seqtrain.callbacks import Callbacks
from seqtrain.cli import main
from seqtrain.loop import TrainingLoop
from seqtrain.quantamaths_recipe import quantamaths_recipe, quantamaths_tables
from seqtrain.recipe_file import recipe_with
from seqtrain.sources import Sources

NAME = "mix_d6_l3_h4_t40K_s372001"
TINY = ["model.d_model=8", "model.d_head=4", "model.d_ff=8", "validation.final_rows=64", "validation.rows=16"]


def tiny(*more):
    """Options that make a run of a published name quick."""
    return [part for change in (*TINY, *more) for part in ("--set", change)]


def test_the_recipe_of_a_name_is_the_published_training():
    recipe = quantamaths_recipe(NAME)
    assert recipe.model == quantamaths(NAME)
    assert (recipe.questions.digits, recipe.questions.operation, recipe.questions.subtraction) == (6, "mix", 0.66)
    assert (recipe.questions.published, recipe.questions.batches) == (True, "alike")
    assert (recipe.data.batch, recipe.budget.steps, recipe.run.seed) == (64, 40_000, 372001)
    optimiser = recipe.optimiser
    assert (optimiser.kind, optimiser.learning_rate, optimiser.beta1, optimiser.beta2) == ("adamw", 8e-5, 0.9, 0.98)
    assert (optimiser.weight_decay, optimiser.decay, optimiser.clip) == (0.1, "all", "none")
    schedule = recipe.schedule
    assert (schedule.kind, schedule.warmup, schedule.warmup_from, schedule.floor) == ("cosine", 8000, 0.01, 0.0)
    assert (recipe.loss.kind, recipe.loss.positions, recipe.model.dropout) == ("cross-entropy", "scored", 0.0)
    assert recipe.run.keep_losses
    batches = Sources(recipe).training.batches(0, 300)
    assert (batches.phases == batches.phases[:, :1]).all()
    assert 0.55 < batches.phases[:, 0].mean() < 0.77


@pytest.mark.parametrize(("insert", "held"), [(1, "nothing"), (2, "heads"), (3, "heads and feed-forward")])
def test_ins_begins_with_a_smaller_model_and_asks_for_more_subtractions(insert, held):
    recipe = quantamaths_recipe(f"ins{insert}_{NAME}", grow_from="small")
    assert (recipe.run.grow_from, recipe.run.hold, recipe.questions.subtraction) == ("small", held, 0.8)
    assert recipe.model == quantamaths(NAME)


@pytest.mark.parametrize("name", [NAME, "add_d5_l1_h3_t30K_s000007", "sub_d10_l2_h3_t75K_s173289"])
def test_a_name_s_recipe_is_one_like_any_other(name, tmp_path):
    (tmp_path / "recipe.toml").write_text(recipe_to_toml(quantamaths_recipe(name)))
    recipe = load_recipe(tmp_path / "recipe.toml")
    assert recipe == quantamaths_recipe(name)
    assert recipe.questions.operation == QuantaMathsName.parse(name).operation


def test_fewer_steps_have_a_fifth_of_them_for_the_rise():
    recipe = quantamaths_recipe("add_d5_l1_h3", steps=300)
    assert (recipe.budget.steps, recipe.schedule.warmup, recipe.run.seed) == (300, 60, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mix_d6"], "'mix_d6' is no QuantaMaths name"),
        (["mix_d6_l3_h4"], "steps (--steps) is None; it must be given: mix_d6_l3_h4 does not end in the thousands"),
        ([f"ins1_{NAME}"], f"the smaller model (--from) is ''; it must be given: ins1_{NAME} begins with another"),
        ([NAME, "--from", "x"], f"the smaller model (--from) is 'x'; it must be left out: {NAME} begins with fresh"),
    ],
)
def test_what_a_name_leaves_open_is_asked_for(arguments, message, capsys):
    assert main(["quantamaths", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_name_is_trained_and_evaluated_and_grown_from(tmp_path, capsys):
    folder = tmp_path / "add_d5_l1_h2_t1K_s000009"
    small = ["quantamaths", folder.name, "--steps", "5", "--out", str(folder), "--transformer-lens"]
    assert main([*small, *tiny()]) == 0
    assert "64 questions, 448 symbols of answers" in capsys.readouterr().out
    written = json.loads((folder / "training_loss.json").read_text())
    assert len(written["TrainingLoss"]) == 5
    config = written["Config"]
    assert config["model_name"] == folder.name
    known = {"n_layers": 1, "n_heads": 2, "d_vocab": 15, "d_model": 8, "d_mlp_multiplier": 1, "d_head": 4}
    known |= {"act_fn": "relu", "batch_size": 64, "n_training_steps": 5, "weight_decay": 0.1, "lr": 8e-5}
    known |= {"training_seed": 9, "perc_add": 100, "perc_sub": 0, "perc_mult": 0, "n_digits": 5, "insert_mode": 0}
    assert known.items() <= config.items()
    model = load_checkpoint(folder / "model.safetensors").model
    again = load_transformer_lens_file(folder / "model.pth", model.config, model.vocabulary)
    assert all(map(torch.equal, model.state_dict().values(), again.state_dict().values()))

    grown = tmp_path / "grown"
    large = ["quantamaths", "ins2_mix_d5_l2_h3", "--steps", "4", "--from", str(folder), "--out", str(grown)]
    assert main([*large, *tiny("run.seed=1")]) == 0
    config = json.loads((grown / "training_loss.json").read_text())["Config"]
    assert (config["insert_mode"], config["insert_n_layers"], config["insert_training_seed"]) == (2, 1, 9)
    assert load_recipe(grown / "recipe.toml").run.hold == "heads"
    assert "model.pth" not in {path.name for path in grown.iterdir()}


def test_overrides_win(tmp_path):
    out = ["--out", str(tmp_path / "run")]
    changes = tiny("budget.steps=2", "questions.published=false", "questions.nines=0.5", "data.batch=4")
    assert main(["quantamaths", NAME, "--steps", "3", *out, *changes]) == 0
    recipe = load_recipe(tmp_path / "run/recipe.toml")
    assert (recipe.budget.steps, recipe.questions.nines, recipe.data.batch) == (2, 0.5, 4)
    assert recipe.model.d_model == 8


@pytest.mark.filterwarnings("ignore:HookedTransformer is deprecated:DeprecationWarning")
def test_training_is_the_published_one_step_by_step(tmp_path):
    """Beside TransformerLens' model, torch's own AdamW and schedules, and the loss written out."""
    import transformer_lens

    steps, name = 40, "mix_d5_l2_h3_t1K_s000011"
    changes = ["model.d_model=16", "model.d_head=8", "model.d_ff=32", "run.threads=1"]
    recipe = recipe_with(quantamaths_tables(name, steps=steps), [*changes, "optimiser.learning_rate=0.003"])
    rows = Sources(recipe)
    loop = TrainingLoop(recipe, rows.training, rows.validation, Callbacks([]))
    arguments = hooked_transformer_arguments(recipe.model, QUANTAMATHS_VOCABULARY)
    theirs = transformer_lens.HookedTransformer(transformer_lens.HookedTransformerConfig(**arguments, device="cpu"))
    theirs.load_state_dict(to_transformer_lens(loop.model))

    optimiser = torch.optim.AdamW(theirs.parameters(), lr=0.003, betas=(0.9, 0.98), weight_decay=0.1)
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=0.01, total_iters=steps // 5)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=steps - steps // 5)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[steps // 5])
    losses = []
    for step in range(steps):
        questions = rows.training.questions(64 * step, 64)
        assert len(set(questions.subtract_N.tolist())) == 1
        tokens = torch.from_numpy(questions.tokens().astype(np.int64))
        told = theirs(tokens).log_softmax(-1)[:, -8:-1]  # the answer's 7 tokens are told one place before them
        loss = -told.gather(-1, tokens[:, -7:, None]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())

    loop.train(save=lambda: None, interrupted=lambda: False)
    assert loop.losses.each(steps) == pytest.approx(losses, rel=1e-4)
    assert losses[-1] < losses[0] - 0.1
    ours = to_transformer_lens(loop.model)
    for name, weight in theirs.named_parameters():
        if not name.endswith("b_K"):  # its gradient is 0 but for rounding, which AdamW makes steps of
            torch.testing.assert_close(ours[name], weight, rtol=1e-3, atol=1e-4)
