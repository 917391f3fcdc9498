"""What `seqtrain growth` is made of: sizes, universes, slopes and verdicts."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen import universe
from seqmodel import parameter_shapes
from seqtrain import Recipe, load_recipe, recipe_from_dict
from seqtrain.growth_axes import AXES, Size, grown, lacking, series
from seqtrain.growth_figures import Point, estimate_of, remembering, slopes
from seqtrain.growth_point import Measured
from seqtrain.growth_slope import slope
from seqtrain.growth_universes import MOST_DOUBLINGS, doubled, universe_name
from seqtrain.growth_verdicts import verdict_of
from seqtrain.mixture import vocabulary_of
from seqtrain.run_memory import run_memory
from seqtrain.universe_memory import UniverseMemory, universe_memory


def listed_before(_recipe):
    """Stand in for a listing of rules, which takes long for a large universe."""
    return UniverseMemory(rules=1000, rows=50_000, posterior=100_000, ceiling=300_000)


@pytest.mark.parametrize("axis", AXES)
def test_one_thing_doubles_and_all_else_stays(axis):
    sizes = list(series(Recipe(), axis, 3))
    assert [size.name for size in sizes] == [f"{axis}-{k}" for k in range(4)]
    first = sizes[0].recipe
    changed = {"parameters": "model", "context": "model", "batch": "data", "universe": "curriculum"}[axis]
    for size in sizes:
        same = {changed: getattr(first, changed)}
        assert replace(size.recipe, **same) == first
    if axis == "batch":
        assert [size.recipe.data.batch for size in sizes] == [256, 512, 1024, 2048]
    if axis == "context":
        assert [size.recipe.model.context for size in sizes] == [8, 16, 32, 64]
    if axis == "parameters":
        counts = [estimate_of(size, listed_before).count for size in sizes]
        assert all(1.7 < more / less < 2.3 for less, more in itertools.pairwise(counts))


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 8), st.booleans())
def test_a_wider_model_can_always_be_built_and_has_about_twice_the_weights(heads, size, doublings, own):
    model = {"d_model": 4 * size * heads, "heads": heads, "layers": 3} | ({"d_head": 8, "d_ff": 100} if own else {})
    recipe = recipe_from_dict({"model": model})
    wider = grown(recipe, "parameters", doublings).model
    assert wider.d_model % heads == 0
    assert wider.layers == 3
    assert wider.head_size >= 4
    shapes = parameter_shapes(wider, vocabulary_of(recipe))
    assert all(all(side > 0 for side in shape) for shape in shapes.values())
    assert abs(wider.d_model / recipe.model.d_model / math.sqrt(2) ** doublings - 1) <= 0.5 / size + 1e-9


def test_what_is_measured_is_the_recipe_once_its_curriculum_has_settled():
    stages = [{"shares": {"phase1": 1}}, {"start": 50, "transition": 10, "shares": {"phase1": 1, "phase2": 2}}]
    recipe = recipe_from_dict({"curriculum": {"stages": stages}, "data": {"short_terms": 2, "short_from": 100}})
    larger = grown(recipe, "batch", 1)
    assert [dict(stage.shares) for stage in larger.curriculum.stages] == [{"phase1": 1, "phase2": 2}]
    assert (larger.data.short_from, larger.data.short_terms) == (0, 2)


def test_what_has_no_rules_has_no_universe_that_grows():
    own = recipe_from_dict({"data": {"train": "mine.jsonl", "held_out": 0.1}})
    assert list(lacking(own)) == ["universe"]
    assert grown(own, "batch", 1) == replace(own, data=replace(own.data, batch=512))
    questions = recipe_from_dict({"questions": {"digits": 3}})
    assert sorted(lacking(questions)) == ["context", "universe"]


def test_universes_double_and_are_found_by_name():
    sizes = [len(universe(universe_name(times))) for times in range(3)]
    assert all(1.7 < more / less < 2.2 for less, more in itertools.pairwise(sizes))
    assert doubled(MOST_DOUBLINGS).listed
    assert not doubled(MOST_DOUBLINGS + 1).listed
    with pytest.raises(ValueError, match="has no attribute 'doubled_7'"):
        universe("seqtrain.growth_universes:doubled_7")
    with pytest.raises(ValueError, match="--doublings is 7; it must be at most 6 of a universe"):
        grown(Recipe(), "universe", 7)


@settings(max_examples=50)
@given(st.floats(-3, 3), st.floats(0.001, 1000), st.lists(st.integers(1, 10**9), min_size=2, max_size=8, unique=True))
def test_the_slope_of_a_power_is_its_exponent(exponent, factor, sizes):
    sizes.sort()
    found = slope(sizes, [factor * size**exponent for size in sizes])
    assert found is not None
    near = math.log(sizes[-1] / sizes[0]) < 0.01
    tolerance = 1e-3 if near else 1e-6
    assert found.exponent == pytest.approx(exponent, abs=tolerance)
    assert math.isnan(found.error) == (len(sizes) == 2)


def test_a_slope_knows_how_far_its_points_lie_apart():
    # log2: (0, 0), (1, 2), (2, 2), (3, 4): the line 0.2 + 1.2 x is off by -0.2, 0.6, -0.6, 0.2.
    found = slope([1, 2, 4, 8], [1, 4, 4, 16])
    assert found is not None
    assert found.exponent == pytest.approx(1.2)
    assert found.error == pytest.approx(math.sqrt((0.04 + 0.36 + 0.36 + 0.04) / 2 / 5))
    assert found.last == pytest.approx(2)
    assert slope([4, 4], [1, 2]) is None
    assert slope([1, 2], [0, 2]) is None
    assert slope([], []) is None


@pytest.fixture
def small(tiny):
    return replace(tiny, validation=replace(tiny.validation, ceiling=True))


def test_the_verdict_is_that_of_the_estimate(small):
    size = list(series(small, "batch", 2))[-1]
    budget = run_memory(grown(small, "batch", 4), listed_before(small)).total
    found = verdict_of(small, "batch", size, budget, listed_before)
    assert found.largest == estimate_of(size, listed_before)
    assert (found.whole.fits, found.whole.takes, found.whole.over) == (8 << 4, budget, 8 << 5)
    assert found.whole.over_takes == run_memory(grown(small, "batch", 5), listed_before(small)).total
    assert found.card is not None
    assert found.card.fits >= 8 << 4  # a GPU holds the model's part alone
    none = verdict_of(small, "batch", size, 10, listed_before)
    assert (none.whole.fits, none.whole.over) == (None, 8)
    assert not none.to_dict()["largest_fits"]


def test_a_batch_that_no_recipe_may_have_is_no_verdict(small):
    found = verdict_of(small, "batch", next(series(small, "batch", 0)), 10**15, listed_before)
    assert (found.whole.fits, found.whole.over) == (8 << 16, None)


def test_as_many_rules_fit_as_the_estimate_says(small):
    size = next(series(small, "universe", 0))
    found = verdict_of(small, "universe", size, 10**9, listed_before)
    assert found.card is None
    assert found.whole.fits is not None
    assert found.whole.takes <= 10**9 < found.whole.over_takes
    # In the figures a rule takes the ceiling's 300 and the tables' 50 bytes.
    assert found.whole.fits == pytest.approx(10**9 / 350, rel=0.02)


def test_a_universe_is_listed_once_for_all_recipes_that_have_it(small):
    universes = remembering()
    first = universes(small)
    assert first == universe_memory(small)
    assert universes(grown(small, "parameters", 2)) is first
    assert universes(replace(small, data=replace(small.data, batch=99))) is first
    assert universes(grown(small, "context", 1)).rows > first.rows


def test_slopes_are_those_of_what_was_measured(small):
    sizes = [Size(axis="batch", doublings=k, recipe=grown(small, "batch", k)) for k in range(3)]
    none = {"listing": None, "figures": None, "whole": None}
    points = [
        Point(
            size=size,
            estimate=estimate_of(size, listed_before),
            measured=Measured(clock=1.0, processor=4.0**k, rows=1.0, training=2**k, **none) if k else None,
        )
        for k, size in enumerate(sizes)
    ]
    found = slopes(points)
    assert found["processor"].exponent == pytest.approx(2)
    assert found["training"].exponent == pytest.approx(1)
    assert "listing" not in found


def test_the_shipped_recipe_grows_along_every_axis():
    recipe = load_recipe("recipes/default.toml")
    assert all(grown(recipe, axis, 4) for axis in AXES)
