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


@pytest.mark.parametrize("kind", ["cross-entropy", "distance-weighted"])
@given(data=st.data())
def test_ignored_targets_change_nothing(kind, data):
    loss = make_loss(LossRecipe(kind=kind), TERMS)
    logits = torch.randn(2, 5, CLASSES, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor(
        data.draw(st.lists(st.lists(st.integers(0, 256), min_size=5, max_size=5), min_size=2, max_size=2))
    )
    hidden = torch.tensor(data.draw(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=2)))
    hidden[0, 0] = False
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
