"""The recipe that a published QuantaMaths model's name stands for.

Hyper-parameters are those of the published training: fresh batches of 64 questions of one operation, AdamW that
decays all weights, a rise over a fifth of the steps from one in a hundred on, half a cosine to zero, no clipping.
"""

from dataclasses import replace
from typing import Any

from seqmodel import QuantaMathsName
from seqtrain._checks import fail
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_from_dict

SUBTRACTION, SUBTRACTION_IF_GROWN = 0.66, 0.8
"""Share of the batches of a mix that are subtractions; where it began with a smaller model."""

_HOLDS = {None: "nothing", 1: "nothing", 2: "heads", 3: "heads and feed-forward"}
_VALIDATIONS = 40
_LONGEST = 1000


def quantamaths_tables(name: str, *, steps: int | None = None, grow_from: str = "") -> dict[str, Any]:
    """Return a recipe's tables, as `recipe_from_dict` and overrides take them.

    Args:
        name: Of a model, such as "mix_d6_l3_h4_t40K_s372001".
        steps: Other than the name says, or instead of it.
        grow_from: The smaller model that one of ins1, ins2 or ins3 begins with; its name does not say which.

    Raises:
        ValueError: It is no such name, or the smaller model is missing, or has no use.
    """
    parsed = QuantaMathsName.parse(name)
    if (parsed.insert is None) == bool(grow_from):
        right = f"left out: {name} begins with fresh weights" if grow_from else f"given: {name} begins with another one"
        fail("the smaller model (--from)", grow_from, right)
    if steps is None and parsed.thousands is None:
        fail("steps (--steps)", steps, f"given: {name} does not end in the thousands of its steps, like _t40K_s372001")
    total = steps if steps is not None else 1000 * (parsed.thousands or 0)
    subtraction = SUBTRACTION if parsed.insert is None else SUBTRACTION_IF_GROWN
    every = min(_LONGEST, max(1, total // _VALIDATIONS))
    return {
        "model": {"preset": name},
        "data": {"batch": 64},
        "questions": {
            "digits": parsed.digits,
            "operation": parsed.operation,
            "subtraction": subtraction,
            "published": True,
            "batches": "alike",
        },
        "optimiser": {
            "kind": "adamw",
            "learning_rate": 8e-5,
            "beta1": 0.9,
            "beta2": 0.98,
            "weight_decay": 0.1,
            "decay": "all",
            "clip": "none",
        },
        "schedule": {"kind": "cosine", "warmup": total // 5, "warmup_from": 0.01, "floor": 0.0},
        "validation": {"every": every, "rows": 1000, "final_rows": 10_000},
        "stopping": {"patience": 0, "restore": "last"},
        "budget": {"steps": total},
        "run": {
            "seed": parsed.seed or 0,
            "grow_from": grow_from,
            "hold": _HOLDS[parsed.insert],
            "keep_losses": True,
        },
    }


def quantamaths_recipe(name: str, *, steps: int | None = None, grow_from: str = "") -> Recipe:
    """Return the recipe that a name stands for; see `quantamaths_tables`.

    >>> recipe = quantamaths_recipe("mix_d6_l3_h4_t40K_s372001")
    >>> recipe.budget.steps, recipe.run.seed, recipe.model.context
    (40000, 372001, 22)
    """
    return recipe_from_dict(quantamaths_tables(name, steps=steps, grow_from=grow_from))


def recipe_of_published(name: str) -> Recipe:
    """Return the recipe of a published model's questions, shape and hyper-parameters, whatever it began with.

    >>> recipe_of_published("ins2_mix_d6_l3_h4_t40K_s372001").questions.digits
    6
    """
    parsed = replace(QuantaMathsName.parse(name), insert=None)
    return quantamaths_recipe(str(parsed), steps=None if parsed.thousands else 1)
