"""Where a checkpoint's weights come from, as JSON values that travel with them."""

import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

import seqgen
import seqmodel
import seqtrain
from seqtrain.curriculum import final_mixture
from seqtrain.device import device_of, name_of
from seqtrain.quantamaths_recipe import recipe_of_published
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_from_dict, recipe_to_dict


def provenance(
    recipe: Recipe,
    *,
    step: int,
    figures: Mapping[str, Any],
    rows: Mapping[str, str],
    own_rows: Sequence[str] = (),
    grown: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return recipe, seed, universe, versions and figures. No time and no place: equal runs, equal bytes.

    Questions and rows of files have no universe, nor have rows of a source of the user's own: `own_rows` names what
    such a source was for, of training, validation and evaluation. `rows` are the fingerprints of sources that have one.
    What is `grown` from a smaller model says so.
    """
    has_none = recipe.data.train or recipe.questions.digits or "training" in own_rows
    return {
        "recipe": recipe_to_dict(recipe),
        "seed": recipe.run.seed,
        "step": step,
        "universe": None if has_none else _universe(recipe),
        "rows": dict(rows),
        "own_rows": list(own_rows),
        "arithmetic": arithmetic(recipe),
        "versions": {
            "seqgen": seqgen.__version__,
            "seqmodel": seqmodel.__version__,
            "seqtrain": seqtrain.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "figures": dict(figures),
        **({"grown": dict(grown)} if grown else {}),
    }


def _universe(recipe: Recipe) -> dict[str, Any]:
    (mixture,) = final_mixture(recipe.curriculum).stages
    return {
        "shares": dict(mixture.shares),
        "low": recipe.data.low,
        "high": recipe.data.high,
        "length": recipe.model.context + 1,
        "overflow": recipe.data.overflow,
        "stream_version": seqgen.STREAM_VERSION,
    }


def recipe_of(checkpoint_provenance: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a checkpoint was trained by; that of its name, if it is an imported QuantaMaths model.

    Raises:
        ValueError: It names none.
    """
    if "recipe" in checkpoint_provenance:
        return recipe_from_dict(checkpoint_provenance["recipe"])
    if "name" in checkpoint_provenance:
        return recipe_of_published(checkpoint_provenance["name"])
    raise ValueError("the checkpoint's provenance names no recipe: seqtrain did not train it")


def arithmetic(recipe: Recipe) -> dict[str, str]:
    """Return what the bits of the present run depend on besides its recipe."""
    found = {
        "threads": str(torch.get_num_threads()),
        "torch": str(torch.__version__),
        "device": name_of(device_of(recipe)),
    }
    if torch.distributed.is_initialized() and (count := torch.distributed.get_world_size()) > 1:
        found["processes"] = str(count)
    return found
