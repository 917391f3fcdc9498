"""What a run is said to take: beside what is measured, beside a budget, and before any of it is taken."""

import json
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen import Ceilings
from seqmodel.memory_formulas import BANDWIDTH, document_formulas
from seqmodel.memory_measure import peak_of
from seqtrain import Mixture, Trainer, device_teacher, load_recipe, recipe_from_dict
from seqtrain.callbacks import Callbacks
from seqtrain.cli import main
from seqtrain.device_mixture import DeviceMixture
from seqtrain.device_teacher import DeviceTeacher
from seqtrain.drawing import STEPS_PER_DRAW
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows, vocabulary_of
from seqtrain.possible import final_posterior
from seqtrain.run_memory import (
    _LABELS_AT_ONCE,
    _STEPS_PER_DRAW,
    largest_batch_of,
    require_memory,
    run_memory,
    verdict,
)
from seqtrain.universe_memory import UniverseMemory, universe_memory

PHASE1 = {"stages": [{"shares": {"phase1": 1}}]}

SMALL = {"d_model": 16, "layers": 1, "heads": 1}

RECIPES = {
    "wide batch": {
        "model": {"d_model": 32, "layers": 2, "heads": 2},
        "data": {"batch": 256},
        "optimiser": {"kind": "adam"},
    },
    "many weights": {
        "model": {"d_model": 128, "layers": 2, "heads": 4},
        "data": {"batch": 2},
        "optimiser": {"kind": "sgd", "momentum": 0.9},
    },
    "half precision, exact labels": {
        "model": {"d_model": 64, "layers": 3, "heads": 2},
        "data": {"batch": 64},
        "loss": {"labels": "posterior"},
        "run": {"precision": "bfloat16"},
    },
}


def recipe_of(table):
    common = {
        "curriculum": PHASE1,
        "validation": {"rows": 2, "final_rows": 10, "every": 1000},
        "budget": {"steps": 3},
    }
    return recipe_from_dict(common | table | {"run": {"threads": 1} | table.get("run", {})})


@pytest.mark.parametrize("name", RECIPES)
def test_the_peak_of_a_few_steps_is_as_accounted_for(name):
    recipe = recipe_of(RECIPES[name])
    memory = run_memory(recipe, UniverseMemory())

    def prepare():
        rows = [Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation")]
        loop = TrainingLoop(recipe, *rows, Callbacks([]))
        turns = loop.model.sight.turns_2SE
        loop.model.sight.turns_2SE = turns.clone()  # NumPy made it, which the profiler does not see
        return lambda: loop.train(save=lambda: None, interrupted=lambda: False)

    # Rows are NumPy's.
    assert peak_of(prepare) == pytest.approx(memory.device - memory.step.rows, rel=0.15)


@pytest.mark.parametrize("context", [4, 8])
def test_a_listing_takes_no_more_than_is_said_and_not_much_less(context):
    recipe = recipe_of({"data": {"high": 63}, "model": {"context": context}})
    said = universe_memory(recipe)
    rows = np.zeros((1, context), np.int64)
    tracemalloc.start()
    posterior = final_posterior(recipe, "for a test")
    Ceilings.of(posterior)
    most = tracemalloc.get_traced_memory()[1]
    posterior.along(rows, np.array([context]))
    lasting = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(posterior) == said.rules
    assert 0.6 * said.posterior < lasting < said.posterior
    assert 0.75 * said.ceiling < most < said.ceiling


def test_each_listed_stream_is_counted():
    once = universe_memory(recipe_of({}))
    stages = [{"shares": {"phase1": 1}}, {"start": 5, "shares": {"phase1": 1, "phase2": 1}}]
    twice = universe_memory(recipe_of({"curriculum": {"stages": stages}}))
    per_rule = 9 * 1 + 1 + 8
    assert once.rows == 3 * once.rules * per_rule
    assert twice.rows == 3 * twice.rules * per_rule
    assert twice.rules > once.rules


def test_a_table_that_would_be_too_large_is_not_kept_and_not_counted(monkeypatch):
    monkeypatch.setattr(sys.modules["seqgen.universe"], "_TABLE_BYTES", 1000)  # seqgen.universe is a function too
    universes = universe_memory(recipe_of({}))
    assert universes.rows == 3 * universes.rules * 8


def _bytes_of(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.mark.parametrize("high", [255, 2**15])
def test_tables_on_a_gpu_take_what_is_said(high):
    """Here the GPU is the CPU."""
    recipe = recipe_of({"data": {"high": high}, "loss": {"labels": "posterior"}})
    said = universe_memory(recipe)
    rows = DeviceMixture(Mixture.of(recipe, purpose="train"), torch.device("cpu"))
    assert _bytes_of(each for table in rows._tables for each in (table._values, table._lengths)) == said.gpu_rows
    tree = DeviceTeacher(recipe, torch.device("cpu"))._depths
    taken = _bytes_of(each for depth in tree for each in (depth._first_D, depth._symbols_D, depth._weights_D))
    assert 0.4 * said.gpu_posterior < taken < said.gpu_posterior
    short = recipe_of({"data": {"high": high, "short_terms": 3}})
    assert universe_memory(short).gpu_rows == 2 * said.gpu_rows


def test_labels_of_many_steps_take_no_more_than_is_said_and_not_much_less():
    recipe = recipe_of({"data": {"batch": 16}, "loss": {"labels": "posterior"}})
    teacher = DeviceTeacher(recipe, torch.device("cpu"))
    drawn = Mixture.of(recipe, purpose="train").batches(0, STEPS_PER_DRAW)
    inputs, targets = torch.from_numpy(drawn.inputs), torch.from_numpy(drawn.targets)

    def prepare():
        return lambda: [None for _ in teacher.of_steps(inputs, targets)]

    said = run_memory(recipe, UniverseMemory(), apart=True).labelling
    assert 0.6 * said < peak_of(prepare) < said


def test_what_is_known_here_without_torch_is_what_torch_s_modules_say():
    assert _STEPS_PER_DRAW == STEPS_PER_DRAW
    assert _LABELS_AT_ONCE == device_teacher._AT_ONCE


@settings(max_examples=8)
@given(st.integers(1, 600), st.booleans(), st.booleans(), st.integers(0, 10**8))
def test_the_largest_batch_fits_and_one_row_more_does_not(batch, apart, taught, listed):
    labels = "posterior" if taught else "drawn"
    recipe = recipe_of({"model": SMALL, "data": {"batch": batch}, "loss": {"labels": labels}})
    universes = UniverseMemory(rules=1, rows=listed, posterior=listed // 2, ceiling=listed)
    budget = run_memory(recipe, universes, apart=apart).total
    assert largest_batch_of(recipe, universes, budget=budget, apart=apart) >= batch
    largest = largest_batch_of(recipe, universes, budget=budget, apart=apart)
    more = replace(recipe, data=replace(recipe.data, batch=largest + 1))
    assert run_memory(more, universes, apart=apart).total > budget


def test_who_teaches_is_there_while_it_trains_and_no_longer():
    universes = UniverseMemory(rules=1, rows=10**6, posterior=10**8, ceiling=10**7)
    taught, drawn = (
        run_memory(recipe_of({"loss": {"labels": labels}}), universes).moments for labels in ("posterior", "drawn")
    )
    assert taught["a training step"] - drawn["a training step"] >= 10**8
    assert taught["a save"] - drawn["a save"] == 10**8
    assert taught["the figures at the end"] == drawn["the figures at the end"]


def test_a_budget_of_the_gpu_leaves_out_what_lies_elsewhere():
    recipe, universes = recipe_of({}), UniverseMemory(rows=10**9, ceiling=10**9)
    apart = run_memory(recipe, universes, apart=True)
    assert apart.total == apart.step.total + apart.best + apart.waiting
    assert run_memory(recipe, universes).total > 2 * 10**9


def test_a_run_over_its_budget_is_refused_before_anything_is_taken_or_written(tmp_path):
    recipe = recipe_of({"model": SMALL, "data": {"batch": 100_000}})
    recipe = replace(recipe, budget=replace(recipe.budget, memory="300MB"))
    out = tmp_path / "run"
    with pytest.raises(ValueError, match=r"data.batch is 100000: at its fullest .* over 300MB; the largest") as e:
        Trainer(recipe, out).run()
    assert not out.exists()
    largest = int(str(e.value).partition("that fits is ")[2].partition(";")[0].replace(",", ""))
    fitting = replace(recipe, data=replace(recipe.data, batch=largest))
    require_memory(fitting)
    with pytest.raises(ValueError, match="over 300MB"):
        require_memory(replace(recipe, data=replace(recipe.data, batch=largest + 1)))


def test_where_nothing_fits_that_is_said():
    recipe = recipe_of({})
    fits, said = verdict(recipe, run_memory(recipe, UniverseMemory()), "1KB")
    assert not fits
    assert said.endswith("over 1KB; not even a batch of 1 fits")


def test_rows_of_one_s_own_have_no_universe_to_list():
    recipe = recipe_of({"model": SMALL, "data": {"batch": 8}, "budget": {"memory": "10MB"}})
    require_memory(recipe, own_rows=True)
    with pytest.raises(ValueError, match="over 10MB"):
        require_memory(recipe)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text("[model]\nd_model = 16\nlayers = 1\nheads = 1\n[curriculum]\nstages = [{shares = {phase1 = 1}}]\n")
    return path


def test_the_command_says_what_a_run_takes(written, capsys):
    assert main(["estimate", str(written), "--json", "--memory", "1GB", "--set", "data.batch=32"]) == 0
    found = json.loads(capsys.readouterr().out)
    recipe = load_recipe(written, ["data.batch=32"])
    memory = run_memory(recipe, universe_memory(recipe))
    assert found["moments"] == memory.moments
    assert found["step"]["total"] == memory.step.total
    assert found["total"] == memory.total == found["moments"]["the figures at the end"]
    assert (found["budget"], found["fits"]) == (10**9, True)
    assert found["largest_batch"] == largest_batch_of(recipe, memory.universes, budget=10**9)
    assert found["step_seconds"] == memory.step.traffic / BANDWIDTH
    document = document_formulas(recipe.model, vocabulary_of(recipe), batch=32, length=8)
    assert found["document"]["totals"] == list(document.totals)
    # Two layers of keys and values, a place for each of 8 terms of 32 rows, of 16 numbers; and a place besides.
    assert found["cache"] == (2 * 32 * 8 + 1) * 16 * 4


def test_the_command_s_text_has_the_same_numbers(written, capsys):
    assert main(["estimate", str(written)]) == 0
    shown = capsys.readouterr().out
    recipe = load_recipe(written)
    memory = run_memory(recipe, universe_memory(recipe))
    for number in (memory.step.total, memory.best, memory.waiting, memory.saving, *memory.moments.values()):
        assert f"{number:,}" in shown
    assert "224 GB/s" in shown
    assert shown.strip().endswith(verdict(recipe, memory, "8GB")[1])


def test_what_lies_on_a_gpu_is_said_apart(written, capsys):
    assert main(["estimate", str(written), "--set", "run.device=cuda", "--set", "loss.labels=posterior"]) == 0
    shown = capsys.readouterr().out
    recipe = load_recipe(written, ["run.device=cuda", "loss.labels=posterior"])
    memory = run_memory(recipe, universe_memory(recipe), apart=True)
    for number in (memory.universes.gpu_rows, memory.universes.gpu_posterior, memory.labelling):
        assert f"{number:,}" in shown.partition("on the GPU")[2]
    assert f"{memory.total:,}" in shown.splitlines()[-1]


def test_the_recipe_s_own_budget_is_the_one_that_counts(written, capsys):
    written.write_text(written.read_text() + '[budget]\nmemory = "10MB"\n')
    assert main(["estimate", str(written)]) == 0
    assert "over 10MB; not even a batch of 1 fits" in capsys.readouterr().out


def test_the_command_refuses_a_run_over_the_budget(written, capsys, tmp_path):
    out = tmp_path / "run"
    assert main(["run", str(written), "--memory", "10MB", "--out", str(out)]) == 2
    assert "which is over 10MB; not even a batch of 1 fits; 'seqtrain estimate' has" in capsys.readouterr().err
    assert not out.exists()


def test_what_is_no_amount_is_refused(written, capsys):
    assert main(["estimate", str(written), "--memory", "8 cows"]) == 2
    assert "budget.memory is '8 cows'; it must be an amount like 8GB, 512MiB" in capsys.readouterr().err
