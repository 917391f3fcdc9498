from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqtrain import IGNORE, make_loss
from seqtrain.recipe import LossRecipe

WEIGHTED = "distance-weighted"
TERMS, CLASSES = 256, 257
GROWTH = {"linear": lambda d: d, "quadratic": lambda d: d**2, "sqrt": lambda d: d**0.5}


def peaked(*peaks: int) -> torch.Tensor:
    """Logits (1, positions, classes) that put all but nothing on one class at each position."""
    logits = torch.zeros(1, len(peaks), CLASSES)
    for position, peak in enumerate(peaks):
        logits[0, position, peak] = 30.0
    return logits


def extra_penalty(recipe: LossRecipe, *, target: int, peak: int) -> float:
    """What the distance adds to the cross-entropy, as a multiple of it."""
    targets, logits = torch.tensor([[target]]), peaked(peak)
    plain = make_loss(LossRecipe(), TERMS)(logits, targets)
    return float(make_loss(recipe, TERMS)(logits, targets) / plain - 1)


@pytest.mark.parametrize("prediction", ["argmax", "expected"])
def test_a_peak_at_100_adds_90_times_the_penalty_of_a_peak_at_11_when_10_is_right(prediction):
    recipe = LossRecipe(kind=WEIGHTED, prediction=prediction)
    far, near = (extra_penalty(recipe, target=10, peak=peak) for peak in (100, 11))
    assert far / near == pytest.approx(90, rel=1e-4)
    assert (1 + far) / (1 + near) == pytest.approx(10 / 1.1, rel=1e-4)


@pytest.mark.parametrize("prediction", ["argmax", "expected"])
@pytest.mark.parametrize("distance", GROWTH)
@given(target=st.integers(0, 255), peak=st.integers(0, 255), alpha=st.floats(0, 2))
def test_the_factor_is_one_plus_alpha_times_the_distance(distance, prediction, target, peak, alpha):
    if target == peak:
        return
    recipe = LossRecipe(kind=WEIGHTED, alpha=alpha, distance=distance, prediction=prediction)
    expected = alpha * GROWTH[distance](abs(target - peak))
    assert extra_penalty(recipe, target=target, peak=peak) == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("prediction", ["argmax", "expected"])
def test_a_target_of_end_has_no_distance(prediction):
    assert extra_penalty(LossRecipe(kind=WEIGHTED, prediction=prediction), target=TERMS, peak=3) == pytest.approx(0)


def test_a_predicted_end_neither_adds_to_the_distance_nor_takes_from_it():
    logits = peaked(100)
    logits[..., TERMS] = 60.0
    targets = torch.tensor([[10]])
    plain = make_loss(LossRecipe(), TERMS)(logits, targets)
    assert float(make_loss(LossRecipe(kind=WEIGHTED), TERMS)(logits, targets) / plain - 1) == pytest.approx(9, rel=1e-4)


@pytest.mark.parametrize("kind", ["cross-entropy", "distance-weighted", "distance"])
@given(data=st.data())
def test_ignored_targets_change_nothing(kind, data):
    loss = make_loss(LossRecipe(kind=kind), TERMS)
    logits = torch.randn(2, 5, CLASSES, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor(
        data.draw(st.lists(st.lists(st.integers(0, 256), min_size=5, max_size=5), min_size=2, max_size=2))
    )
    hidden = torch.tensor(data.draw(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=2)))
    hidden[0, 0], targets[0, 0] = False, 7
    with_ignored = loss(logits, targets.masked_fill(hidden, IGNORE))
    without = loss(logits[~hidden][None], targets[~hidden][None])
    assert float(with_ignored) == pytest.approx(float(without), rel=1e-5)


@pytest.mark.parametrize(("prediction", "pulls"), [("expected", True), ("argmax", False)])
def test_only_the_expected_distance_has_a_gradient_of_its_own(prediction, pulls):
    """Two wrong classes of one probability: the farther one is pushed down harder only if it pulls."""
    logits = peaked(50).requires_grad_()
    make_loss(LossRecipe(kind=WEIGHTED, prediction=prediction), TERMS)(logits, torch.tensor([[40]])).backward()
    near, far = logits.grad[0, 0, [41, 250]]
    assert bool(far > near * 1.01) is pulls


ROWS, LENGTH = 3, 6
OPTIONS = {
    "kind": ["cross-entropy", "distance-weighted", "distance"],
    "distance": list(GROWTH),
    "prediction": ["expected", "argmax"],
    "positions": ["scored", "rows", "weighted"],
}
COMBINATIONS = [
    options
    for options in (dict(zip(OPTIONS, values, strict=True)) for values in product(*OPTIONS.values()))
    if (options["kind"], options["prediction"]) != ("distance", "argmax")
] + [{"kind": kind, "positions": positions} for kind in ("squared", "huber") for positions in OPTIONS["positions"]]


def example(terms: int, *, end: bool) -> torch.Tensor:
    """Targets (rows, length) of every sort: integers, END, ignored ones, and a row of those alone."""
    targets = torch.randint(terms, (ROWS, LENGTH), generator=torch.Generator().manual_seed(2))
    targets[0, 4] = terms if end else IGNORE
    targets[0, 5] = targets[1, 1:4] = targets[2] = IGNORE
    return targets


def charged(recipe: LossRecipe, outputs: np.ndarray, target: int, terms: int, low: int) -> float | None:
    """One target's loss in double precision, or None where it is not scored: the definition, word for word."""
    if target == IGNORE:
        return None
    if recipe.kind in ("squared", "huber"):
        error = abs(outputs[0] - (target + low) / max(abs(low), abs(low + terms - 1)))
        if recipe.kind == "squared":
            return error**2
        return error**2 / 2 if error <= recipe.delta else recipe.delta * (error - recipe.delta / 2)
    log_loss = np.log(np.exp(outputs).sum()) - outputs[target]
    if recipe.kind == "cross-entropy":
        return log_loss
    distances = GROWTH[recipe.distance](np.abs(np.arange(terms) - target).astype(float))
    shares = np.exp(outputs[:terms]) / np.exp(outputs[:terms]).sum()
    distance = (shares * distances).sum() if recipe.prediction == "expected" else distances[outputs[:terms].argmax()]
    if recipe.kind == "distance":
        return None if target == terms else distance
    return log_loss * (1 if target == terms else 1 + recipe.alpha * distance)


def averaged(recipe: LossRecipe, losses: list[list[float | None]]) -> float:
    """The mean that `positions` names."""
    if recipe.positions == "rows":
        rows = [[loss for loss in row if loss is not None] for row in losses]
        return float(np.mean([np.mean(row) for row in rows if row]))
    scored = [(place + 1, loss) for row in losses for place, loss in enumerate(row) if loss is not None]
    places, values = np.array(scored).T
    return float(np.average(values, weights=places if recipe.positions == "weighted" else None))


@pytest.mark.parametrize("options", COMBINATIONS, ids=lambda options: " ".join(options.values()))
def test_every_combination_is_what_its_definition_says(options):
    recipe, terms, low = LossRecipe(**options, alpha=0.3, delta=0.2), 20, -7
    numbers = recipe.kind in ("squared", "huber")
    generator = torch.Generator().manual_seed(1)
    outputs = torch.randn(ROWS, LENGTH, 1 if numbers else terms + 1, generator=generator)
    targets = example(terms, end=not numbers)
    losses = [
        [charged(recipe, said, int(target), terms, low) for said, target in zip(row, row_targets, strict=True)]
        for row, row_targets in zip(outputs.double().numpy(), targets, strict=True)
    ]
    found = make_loss(recipe, terms, low)(outputs, targets)
    assert float(found) == pytest.approx(averaged(recipe, losses), rel=1e-5)


def test_the_definitions_differ_on_the_example():
    """The table above would pass if some option did nothing and its definition did not either."""
    seen = set()
    for options in COMBINATIONS:
        recipe = LossRecipe(**options, alpha=0.3, delta=0.2)
        numbers = recipe.kind in ("squared", "huber")
        outputs = torch.randn(ROWS, LENGTH, 1 if numbers else 21, generator=torch.Generator().manual_seed(1))
        loss = float(make_loss(recipe, 20, -7)(outputs, example(20, end=not numbers)))
        seen.add(f"{loss:.4g}")
    # cross-entropy has no use for three distances and two predictions
    assert len(seen) == len(COMBINATIONS) - 3 * (3 * 2 - 1)


@pytest.mark.parametrize(("peak", "loss"), [(10, 0), (11, 1), (100, 90)])
def test_the_pure_distance_of_a_peak_is_how_far_it_is(peak, loss):
    assert float(make_loss(LossRecipe(kind="distance"), TERMS)(peaked(peak), torch.tensor([[10]]))) == pytest.approx(
        loss, abs=1e-4
    )


def test_the_pure_distance_draws_probability_towards_the_target():
    logits = torch.zeros(1, 1, CLASSES, requires_grad=True)
    make_loss(LossRecipe(kind="distance"), TERMS)(logits, torch.tensor([[0]])).backward()
    gradient = logits.grad[0, 0, :TERMS]
    assert (gradient.diff() > 0).all(), "the farther a class is, the harder it is pushed down"
    assert gradient[0] < 0 < gradient[-1]


@pytest.mark.parametrize(("error", "loss", "slope"), [(0.05, 0.00125, 0.05), (0.1, 0.005, 0.1), (0.6, 0.055, 0.1)])
def test_huber_is_half_the_square_up_to_delta_and_linear_from_there(error, loss, slope):
    said = torch.tensor([[[10 / 255 + error]]], requires_grad=True)
    found = make_loss(LossRecipe(kind="huber", delta=0.1), 256)(said, torch.tensor([[10]]))
    found.backward()
    assert (float(found.detach()), float(said.grad)) == (pytest.approx(loss, rel=1e-5), pytest.approx(slope, rel=1e-5))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "distance", "prediction": "argmax"}, "'expected' with loss.kind 'distance': an argmax has no grad"),
        ({"delta": 0}, "loss.delta is 0; it must be above 0"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        LossRecipe(**fields)
