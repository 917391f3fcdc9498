import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqtrain import Curriculum
from seqtrain.curriculum import final_mixture
from seqtrain.recipe import CurriculumRecipe, StageRecipe

NAMES = ("phase1", "phase2", "phase3")
shares = st.dictionaries(st.sampled_from(NAMES), st.floats(0.01, 10), min_size=1)


@st.composite
def curricula(draw):
    stages, start = [StageRecipe(shares=draw(shares))], 0
    for _ in range(draw(st.integers(0, 3))):
        start += draw(st.integers(1, 30))
        transition = draw(st.integers(0, 30))
        stages.append(StageRecipe(start=start, transition=transition, shares=draw(shares)))
        start += transition
    return CurriculumRecipe(stages=tuple(stages))


def wanted(stage, names):
    total = sum(stage.shares.values())
    return np.array([stage.shares.get(name, 0) / total for name in names])


@given(curricula())
def test_shares_sum_to_one_and_reach_each_stage_exactly(recipe):
    curriculum = Curriculum(recipe)
    table = curriculum.shares(np.arange(curriculum.settled_at + 5))
    np.testing.assert_allclose(table.sum(1), 1)
    assert (table >= 0).all()
    for stage in recipe.stages:
        np.testing.assert_allclose(table[stage.start + stage.transition], wanted(stage, curriculum.names))
    np.testing.assert_array_equal(table[curriculum.settled_at :], [table[-1]] * 5)


@given(curricula())
def test_a_transition_is_a_straight_line_from_the_stage_before(recipe):
    curriculum = Curriculum(recipe)
    for before, stage in zip(recipe.stages, recipe.stages[1:], strict=False):
        line = curriculum.shares(np.arange(stage.start, stage.start + stage.transition + 1))
        first = wanted(before if stage.transition else stage, curriculum.names)
        np.testing.assert_allclose(line, np.linspace(first, line[-1], len(line)), atol=1e-12)


@given(curricula(), st.integers(0, 200))
def test_the_share_of_a_step_does_not_depend_on_the_steps_asked_with_it(recipe, step):
    curriculum = Curriculum(recipe)
    np.testing.assert_array_equal(curriculum.shares([step])[0], curriculum.shares(np.arange(201))[step])


@given(curricula())
def test_the_final_mixture_begins_where_the_curriculum_ends(recipe):
    final = Curriculum(final_mixture(recipe))
    whole = Curriculum(recipe)
    ended = dict(zip(whole.names, whole.shares([whole.settled_at])[0], strict=True))
    for name, share in zip(final.names, final.shares([0])[0], strict=True):
        np.testing.assert_allclose(ended.pop(name), share)
    assert not any(ended.values())
