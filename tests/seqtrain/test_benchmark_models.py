"""Frozen sets, whoever predicts, and what their figures stand beside."""

import importlib.util
import itertools
import json
import shlex
import sys
import types
from pathlib import Path

import next_terms
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsed_page import ParsedPage

from seqgen import Ceilings, Posterior, universe
from seqmodel import IntegerVocabulary, ModelConfig, Transformer, save_checkpoint
from seqtrain.baselines import rule_baselines
from seqtrain.benchmark_models import POSTERIOR, benchmark
from seqtrain.benchmark_oeis import apart, first_terms, oeis_rows, sequences_of
from seqtrain.benchmark_sets import SETS, TERMS, BenchmarkSet, benchmark_set
from seqtrain.benchmark_solvers import benchmarked_model, posterior_answers, sympy_answers
from seqtrain.cli import main
from seqtrain.evaluation import evaluate
from seqtrain.model_predictor import model_predictor
from seqtrain.outside_answers import answering_predictor, command_answers, function_answers

SOLVER = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(next_terms.__file__)))}"
DIGESTS = {
    "phase1": "67464e347d844ce8b602a0a21ab2e98e6bafa9d8202ab38b55d90a916eda3f2d",
    "phase2": "6cec4035ca4b4aaf1f865219ef6be43a6e0a86707f84f6ca43f357533a4e6bf9",
    "phase3": "9e8c19c72ee7378b486f60a5a5847279c36fe961f1a89564e2a17f040d253154",
    "control": "5ca816cee7c800be5b1c0bdde1177f45332a761456b7d87d2ee29328076fb33d",
    "broad": "349f152e3af3b4f4a6b5a721cc53ce149757a918a0bc4683a6d6a8042c56f89a",
    "held-out": "559c3afc847ce108dd580a829c559bc14ad47a80425c28229f3f8eeb134629c8",
}
"""Of the first 8 rows: a row that changes makes another version."""

MODEL = ModelConfig(d_model=8, layers=1, heads=1, zero_output_projections=False)


@pytest.mark.parametrize("name", DIGESTS)
def test_the_rows_of_a_set_are_the_same_for_ever(name):
    assert benchmark_set(name, rows=8).digest == DIGESTS[name]


@pytest.mark.parametrize("name", ["phase1", "held-out", "control"])
def test_a_set_of_more_rows_begins_with_the_fewer_and_a_seed_gives_others(name):
    more, other = benchmark_set(name, rows=30), benchmark_set(name, rows=30, seed=1)
    np.testing.assert_array_equal(more.values[:8], benchmark_set(name, rows=8).values)
    assert len(more.values) == 30
    assert more.digest != other.digest


def rows_of(*rows):
    return BenchmarkSet(
        name="own", seed=0, about="", values=np.array(rows), lengths=np.full(len(rows), len(rows[0]), np.int64)
    )


def test_a_function_and_a_command_that_answer_like_a_rule_have_its_figures():
    one = benchmark_set("phase1", rows=40)
    by_rule = evaluate(rule_baselines(TERMS)["linear extrapolation"], one, rows=40, terms=256)
    for answers in (function_answers("next_terms:lines"), command_answers(SOLVER, timeout=200)):
        figures = evaluate(answering_predictor(answers, TERMS), one, rows=40, terms=256)
        assert figures.overall.accuracy == by_rule.overall.accuracy
        assert figures.overall.distance == by_rule.overall.distance
        assert figures.positions.keys() == by_rule.positions.keys()
        assert np.isnan(figures.overall.log_loss)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("crash", r"ended with status 1: solver: out of ideas$"),
        ("flood", r"wrote more than 400 bytes, 200 for each sequence$"),
        ("prose", r"line 1 of its answers: b'the answer is 4\\n' is no JSON$"),
        ("silent", r"answered 1 of 2 sequences: id 1 is missing$"),
        ("twice", r"line 3 of its answers: id 0 was answered before$|id 0 was answered before"),
        ("text", r"line 1 of its answers: 'four' is no next term; give an integer, or null for END$"),
        ("half", r"0.5 is no next term"),
        ("truth", r"True is no next term"),
        ("name", r"id is 'one'; give one of those read, 0 to 1$"),
    ],
)
def test_a_command_that_goes_wrong_is_one_clear_error(how, message):
    with pytest.raises(ValueError, match=message):
        command_answers(f"{SOLVER} {how}", timeout=200)([[1, 2], [3, 4]])


def test_a_command_that_is_late_is_ended():
    with pytest.raises(ValueError, match=r"was not done after 0.5 s"):
        command_answers(f"{SOLVER} sleep", timeout=0.5)([[1]])


def test_a_function_that_goes_wrong_is_one_clear_error(monkeypatch):
    solvers = types.ModuleType("solvers")
    solvers.short, solvers.odd = (lambda _: []), (lambda sequences: ["4" for _ in sequences])
    solvers.fails = lambda sequences: sequences[9]
    monkeypatch.setitem(sys.modules, "solvers", solvers)
    for name, message in {
        "solvers:short": "gave 0 answers to 1 sequences",
        "solvers:odd": "answer 0: '4' is no next term",
        "solvers:fails": "failed: IndexError",
        "solvers:none": "has no attribute 'none'",
    }.items():
        with pytest.raises(ValueError, match=message):
            function_answers(name)([[1, 2]])


def test_none_and_what_leaves_the_range_is_end():
    one = BenchmarkSet(name="own", seed=0, about="", values=np.array([[250, 255, 0]]), lengths=np.array([2]))
    for answer in (None, 260, -1):
        predict = answering_predictor(lambda sequences, answer=answer: [255, answer][: len(sequences)], TERMS)
        assert evaluate(predict, one, rows=1, terms=256).overall.accuracy == 1


@settings(max_examples=6)
@given(st.integers(1, 3), st.integers(3, 12))
def test_a_model_sees_the_last_terms_of_rows_that_are_longer_than_its_context(rows, length):
    model = Transformer(MODEL, IntegerVocabulary(low=0, high=255, end=True), seed=3).eval()
    values = np.random.default_rng(length).integers(0, 256, (rows, length))
    said = benchmarked_model(model)(rows_of(*values).batches(0, 1))
    classes = said.classes.reshape(-1, length - 1)
    for k in range(1, length):
        window = values[:, max(0, k - 8) : k + 1]
        alone = model_predictor(model)(rows_of(*window).batches(0, 1)).classes.reshape(-1, window.shape[1] - 1)
        np.testing.assert_array_equal(classes[:rows, k - 1], alone[:rows, -1])


def test_a_model_without_end_has_no_log_loss_and_one_of_other_terms_is_refused():
    model = Transformer(MODEL, IntegerVocabulary(low=0, high=255, end=False), seed=3).eval()
    figures = evaluate(benchmarked_model(model), benchmark_set("phase2", rows=20), rows=20, terms=256)
    assert np.isnan(figures.overall.log_loss)
    with pytest.raises(ValueError, match="terms are 0 to 9; the benchmark is about 0 to 255"):
        benchmarked_model(Transformer(MODEL, IntegerVocabulary(low=0, high=9, end=True), seed=3))


@pytest.fixture(scope="module")
def known():
    posterior = Posterior.of(universe("phase1"))
    return posterior, Ceilings.of(posterior)


def test_the_posterior_goes_on_with_a_line_where_no_rule_fits(known):
    answers = posterior_answers(known[0])
    assert answers([[2, 4, 6], [7, 1, 90, 3, 200], [*range(100, 120)]]) == [8, 397, 120]


@pytest.mark.skipif(importlib.util.find_spec("sympy") is None, reason="SymPy is not installed")
def test_sympy_finds_formulas():
    assert sympy_answers()([[1, 4, 9, 16, 25], [1, 1, 2, 6, 24, 120], [5, 6], [1, 7, 3, 9, 2]]) == [36, 720, 7, -5]


def test_what_runs_for_ever_fails_or_names_no_integers_is_left_out():
    module = types.ModuleType("collection")
    module.A000001 = lambda n: n * n
    module.A000002_gen = lambda: itertools.count(5)
    module.A000002 = lambda n: -n
    module.A000003_gen = lambda: (1 for each in iter(int, 1) if each)
    module.A000004 = lambda n: 1 // (3 - n)
    module.A000005 = lambda n: n / 2
    module.A000006_gen = lambda: iter([1, 2])
    module.A00_helper = lambda n: n
    found = [first_terms(each, 3, steps=1000) for each in sequences_of(module)]
    assert found == [(1, 4, 9), (5, 6, 7), None, None, None, None]
    assert [apart(each, 3) for each in sequences_of(module)[:2]] == found[:2]


@pytest.mark.skipif(importlib.util.find_spec("oeis_sequences") is not None, reason="oeissequences is installed")
def test_without_the_package_real_sequences_are_refused():
    with pytest.raises(ValueError, match=r"oeis-9 needs the package oeissequences; install it: pip install"):
        oeis_rows(9, rows=1, seed=0, low=0, high=255)


def test_the_figures_stand_beside_what_is_possible(known):
    found = benchmark(
        {"lines": answering_predictor(next_terms.lines, TERMS)},
        sets=["phase1", "control"],
        rows=60,
        sympy_rows=0,
        list_universe=lambda _: known,
    )
    phase1, control = found["sets"]["phase1"], found["sets"]["control"]
    assert phase1["ceiling"]["accuracy"] == pytest.approx(float(known[1].overall().accuracy))
    assert control["ceiling"] is None
    figures = phase1["predictors"]
    assert figures[POSTERIOR]["accuracy"] > figures["lines"]["accuracy"] == figures["linear extrapolation"]["accuracy"]
    assert figures[POSTERIOR]["log_loss"] > 0
    assert control["predictors"][POSTERIOR]["accuracy"] < 0.05
    low, high = figures["lines"]["accuracy_interval"]
    assert low < figures["lines"]["accuracy"] < high


def test_the_command_writes_figures_and_a_page_that_says_how_they_were_made(tmp_path, capsys):
    model = Transformer(MODEL, IntegerVocabulary(low=0, high=255, end=True), seed=3)
    save_checkpoint(tmp_path / "own.safetensors", model, {})
    predictors = [str(tmp_path / "own.safetensors"), "next_terms:lines"]
    options = ["--sets", "control,phase1", "--rows", "12", "--sympy-rows", "2", "--no-posterior"]
    assert main(["benchmark", *predictors, *options, "--out", str(tmp_path / "out"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "out" / "benchmark.json").read_text()) == figures
    assert list(figures["sets"]) == ["phase1", "control"]
    page = ParsedPage((tmp_path / "out" / "benchmark.html").read_text())
    header, first, *_ = page.tables["overview"]
    assert header[:5] == ["set", "rows", "ceiling", *predictors]
    accuracy = figures["sets"]["phase1"]["predictors"]["next_terms:lines"]["accuracy"]
    assert first[4] == f"{100 * accuracy:.2f} %"
    assert figures["command"].startswith("seqtrain benchmark ")
    assert figures["command"] in page.text
    assert "all else is of the same drawn rows, SymPy's guess of the first 2 of them." in page.text
    assert page.left_open == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-thing --fast"], "predictor 'no-such-thing --fast' is no checkpoint, no module:function, and no"),
        (["no.such:thing"], "predictor 'no.such:thing': No module named 'no'"),
        (["default", "default"], "'default' is given twice: give different predictors"),
        (["default", "--sets", "phase9"], f"--sets names 'phase9'; give some of {','.join(SETS)}"),
    ],
)
def test_what_cannot_be_benchmarked_is_said_in_a_line(arguments, message, capsys):
    assert main(["benchmark", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
