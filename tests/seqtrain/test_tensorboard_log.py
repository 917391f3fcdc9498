"""What TensorBoard shows of a validation: every group, what it stands beside, and a picture."""

import io

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from seqgen import Posterior
from seqmodel import IntegerVocabulary
from seqtrain import evaluate, recipe_from_dict
from seqtrain.baselines import rule_baselines
from seqtrain.ideal import posterior_predictor
from seqtrain.mixture import final_rows
from seqtrain.possible import mixed_universe
from seqtrain.tensorboard_log import TensorBoardLog
from seqtrain.tensorboard_picture import picture_of

RECIPE = recipe_from_dict(
    {
        "model": {"context": 5},
        "data": {"high": 20, "batch": 64, "held_out": 0.3},
        "curriculum": {"stages": [{"shares": {"small_universes:steps": 1, "small_universes:jumps": 1}}]},
    }
)
VOCABULARY = IntegerVocabulary(low=0, high=20)


@pytest.fixture(scope="module")
def evaluation():
    """Figures of linear extrapolation, with those of the posterior on the same rows."""
    source = final_rows(RECIPE, purpose="validation")
    known = posterior_predictor(Posterior.of(mixed_universe(RECIPE)), VOCABULARY)
    possible = evaluate(known, source, rows=200, terms=21)
    rule = rule_baselines(VOCABULARY)["linear extrapolation"]
    return evaluate(rule, source, rows=200, terms=21, possible=possible)


@pytest.fixture
def logged(evaluation, tmp_path):
    log = TensorBoardLog(
        tmp_path,
        phases=tuple(evaluation.phases),
        terms=21,
        figures=("accuracy", "teacher_forced"),
        context=5,
        beside={"last term": lambda: evaluation.overall},
    )
    log.started(0)
    log.validated(7, evaluation)
    log.close()
    return EventAccumulator(str(tmp_path)).Reload()


def test_every_group_stands_beside_the_baselines_and_what_is_possible(logged, evaluation):
    last = {tag: logged.Scalars(tag)[-1] for tag in logged.Tags()["scalars"]}
    assert {event.step for event in last.values()} == {7}
    groups = {
        "all": evaluation.overall,
        "small_universes:steps": evaluation.phases["small_universes:steps"],
        "rows/held_out": evaluation.held_out["held out"],
        "beside/possible": evaluation.possible.overall,
        "beside/last_term": evaluation.overall,
    }
    for group, metrics in groups.items():
        assert last[f"validation_accuracy/{group}"].value == pytest.approx(metrics.accuracy, rel=1e-6)
        assert last[f"validation_teacher_forced/{group}"].value == pytest.approx(metrics.teacher_forced, rel=1e-6)
    assert last["validation_accuracy/beside/random"].value == pytest.approx(1 / 21)
    assert last["validation_teacher_forced/beside/random"].value == pytest.approx(21.0**-2)


def test_the_baselines_are_measured_once_with_the_first_validation(evaluation, tmp_path):
    asked = []

    def measured():
        asked.append(tmp_path)
        return evaluation.overall

    log = TensorBoardLog(tmp_path, phases=tuple(evaluation.phases), terms=21, beside={"last term": measured})
    log.started(0)
    assert not asked, "a run begins without them"
    log.validated(3, evaluation)
    log.validated(7, evaluation)
    log.close()
    assert len(asked) == 1
    steps = EventAccumulator(str(tmp_path)).Reload().Scalars("validation_accuracy/beside/last_term")
    assert [event.step for event in steps] == [3, 7]


def test_the_share_of_what_is_possible_is_that_of_the_same_rows(logged, evaluation):
    for group, there in (("all", lambda e: e.overall), ("rows/others", lambda e: e.held_out["others"])):
        share = there(evaluation).accuracy / there(evaluation.possible).accuracy
        assert logged.Scalars(f"validation_share_of_possible/{group}")[-1].value == pytest.approx(share, rel=1e-6)
    # A rule that gives no probabilities has no regret.
    assert not [tag for tag in logged.Tags()["scalars"] if tag.startswith("validation_regret")]


def test_the_regret_is_that_of_the_same_rows(evaluation, tmp_path):
    log = TensorBoardLog(tmp_path, phases=tuple(evaluation.phases), terms=21)
    log.started(0)
    log.validated(3, evaluate_uniform(evaluation.possible))
    log.close()
    scalars = EventAccumulator(str(tmp_path)).Reload().Scalars("validation_regret/all")
    expected = np.log(22) - evaluation.possible.overall.log_loss
    assert scalars[-1].value == pytest.approx(expected, rel=1e-6)


def evaluate_uniform(possible):
    """Return the figures of who gives each class the same probability."""

    def predict(batches):
        said = rule_baselines(VOCABULARY)["last term"](batches)
        return type(said)(
            classes=said.classes, integers=said.integers, log_losses=np.full(said.classes.shape, np.log(22))
        )

    return evaluate(predict, final_rows(RECIPE, purpose="validation"), rows=200, terms=21, possible=possible)


def test_pictures_of_the_last_validation_are_there_to_see(logged, evaluation):
    tags = {f"validation_{name}_by_family_and_position" for name in ("accuracy", "possible_accuracy")}
    assert set(logged.Tags()["images"]) == tags
    (image,) = logged.Images("validation_accuracy_by_family_and_position")
    with Image.open(io.BytesIO(image.encoded_image_string)) as shown:
        np.testing.assert_array_equal(np.asarray(shown), picture_of(evaluation, lambda metrics: metrics.accuracy))


def test_a_cell_of_the_picture_is_as_dark_as_its_share(evaluation):
    picture = picture_of(evaluation, lambda metrics: metrics.accuracy).astype(int)
    families, depths = list(evaluation.cells), list(evaluation.positions)
    height = picture.shape[0] - 22 * len(families)
    corners = {
        (name, depth): picture[height + 22 * row + 1, picture.shape[1] - 58 * (len(depths) - column) + 1]
        for row, name in enumerate(families)
        for column, depth in enumerate(depths)
    }
    shares = {(name, depth): each.accuracy for name, row in evaluation.cells.items() for depth, each in row.items()}
    darkest, palest = max(shares, key=shares.get), min(shares, key=shares.get)
    assert corners[darkest].sum() < corners[palest].sum()
    for cell, share in shares.items():
        assert corners[cell].tolist() == [round(255 + (full - 255) * share) for full in (11, 99, 196)]


def test_a_source_without_families_has_no_picture(evaluation, tmp_path):
    log = TensorBoardLog(tmp_path, phases=(), terms=21)
    log.started(0)
    log.validated(1, type(evaluation)(rows=1, overall=evaluation.overall, phases={}))
    log.close()
    assert EventAccumulator(str(tmp_path)).Reload().Tags()["images"] == []
