"""What `training_loss.json` says: the loss of every step, with what was trained, as the published models have it.

A key that says nothing of a run of ours is null. `final_loss` is that of the last step, `avg_final_loss` the mean of
the last `FINAL_STEPS`; percentages of operations are those of the training rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from seqtrain.mixture import vocabulary_of
from seqtrain.recipe import Recipe
from seqtrain.run_recipe import HELD

FINAL_STEPS = 100
"""Over which the last losses are averaged."""


def training_loss(
    name: str, recipe: Recipe, losses: Sequence[float], grown: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the whole content as JSON values.

    Args:
        name: The model's.
        recipe: What was trained.
        losses: Of each step, in nats a token.
        grown: Where the smaller model lies that it began with, if it did; as `seqtrain.starting.begin_from` says.
    """
    return {
        "Config": {"model_name": name, **_config(recipe, losses), **_inserted(recipe, grown or {})},
        "TrainingLoss": list(losses),
    }


def _config(recipe: Recipe, losses: Sequence[float]) -> dict[str, Any]:
    model, questions, last = recipe.model, recipe.questions, losses[-FINAL_STEPS:]
    subtractions = {"add": 0.0, "sub": 1.0, "mix": questions.subtraction}[questions.operation]
    percent = round(100 * subtractions) if questions.digits else None
    return {
        "n_layers": model.layers,
        "n_heads": model.heads,
        "d_vocab": vocabulary_of(recipe).size,
        "d_model": model.d_model,
        "d_mlp_multiplier": model.hidden_size / model.d_model,
        "d_head": model.head_size,
        "act_fn": model.activation,
        "batch_size": recipe.data.batch,
        "n_training_steps": recipe.budget.total_steps,
        "weight_decay": recipe.optimiser.weight_decay,
        "lr": recipe.optimiser.learning_rate,
        "training_seed": recipe.run.seed,
        "avg_final_loss": sum(last) / len(last) if last else None,
        "final_loss": losses[-1] if losses else None,
        "perc_mult": 0 if questions.digits else None,
        "perc_sub": percent,
        "perc_add": None if percent is None else 100 - percent,
        "n_digits": questions.digits or None,
    }


def _inserted(recipe: Recipe, grown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of the smaller model; zeros where there is none."""
    placement, origin = grown.get("placement"), grown.get("from", {})
    small = {} if placement is None else placement["small"]
    return {
        "insert_mode": 0 if placement is None else int(HELD[recipe.run.hold].removeprefix("ins")),
        "insert_late": placement is not None and placement["layers"][0] > 0,
        "insert_n_layers": small.get("layers", 0),
        "insert_n_heads": small.get("heads", 0),
        "insert_training_seed": origin.get("seed", 0),
        "insert_n_training_steps": origin.get("step", 0),
    }
