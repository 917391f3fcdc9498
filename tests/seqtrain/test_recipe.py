import tomllib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqmodel
from seqtrain import Recipe, load_recipe, recipe_from_dict, recipe_to_dict, recipe_to_toml
from seqtrain.cli import main
from seqtrain.recipe import (
    BudgetRecipe,
    CurriculumRecipe,
    DataRecipe,
    LossRecipe,
    OptimiserRecipe,
    RunRecipe,
    ScheduleRecipe,
    StageRecipe,
    StoppingRecipe,
    ValidationRecipe,
)
from seqtrain.recipe_reference import descriptions, recipe_reference

SECTIONS = (
    BudgetRecipe,
    CurriculumRecipe,
    DataRecipe,
    LossRecipe,
    OptimiserRecipe,
    RunRecipe,
    ScheduleRecipe,
    StageRecipe,
    StoppingRecipe,
    ValidationRecipe,
    Recipe,
)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_has_a_default_and_is_described(section):
    section()
    for field in fields(section):
        assert f"{field.name}: " in section.__doc__


positive = st.floats(1e-9, 1e9)
shares = st.dictionaries(st.sampled_from(["phase1", "phase2", "default"]), positive, min_size=1)


@st.composite
def stages(draw):
    moves = draw(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), max_size=3))
    listed, start = [{"shares": draw(shares)}], 0
    for wait, transition in moves:
        start += wait
        listed.append({"start": start, "transition": transition, "shares": draw(shares)})
        start += transition
    return listed


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "loss": st.fixed_dictionaries({"alpha": positive, "kind": st.just("distance-weighted")}),
            "curriculum": st.fixed_dictionaries({"stages": stages()}),
            "data": st.fixed_dictionaries({"low": st.integers(-9, 0), "end": st.booleans()}),
            "model": st.fixed_dictionaries({"d_ff": st.integers(1, 99), "dropout": st.floats(0, 0.9)}),
        },
    )
)
def test_a_recipe_survives_toml_and_dictionaries(table):
    recipe = recipe_from_dict(table)
    assert recipe_from_dict(recipe_to_dict(recipe)) == recipe
    assert recipe_from_dict(tomllib.loads(recipe_to_toml(recipe))) == recipe


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"lss": {}}, "unknown field lss; did you mean loss?"),
        ({"loss": {"alfa": 1}}, "unknown field loss.alfa; did you mean loss.alpha?"),
        (
            {"run": {"zzz": 1}},
            "unknown field run.zzz; known are seed, start_from, grow_from, grow_layers, hold, device, precision, ",
        ),
        ({"model": {"preset": "nextin"}}, "model: there is no preset 'nextin': choose from default, nextint"),
        ({"model": {"preset": 3}}, "model.preset is 3; it must be the name of a preset"),
        ({"model": {"layer": 1}}, "model: unknown field 'layer' .* did you mean 'layers'?"),
        ({"loss": 3}, "loss is 3; it must be a table of fields"),
        ({"loss": {"alpha": "big"}}, "loss.alpha is 'big'; it must be a number"),
        ({"loss": {"alpha": True}}, "loss.alpha is True; it must be a number"),
        ({"loss": {"alpha": float("nan")}}, "loss.alpha is nan; it must be a finite number"),
        ({"loss": {"alpha": -1}}, "loss.alpha is -1.0; it must be 0 or more"),
        ({"loss": {"kind": "mse"}}, "loss.kind is 'mse'; it must be one of 'cross-entropy', 'distance-weighted'"),
        ({"run": {"seed": 1.5}}, "run.seed is 1.5; it must be a whole number"),
        ({"data": {"end": 1}}, "data.end is 1; it must be true or false"),
        ({"data": {"high": 0}}, "data.high is 0; it must be a whole number above data.low = 0"),
        ({"optimiser": {"beta1": 1}}, "optimiser.beta1 is 1.0; it must be at least 0 and below 1"),
        ({"optimiser": {"learning_rate": 0}}, "optimiser.learning_rate is 0.0; it must be above 0"),
        ({"schedule": {"floor": 1}}, "schedule.floor is 1.0; it must be at most optimiser.learning_rate = 0.001"),
        ({"curriculum": {"stages": 3}}, "curriculum.stages is 3; it must be a list"),
        ({"curriculum": {"stages": []}}, "curriculum.stages is .*; it must be at least one stage"),
        ({"curriculum": {"stages": [{"shares": 3}]}}, "curriculum.stages.shares is 3; it must be a table"),
        ({"curriculum": {"stages": [{"shares": {"phase1": 0}}]}}, "at least one share above 0"),
        ({"curriculum": {"stages": [{"start": 5}]}}, "0 for both in the first stage"),
        ({"curriculum": {"stages": [{}, {"start": 5, "transition": 9}, {"start": 13}]}}, "14 or more in this stage"),
    ],
)
def test_a_wrong_recipe_is_refused_with_field_value_and_remedy(table, message):
    with pytest.raises(ValueError, match=message):
        recipe_from_dict(table)


def test_overrides_are_toml_values_or_plain_text(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("[loss]\nalpha = 0.5\n")
    recipe = load_recipe(path, ["loss.kind=distance-weighted", "budget.steps = 7", "loss.alpha=2"])
    assert (recipe.loss, recipe.budget.steps) == (LossRecipe(kind="distance-weighted", alpha=2), 7)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("alpha=1", "'alpha=1' is not of the form section.field=value"),
        ("loss.alpha", "is not of the form"),
        ("los.alpha=1", "unknown field los; did you mean loss?"),
        ("loss.alpah=1", "did you mean loss.alpha?"),
        ("loss.alpha=x", "loss.alpha is 'x'; it must be a number"),
    ],
)
def test_a_wrong_override_is_refused(tmp_path, override, message):
    path = tmp_path / "recipe.toml"
    path.write_text("")
    with pytest.raises(ValueError, match=message):
        load_recipe(path, [override])


def test_a_file_that_is_not_toml_is_refused(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_bytes(b"[loss\xff")
    with pytest.raises(ValueError, match=r"recipe\.toml is not TOML"):
        load_recipe(path)


def test_a_preset_is_what_the_other_fields_change():
    recipe = recipe_from_dict({"model": {"preset": "nextint", "layers": 3, "value_periods": []}})
    assert recipe.model == seqmodel.preset("nextint", layers=3)
    assert recipe_from_dict(recipe_to_dict(recipe)) == recipe
    assert recipe_from_dict({"model": {"preset": "default"}}) == Recipe()


def test_every_field_is_described_where_it_is_defined():
    for kind in (*SECTIONS, seqmodel.ModelConfig):
        said = descriptions(kind)
        assert set(said) == {field.name for field in fields(kind)}
        assert all(said.values())


def test_the_reference_is_the_default_recipe_and_can_be_begun_from(tmp_path):
    (tmp_path / "mine.toml").write_text(recipe_reference())
    assert load_recipe(tmp_path / "mine.toml") == Recipe()
    assert "# Strength" not in recipe_reference("budget")
    assert tomllib.loads(recipe_reference("budget"))["budget"] == recipe_to_dict(Recipe())["budget"]
    with pytest.raises(ValueError, match="there is no section 'los': choose from model, data, loss"):
        recipe_reference("los")


def test_the_command_prints_the_reference(capsys):
    assert main(["recipe", "loss"]) == 0
    assert capsys.readouterr().out == recipe_reference("loss")
    assert main(["recipe", "los"]) != 0
    assert "there is no section 'los'" in capsys.readouterr().err
