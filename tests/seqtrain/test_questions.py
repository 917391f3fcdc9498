"""Training on questions of arithmetic: what is read, what is learned, and what is said of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parsed_page import ParsedPage

from seqgen.arithmetic import Questions, texts_of
from seqmodel import QUANTAMATHS_VOCABULARY, find_model
from seqtrain import IGNORE, Trainer, load_recipe, recipe_from_dict, recipe_to_toml, scores_report
from seqtrain.answers import answers_of
from seqtrain.cli import main
from seqtrain.drawing import training_batches
from seqtrain.loop import TrainingLoop
from seqtrain.losses import cross_entropy
from seqtrain.question_source import QuestionSource
from seqtrain.recipe import QuestionsRecipe
from seqtrain.sources import Sources
from seqtrain.state import load_state


def recipe_of(questions=(), **sections):
    table = {
        "model": {"d_model": 8, "layers": 1, "heads": 2, "activation": "relu", "d_ff": 16},
        "data": {"batch": 8},
        "questions": {"digits": 2, **dict(questions)},
        "optimiser": {"learning_rate": 0.01},
        "schedule": {"warmup": 3},
        "validation": {"every": 10, "rows": 30, "final_rows": 60},
        "budget": {"steps": 20},
        "run": {"threads": 1, "log_every": 5, "save_every": 10},
    }
    for section, fields in sections.items():
        table[section] = {**table.get(section, {}), **fields}
    return recipe_from_dict(table)


recipes = st.builds(
    QuestionsRecipe,
    digits=st.integers(3, 20),
    operation=st.sampled_from(["add", "sub", "mix"]),
    subtraction=st.floats(0, 1),
    nines=st.floats(0, 1),
    borrows=st.floats(0, 0.5),
    equal=st.floats(0, 0.5),
    batches=st.sampled_from(["mixed", "alike"]),
)


@given(recipes, st.integers(1, 9), st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_rows_are_questions_whose_answers_alone_are_asked_for(recipe, rows, first, count, uniform):
    source = QuestionSource(recipe, rows=rows, purpose="train", seed=3, uniform=uniform)
    batches = source.batches(first, count)
    assert batches.inputs.shape == batches.targets.shape == (count, rows, recipe.length - 1)
    asked = batches.targets != IGNORE
    assert (asked == (np.arange(recipe.length - 1) >= recipe.length - 1 - recipe.answer)).all()
    for tokens, targets, phase, family in zip(
        batches.inputs.reshape(-1, recipe.length - 1),
        batches.targets.reshape(-1, recipe.length - 1),
        batches.phases.ravel(),
        batches.families.ravel(),
        strict=True,
    ):
        read, answer = QUANTAMATHS_VOCABULARY.decode(tokens), QUANTAMATHS_VOCABULARY.decode(targets[-recipe.answer :])
        question, equals, seen = read.partition("=")
        assert seen == answer[:-1]
        assert "+-"[phase] in question
        parsed = Questions.parse([f"{question}{equals}{answer}"])  # which refuses a wrong answer
        assert source.families[family] == (source.phases[phase], parsed.difficulties()[0])


@given(recipes, st.integers(1, 9), st.integers(0, 1000), st.integers(1, 5))
def test_any_step_s_rows_can_be_had_alone(recipe, rows, first, count):
    source = QuestionSource(recipe, rows=rows, purpose="train", seed=3)
    whole = source.batches(first, count)
    for step in range(count):
        alone = source.batches(first + step, 1)
        assert np.array_equal(alone.inputs[0], whole.inputs[step])
        assert np.array_equal(alone.phases[0], whole.phases[step])


@given(recipes, st.integers(2, 9))
def test_alike_batches_have_one_operation(recipe, rows):
    source = QuestionSource(replace(recipe, batches="alike"), rows=rows, purpose="train", seed=5)
    phases = source.batches(7, 20).phases
    assert (phases == phases[:, :1]).all()


def test_mixed_batches_have_both():
    phases = QuestionSource(QuestionsRecipe(digits=3), rows=64, purpose="train", seed=5).batches(0, 20).phases
    assert 0.55 < phases.mean() < 0.75
    assert (phases.min(1) < phases.max(1)).all()


def test_rows_for_figures_are_uniform_and_half_of_them_subtractions():
    recipe = recipe_of({"subtraction": 1.0, "equal": 1.0})
    rows = Sources(recipe)
    trained, validated = (source.batches(0, 100) for source in (rows.training, rows.validation))
    assert trained.phases.all()
    assert (trained.inputs[..., :2] == trained.inputs[..., 3:5]).all()
    assert 0.4 < validated.phases.mean() < 0.6
    assert (validated.inputs[..., :2] == validated.inputs[..., 3:5]).all(-1).mean() < 0.1
    assert not np.array_equal(validated.inputs, rows.evaluation.batches(0, 100).inputs)


@pytest.mark.parametrize("given", [{}, {"context": 9}, {"context": 10}])
def test_only_the_answers_places_are_computed_and_the_gradient_is_that_of_all(given):
    recipe = recipe_of(model={"layers": 2, "zero_output_projections": False, **given})
    source = Sources(recipe).training
    loop = TrainingLoop(recipe, source, source, None)
    batch = next(training_batches(recipe, source, 0))
    assert batch.targets.shape == (8, 4)
    assert (batch.targets != IGNORE).all()
    outputs = loop.model(batch.inputs, last=4)
    cross_entropy(outputs, batch.targets).backward()
    found = [weight.grad.clone() for weight in loop.model.parameters()]
    loop.model.zero_grad()
    drawn = source.batches(0, 1)
    cross_entropy(loop.model(torch.from_numpy(drawn.inputs[0])), torch.from_numpy(drawn.targets[0])).backward()
    for one, weight in zip(found, loop.model.parameters(), strict=True):
        torch.testing.assert_close(one, weight.grad)
    assert loop._update(batch).outputs.shape == (8, 4, 15)


def test_a_run_goes_on_to_the_same_bits(tmp_path):
    recipe = recipe_of(optimiser={"kind": "muon"}, schedule={"kind": "constant"}, run={"precision": "bfloat16"})
    Trainer(recipe, tmp_path / "whole").run()
    Trainer(replace(recipe, budget=replace(recipe.budget, steps=7)), tmp_path / "parts").run()
    Trainer(recipe, tmp_path / "parts").run()
    whole, parts = (load_state(tmp_path / name / "state.safetensors") for name in ("whole", "parts"))
    assert whole.step == parts.step == 20
    for group, tensors in whole.tensors.items():
        if group != "best":  # the shorter run was also validated at its end
            for name, tensor in tensors.items():
                assert torch.equal(tensor, parts.tensors[group][name]), (group, name)


def test_a_tiny_model_learns_to_add_one_digit_and_is_evaluated(tmp_path, capsys):
    recipe = recipe_of(
        {"digits": 1, "operation": "add"},
        model={"d_model": 32, "d_ff": 128},
        data={"batch": 64},
        validation={"rows": 100},
        budget={"steps": 300},
        schedule={"warmup": 20},
    )
    result = Trainer(recipe, tmp_path).run()
    right = result.scores.model.overall
    assert right.teacher_forced > 0.9
    assert right.targets == 60 * 3
    assert result.scores.random is None
    assert result.scores.rules == {}
    assert result.scores.model.phases.keys() == {"add"}
    model = find_model(tmp_path / "model.safetensors")
    assert model.vocabulary == QUANTAMATHS_VOCABULARY
    assert model.provenance["recipe"]["questions"]["digits"] == 1
    assert model.provenance["universe"] is None
    told = scores_report(result.scores)
    assert told.startswith("60 questions, 180 symbols of answers\n")
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path), "--rows", "90", "--each-class", "0", "--each-pattern", "0"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("90 questions of 1 digits, answered by greedy decoding\n")
    for nonsense in ("distance", "random", "constant", "Berlekamp", "on its own", "END"):
        assert nonsense not in told + said


def test_figures_are_told_by_operation_class_and_place():
    recipe = recipe_of({"digits": 3})
    source = Sources(recipe)
    loop = TrainingLoop(recipe, source.training, source.validation, None)
    from seqtrain.scores import score

    loop.model.eval()
    told = scores_report(score(loop.model, source.evaluation, rows=400, loss=recipe.loss))
    head, operations, classes, places = told.split("\n\n")
    assert head == "400 questions, 2,000 symbols of answers"
    assert [line.split()[0] for line in operations.splitlines()[1:4]] == ["all", "add", "sub"]
    counts = [int(line.split()[1]) for line in operations.splitlines()[1:4]]
    assert counts[0] == counts[1] + counts[2] == 400
    rows = [line.split() for line in classes.splitlines()[1:]]
    assert sum(int(row[1]) for row in rows) == 400
    assert {"S0", "S1", "M0", "N1"} <= {row[0] for row in rows}
    assert [line.split()[0] for line in places.splitlines()[1:]] == ["A4", "A3", "A2", "A1", "A0"]


@pytest.mark.parametrize("digits", [1, 6, 20])
def test_what_follows_from_the_questions_need_not_be_said(digits, tmp_path):
    recipe = recipe_from_dict({"questions": {"digits": digits}, "data": {"batch": 4}})
    assert (recipe.model.context, recipe.model.value_periods) == (3 * digits + 4, ())
    (tmp_path / "recipe.toml").write_text(recipe_to_toml(recipe))
    assert load_recipe(tmp_path / "recipe.toml") == recipe


def test_a_published_shape_is_a_preset():
    recipe = recipe_from_dict({"questions": {"digits": 6}, "model": {"preset": "mix_d6_l3_h4_t40K_s372001"}})
    assert (recipe.model.context, recipe.model.d_model, recipe.model.heads) == (22, 510, 4)


@pytest.mark.parametrize(
    ("questions", "sections", "message"),
    [
        ({"digits": 21}, {}, "questions.digits is 21; it must be at least 0 and below 21"),
        ({"subtraction": 1.5}, {}, "questions.subtraction is 1.5; it must be a share, 0 to 1"),
        ({"nines": 1.5}, {}, "questions: nines=1.5: give a share from 0 to 1"),
        ({"borrows": 0.5}, {}, "questions: borrows=0.5, digits=2: give at least 3 digits, or 0"),
        ({"operation": "mul"}, {}, "questions.operation is 'mul'; it must be one of 'add', 'sub', 'mix'"),
        ({}, {"model": {"context": 8}}, "model.context is 8; it must be 10, .*; or 9, as the last one is never read"),
        ({}, {"model": {"value_periods": [2]}}, "model: value_periods are of integers"),
        (
            {},
            {"model": {"attention": "full"}, "loss": {"targets": "last"}},
            "model.attention is 'full'; it must be 'causal' for questions",
        ),
        ({}, {"loss": {"kind": "distance"}}, "loss.kind is 'distance'; it must be 'cross-entropy' for questions"),
        ({}, {"loss": {"labels": "posterior"}}, "loss.labels is 'posterior'; it must be 'drawn' for questions"),
        ({}, {"loss": {"targets": "last"}}, "loss.targets is 'last'; it must be 'prefixes' for questions"),
        ({}, {"data": {"high": 9}}, "data.high is 9; it must be left out for questions"),
        ({}, {"data": {"held_out": 0.1}}, "data.held_out is 0.1; it must be left out for questions"),
        ({}, {"curriculum": {"stages": [{"shares": {"phase1": 1}}]}}, "curriculum.stages is .* left out for questions"),
    ],
)
def test_what_makes_no_sense_for_questions_is_refused(questions, sections, message):
    with pytest.raises(ValueError, match=message):
        recipe_of(questions, **sections)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """Two short runs on questions, of which both leave something to be answered wrongly."""
    folder = tmp_path_factory.mktemp("runs")
    for name, enriched in (("plain", {}), ("enriched", {"nines": 0.5, "borrows": 0.25})):
        Trainer(recipe_of({"digits": 3, **enriched}, run={"log_every": 5}), folder / name).run()
    return folder


def test_a_report_says_how_many_answers_are_right(two_runs, capsys):
    assert main(["report", str(two_runs / "enriched"), "--rows", "200", "--json"]) == 0
    page = ParsedPage((two_runs / "enriched/report/report.html").read_text())
    assert "answers additions and subtractions of 3 digits, 66 % of them subtractions, with runs of" in page.text
    assert "It learned from 160 questions, 8 a step" in page.text
    for nonsense in ("posterior", "distance", "universe", "curriculum", "Berlekamp", "END (", "guessing", "ceiling"):
        assert nonsense not in page.text.partition("The recipe")[0]
    assert [row[0] for row in page.tables["scores"]] == ["", "all", "add", "sub"]
    assert page.tables["places"][1][0] == "A4"
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["scores"]["random"] is None
    assert (two_runs / "enriched/report/answers-wrong.png").exists()
    wrong = numbers["wrong"]
    assert len(wrong) == 30
    model = find_model(two_runs / "enriched").model
    for each in wrong:
        asked = Questions.parse([each["question"]])
        assert asked.texts() == [each["question"] + each["answer"]]
        assert asked.difficulties() == [each["difficulty"]]
        assert each["said"] == texts_of(answers_of(model, asked))[0] != each["answer"]
    assert [row[0] for row in page.tables["wrong"][1:]] == [each["question"] for each in wrong]


def test_runs_on_questions_are_compared(two_runs, tmp_path, capsys):
    runs = [str(two_runs / name) for name in ("plain", "enriched")]
    assert main(["compare", *runs, "--rows", "100", "--out", str(tmp_path), "--json"]) == 0
    page = ParsedPage((tmp_path / "comparison.html").read_text())
    assert "Not all of them are asked the same" not in page.text
    assert "posterior" not in page.text
    assert (tmp_path / "answers-wrong.png").exists()
    assert page.tables["runs"][0][4:7] == [f"answers right, {name}" for name in ("all", "add", "sub")]
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["differences"] == {
        "questions.nines": {"plain": "0.0", "enriched": "0.5"},
        "questions.borrows": {"plain": "0.0", "enriched": "0.25"},
    }
