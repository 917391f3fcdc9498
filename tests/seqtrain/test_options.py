"""Every field of a recipe does something: a table says what, and the table is complete."""

import math
from dataclasses import fields

import pytest
import torch

from seqtrain import Mixture, Recipe, recipe_from_dict, recipe_to_dict
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows


class Counts:
    """A callback that counts what it is told."""

    def __init__(self):
        self.logged_steps, self.validated_steps, self.targets = [], [], 0

    def started(self, step):
        pass

    def logged(self, step, scalars):
        self.logged_steps.append(step)

    def validated(self, step, evaluation):
        self.validated_steps.append(step)
        self.targets = evaluation.overall.targets

    def close(self):
        pass


def train(recipe: Recipe):
    """Train without a folder; return the loop, what it told, the steps of its saves and its ending."""
    counts, saves = Counts(), []
    loop = TrainingLoop(recipe, Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation"), counts)
    reason = loop.train(save=lambda: saves.append(loop.step), interrupted=lambda: False)
    return loop, counts, saves, reason


def changed(recipe: Recipe, **sections) -> Recipe:
    table = recipe_to_dict(recipe)
    for section, values in sections.items():
        table[section] |= values
    return recipe_from_dict(table)


CHANGES_WEIGHTS = {
    "model.dropout": 0.5,
    "data.low": -3,
    "data.high": 200,
    "data.overflow": "wrap",
    "data.end": False,
    "data.batch": 9,
    "loss.kind": "cross-entropy",
    "loss.alpha": 0.7,
    "loss.distance": "sqrt",
    "loss.prediction": "argmax",
    "optimiser.learning_rate": 0.02,
    "optimiser.beta1": 0.5,
    "optimiser.beta2": 0.5,
    "optimiser.epsilon": 1e-3,
    "optimiser.weight_decay": 0.5,
    "optimiser.clip_norm": 0.001,
    "schedule.kind": "constant",
    "schedule.warmup": 5,
    "schedule.floor": 0.005,
    "curriculum.stages": [{"shares": {"phase2": 1}}],
    "budget.steps": 19,
    "run.seed": 1,
    "run.precision": "bfloat16",
}
CHANGES_SOMETHING_ELSE = {
    "validation.every",
    "validation.rows",
    "validation.final_rows",
    "validation.ceiling",
    "stopping.patience",
    "stopping.min_delta",
    "budget.max_minutes",
    "run.threads",
    "run.log_every",
    "run.save_every",
}


def test_the_tables_name_every_field_once():
    named = {
        f"{section.name}.{field.name}"
        for section in fields(Recipe)
        if section.name != "model"
        for field in fields(getattr(Recipe(), section.name))
    }
    assert named == (CHANGES_WEIGHTS.keys() - {"model.dropout"}) | CHANGES_SOMETHING_ELSE


@pytest.fixture(scope="module")
def weights_of():
    """Return the final weights of a recipe, flat, trained once for equal recipes."""
    seen = {}

    def weights(recipe: Recipe) -> torch.Tensor:
        key = repr(recipe)
        if key not in seen:
            seen[key] = torch.cat([t.flatten() for t in train(recipe)[0].model.state_dict().values()])
        return seen[key]

    return weights


@pytest.mark.parametrize(("name", "value"), CHANGES_WEIGHTS.items())
def test_a_field_that_training_depends_on_changes_the_weights(tiny, weights_of, name, value):
    section, field = name.split(".")
    base, other = weights_of(tiny), weights_of(changed(tiny, **{section: {field: value}}))
    assert len(base) != len(other) or not torch.equal(base, other)


def test_equal_recipes_train_equal_weights(tiny):
    first, second = (train(tiny)[0].model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_no_clipping_is_a_norm_of_zero(tiny, weights_of):
    never, huge = (weights_of(changed(tiny, optimiser={"clip_norm": norm})) for norm in (0, 1e9))
    assert torch.equal(never, huge)


def test_validations_logs_and_saves_come_when_they_should(tiny):
    recipe = changed(
        tiny, validation={"every": 7, "rows": 5}, run={"log_every": 4, "save_every": 6}, budget={"steps": 15}
    )
    _, counts, saves, reason = train(recipe)
    assert counts.validated_steps == [0, 7, 14, 15]
    assert counts.logged_steps == [4, 8, 12]
    assert saves == [0, 6, 12]
    assert reason == "steps done"
    assert 4 * 5 <= counts.targets <= 8 * 5


@pytest.mark.parametrize(
    ("stopping", "stages", "last_step"),
    [
        ({"patience": 3, "min_delta": 100.0}, [{}], 6),
        ({"patience": 2, "min_delta": 100.0}, [{}], 4),
        ({"patience": 0, "min_delta": 100.0}, [{}], 20),
        ({"patience": 2, "min_delta": 0.0}, [{}], 20),
        ({"patience": 2, "min_delta": 100.0}, [{}, {"start": 4, "transition": 3}], 10),
    ],
    ids=["patience 3", "patience 2", "never", "every improvement counts", "armed after the curriculum"],
)
def test_early_stopping_waits_for_patience_validations_on_the_final_mixture(tiny, stopping, stages, last_step):
    recipe = changed(
        tiny,
        stopping=stopping,
        validation={"every": 2, "rows": 512},
        optimiser={"learning_rate": 0.001},
        curriculum={"stages": [stage | {"shares": {"phase1": 1}} for stage in stages]},
    )
    loop, _, _, reason = train(recipe)
    assert loop.step == last_step
    assert (reason == "early stopping") is (last_step < 20)


def test_the_time_budget_ends_training_with_a_validation(tiny):
    loop, counts, _, reason = train(changed(tiny, budget={"steps": 10**9, "max_minutes": 0.005}))
    assert reason == "time budget"
    assert counts.validated_steps[-1] == loop.step


def test_a_loss_that_is_not_a_number_ends_training_and_the_best_weights_are_from_before(tiny):
    loop, _, _, reason = train(
        changed(tiny, optimiser={"learning_rate": 1e30, "clip_norm": 0}, budget={"steps": 10**6})
    )
    assert reason == "not a number"
    assert math.isfinite(loop.stopping.best_loss)
    assert all(t.isfinite().all() for t in loop.best_model().state_dict().values())
