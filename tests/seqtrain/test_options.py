"""Every field of a recipe does something: a table says what, and the table is complete."""

import math
from dataclasses import fields
from itertools import pairwise
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
import torch

from seqtrain import Recipe, evaluate, recipe_from_dict, recipe_to_dict
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.model_predictor import model_predictor
from seqtrain.sources import Sources
from seqtrain.threads import using_threads


class Counts:
    """A callback that counts what it is told."""

    def __init__(self):
        self.logged_steps, self.validated_steps, self.evaluations, self.targets = [], [], [], 0

    def started(self, step):
        pass

    def logged(self, step, scalars):
        self.logged_steps.append(step)

    def validated(self, step, evaluation):
        self.validated_steps.append(step)
        self.evaluations.append(evaluation)
        self.targets = evaluation.overall.targets

    def close(self):
        pass


def train(recipe: Recipe):
    """Train without a folder; return the loop, what it told, the steps of its saves and its ending."""
    counts, saves = Counts(), []
    rows = Sources(recipe)
    loop = TrainingLoop(recipe, rows.training, rows.validation, counts)
    with using_threads(1):
        reason = loop.train(save=lambda: saves.append(loop.step), interrupted=lambda: False)
    return loop, counts, saves, reason


def merged(*changes):
    """Changes to sections, later ones over earlier ones."""
    names = dict.fromkeys(name for change in changes for name in change)
    return {name: {key: value for change in changes for key, value in change.get(name, {}).items()} for name in names}


def differ(one, other):
    return len(one) != len(other) or not torch.equal(one, other)


def changed(recipe: Recipe, **sections) -> Recipe:
    return recipe_from_dict(merged(recipe_to_dict(recipe), sections))


NUMBERS = {"model": {"head": "regression"}, "data": {"end": False}, "loss": {"kind": "huber"}}
"""What a model of one number needs."""

QUESTIONS = {
    "questions": {"digits": 3},
    "model": {"context": 12, "value_periods": []},
    "loss": {"kind": "cross-entropy"},
    "curriculum": {"stages": [{}]},
}
"""What a model that answers questions needs."""

CHANGES_WEIGHTS = {
    "model.dropout": 0.5,
    "data.low": -3,
    "data.high": 200,
    "data.end": False,
    "data.batch": 9,
    "data.short_terms": 4,
    "data.short_from": 9,
    "loss.alpha": 0.7,
    "loss.delta": 0.01,
    "optimiser.learning_rate": 0.02,
    "optimiser.beta1": 0.5,
    "optimiser.beta2": 0.5,
    "optimiser.epsilon": 1e-3,
    "optimiser.momentum": 0.5,
    "optimiser.matrix_learning_rate": 0.1,
    "optimiser.weight_decay": 0.5,
    "optimiser.clip_norm": 0.001,
    "optimiser.clip_value": 0.001,
    "schedule.warmup": 5,
    "schedule.warmup_from": 0.5,
    "schedule.floor": 0.005,
    "schedule.every": 4,
    "schedule.factor": 0.1,
    "curriculum.stages": [{"shares": {"phase2": 1}}],
    "questions.subtraction": 0.2,
    "questions.nines": 1.0,
    "questions.borrows": 0.9,
    "questions.equal": 0.9,
    "questions.short": 0.9,
    "questions.published": True,
    "budget.steps": 19,
    "budget.epochs": 3,
    "budget.epoch": 5,
    "run.seed": 1,
}
"""A value for each field that training depends on, unlike that of the tiny recipe."""

MATTERS_WITH = {
    "loss.delta": NUMBERS,
    "optimiser.momentum": {"optimiser": {"kind": "sgd"}},
    "optimiser.matrix_learning_rate": {"optimiser": {"kind": "muon"}},
    "data.short_from": {"data": {"short_terms": 4}},
    "optimiser.clip_value": {"optimiser": {"clip": "value"}},
    "schedule.every": {"schedule": {"kind": "step", "every": 10}},
    "schedule.factor": {"schedule": {"kind": "step", "every": 10}},
    "questions.subtraction": QUESTIONS,
    "questions.nines": QUESTIONS,
    "questions.borrows": QUESTIONS,
    "questions.equal": QUESTIONS,
    "questions.short": QUESTIONS,
    "questions.published": QUESTIONS,
    "budget.epochs": {"budget": {"epoch": 5}},
    "budget.epoch": {"budget": {"epochs": 3}},
}
"""The other settings without which a field has nothing to say."""

CHOICES = {
    "data.overflow": {},
    "loss.labels": {label: {"loss": {"kind": "cross-entropy"}} for label in ("drawn", "posterior")},
    "loss.kind": {"squared": NUMBERS, "huber": NUMBERS},
    "loss.distance": {},
    "loss.prediction": {},
    "loss.positions": {},
    "loss.targets": {},
    "optimiser.kind": {},
    "optimiser.decay": {},
    "questions.operation": dict.fromkeys(("add", "sub", "mix"), QUESTIONS),
    "questions.batches": dict.fromkeys(("mixed", "alike"), QUESTIONS),
    "optimiser.clip": {"norm": {"optimiser": {"clip_norm": 0.01}}, "value": {"optimiser": {"clip_value": 0.01}}},
    "schedule.kind": {"step": {"schedule": {"every": 10}}, "exponential": {"schedule": {"every": 10}}},
    "run.precision": {},
}
"""Each field with named choices that training depends on, and what a choice needs besides."""

CHANGES_SOMETHING_ELSE = {
    "data.train",  # it is whole files that these change: test_sequence_file.py
    "data.validation",
    "data.held_out",
    "budget.memory",
    "questions.digits",  # the model's context follows from it: test_questions.py
    "run.device",
    "run.start_from",  # these begin with another model: test_starting.py, test_growing.py
    "run.grow_from",
    "run.grow_layers",
    "run.hold",
    "run.keep_losses",
    "validation.cadence",
    "validation.every",
    "validation.minutes",
    "validation.growth",
    "validation.longest",
    "validation.rows",
    "validation.final_rows",
    "validation.ceiling",
    "stopping.monitor",
    "stopping.patience",
    "stopping.min_delta",
    "stopping.restore",
    "budget.max_minutes",
    "run.threads",
    "run.log_every",
    "run.save_every",
}


def sections():
    return {
        section.name: type(getattr(Recipe(), section.name)) for section in fields(Recipe) if section.name != "model"
    }


def test_the_tables_name_every_field_once():
    tables = [CHANGES_WEIGHTS.keys() - {"model.dropout"}, CHOICES.keys(), CHANGES_SOMETHING_ELSE]
    named = {f"{section}.{field.name}" for section, kind in sections().items() for field in fields(kind)}
    assert named == set().union(*tables)
    assert len(named) == sum(map(len, tables))


def values_of(name):
    section, field = name.split(".")
    return get_args(get_type_hints(sections()[section])[field])


def test_the_table_of_choices_names_every_field_that_has_some():
    chosen = {
        f"{section}.{field}"
        for section, kind in sections().items()
        for field, hint in get_type_hints(kind).items()
        if get_origin(hint) is Literal
    }
    assert chosen - CHANGES_SOMETHING_ELSE == CHOICES.keys()
    assert all(set(CHOICES[name]) <= set(values_of(name)) for name in CHOICES)


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
    base = changed(tiny, **MATTERS_WITH.get(name, {}))
    assert differ(weights_of(base), weights_of(changed(base, **{section: {field: value}})))


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_trains_weights_of_its_own(tiny, weights_of, name):
    section, field = name.split(".")
    weights = [
        weights_of(changed(tiny, **merged(CHOICES[name].get(value, {}), {section: {field: value}})))
        for value in values_of(name)
    ]
    assert all(differ(one, other) for place, one in enumerate(weights) for other in weights[:place])


def test_equal_recipes_train_equal_weights(tiny):
    first, second = (train(tiny)[0].model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_no_clipping_is_a_norm_of_zero_and_a_bound_that_is_never_reached(tiny, weights_of):
    settings = [{"clip": "none"}, {"clip_norm": 0}, {"clip_norm": 1e9}, {"clip": "value", "clip_value": 1e9}]
    for one, other in pairwise(weights_of(changed(tiny, optimiser=setting)) for setting in settings):
        assert torch.equal(one, other)


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
    endless = changed(tiny, budget={"steps": 10**9, "max_minutes": 0.005}, stopping={"patience": 0})
    loop, counts, _, reason = train(endless)
    assert reason == "time budget"
    assert counts.validated_steps[-1] == loop.step


def test_a_loss_that_is_not_a_number_ends_training_and_the_best_weights_are_from_before(tiny):
    loop, _, _, reason = train(
        changed(tiny, optimiser={"learning_rate": 1e30, "clip_norm": 0}, budget={"steps": 10**6})
    )
    assert reason == "not a number"
    assert math.isfinite(loop.stopping.best_loss)
    assert all(t.isfinite().all() for t in loop.kept.model().state_dict().values())


def test_epochs_take_the_place_of_steps(tiny):
    _, counts, _, reason = train(
        changed(tiny, budget={"epochs": 3, "epoch": 4, "steps": 5}, validation={"cadence": "epoch", "every": 1})
    )
    assert counts.validated_steps == [0, 4, 8, 12]
    assert reason == "steps done"


def test_the_schedule_ends_with_the_last_epoch(tiny, weights_of):
    by_epochs, by_steps = ({"epochs": 3, "epoch": 5}, {"steps": 15})
    assert torch.equal(*(weights_of(changed(tiny, budget=budget)) for budget in (by_epochs, by_steps)))


FIGURES = {"loss": lambda all_rows: -all_rows.log_loss, "accuracy": lambda all_rows: all_rows.accuracy}


@pytest.mark.parametrize(
    ("monitor", "figure"), [("loss", "loss"), ("accuracy", "accuracy"), ("combined", "loss")], ids=lambda text: text
)
def test_the_best_weights_are_those_of_the_figure_that_is_watched(tiny, monitor, figure):
    """A rate that is too high makes the figures jump about, each in its own way."""
    recipe = changed(
        tiny,
        stopping={"monitor": monitor},
        optimiser={"learning_rate": 0.3},
        validation={"every": 1, "rows": 64},
    )
    loop, counts, _, _ = train(recipe)
    overall = [evaluation.overall for evaluation in counts.evaluations]
    best = {name: max(range(len(overall)), key=lambda step: good(overall[step])) for name, good in FIGURES.items()}
    assert best["loss"] != best["accuracy"]
    assert loop.stopping.best_step == best[figure]
    assert loop.stopping.best_loss == overall[best[figure]].log_loss


@pytest.mark.parametrize("restore", ["best", "last"])
def test_the_best_or_the_last_weights_are_kept(tiny, restore):
    recipe = changed(
        tiny,
        stopping={"restore": restore, "patience": 0},
        optimiser={"learning_rate": 0.3},
        validation={"every": 1, "rows": 64},
    )
    loop, counts, _, _ = train(recipe)
    losses = [evaluation.overall.log_loss for evaluation in counts.evaluations]
    step = losses.index(min(losses)) if restore == "best" else 20
    assert min(losses) < losses[-1]
    assert (loop.kept.step(loop.step, loop.stopping), loop.kept.loss(loop.stopping)) == (step, losses[step])
    figures = evaluate(model_predictor(loop.kept.model()), final_rows(recipe, purpose="validation"), rows=64, terms=256)
    assert figures.overall.log_loss == losses[step]


def test_last_weights_that_are_no_numbers_give_way_to_the_best(tiny):
    loop, _, _, reason = train(
        changed(
            tiny,
            stopping={"restore": "last"},
            optimiser={"learning_rate": 1e30, "clip_norm": 0},
            budget={"steps": 10**6},
        )
    )
    assert reason == "not a number"
    assert loop.kept.step(loop.step, loop.stopping) == loop.stopping.best_step
    assert all(t.isfinite().all() for t in loop.kept.model().state_dict().values())


def test_early_stopping_hears_the_figure_that_is_watched(tiny):
    """The loss falls all the time; the accuracy is right from the start."""
    recipe = changed(
        tiny,
        data={"low": 0, "high": 3, "end": False},
        stopping={"patience": 3, "min_delta": 0.5},
        optimiser={"learning_rate": 0.001},
        validation={"every": 1, "rows": 64},
    )
    ends = {}
    for monitor, min_delta in (("accuracy", 0.5), ("loss", 0.0), ("combined", 0.0)):
        loop, _, _, reason = train(changed(recipe, stopping={"monitor": monitor, "min_delta": min_delta}))
        ends[monitor] = loop.step, reason
    assert ends == {
        "accuracy": (3, "early stopping"),
        "loss": (20, "steps done"),
        "combined": (20, "steps done"),
    }


WRONG_TOGETHER = [
    ({"model": {"attention": "full"}}, "loss.targets is 'prefixes'; it must be 'last' with model.attention 'full'"),
    (
        {"model": {"head": "regression"}, "data": {"end": False}},
        "loss.kind is 'cross-entropy'; .* 'squared' or 'huber'",
    ),
    (
        merged(NUMBERS, {"data": {"end": True}}),
        "data.end is True; .* false with model.head 'regression': END is no num",
    ),
    ({"loss": {"kind": "squared"}}, "loss.kind is 'squared'; it must be a loss of classes .* needs 'regression'"),
    ({"validation": {"cadence": "adaptive", "longest": 9}}, "validation.longest is 9; .* validation.every = 500"),
]


@pytest.mark.parametrize(("table", "message"), WRONG_TOGETHER, ids=lambda value: str(value)[:30])
def test_what_does_not_fit_together_is_refused_with_the_reason(table, message):
    with pytest.raises(ValueError, match=message):
        recipe_from_dict(table)
