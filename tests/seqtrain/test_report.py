import io
import json
import math
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from parsed_page import ParsedPage
from PIL import Image

from seqgen import Ceilings, explain
from seqmodel import load_checkpoint
from seqtrain import Trainer, load_recipe, recipe_from_dict, recipe_to_toml
from seqtrain.baselines import random_baseline
from seqtrain.cli import main
from seqtrain.curriculum import Curriculum
from seqtrain.curve_pictures import turning_steps
from seqtrain.mixture import final_rows
from seqtrain.protocols import Batches
from seqtrain.run_history import read_run
from seqtrain.shown import percent

ROWS = 60

UNIVERSE = """
from seqgen import families
few = [families.arithmetic(start=range(0, 40), step=range(-3, 4)), families.affine(start=range(0, 40))]
more = [families.geometric(), families.runs()]
"""

RECIPE = {
    "model": {"d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"batch": 32},
    "optimiser": {"learning_rate": 0.01},
    "schedule": {"warmup": 3},
    "curriculum": {
        "stages": [
            {"shares": {"own_universe:few": 1}},
            {"start": 10, "transition": 10, "shares": {"own_universe:few": 1, "own_universe:more": 3}},
        ]
    },
    "validation": {"every": 10, "rows": 50, "final_rows": ROWS},
    "budget": {"steps": 40},
    "run": {"threads": 1, "log_every": 5, "save_every": 10},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of a universe small enough to look at every rule."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "own_universe.py").write_text(UNIVERSE)
        patch.syspath_prepend(folder)
        Trainer(recipe_from_dict(RECIPE), folder / "trained").run()
        yield folder / "trained"
        sys.modules.pop("own_universe", None)


@pytest.fixture(scope="module")
def reported(trained):
    """Its numbers and its page, taken apart."""
    return report(trained)


def report(run, *, drawn=True):
    """Report on a run, with its pictures or to save time without; return what `--json` prints and the page."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        if not drawn:
            draw_nothing(patch)
        assert main(["report", str(run), "--rows", str(ROWS), "--json"]) == 0
    return json.loads(out.getvalue()), ParsedPage((run / "report" / "report.html").read_text())


def draw_nothing(patch):
    patch.setattr("seqtrain.report_command.curves", lambda _: [])
    patch.setattr("seqtrain.report_command.standing_pictures", lambda _: [])


def copied(run, tmp_path):
    return shutil.copytree(run, tmp_path / "copy", ignore=shutil.ignore_patterns("report"))


def failure(capsys, *arguments):
    """Run a command that must fail; return its status and its only line."""
    status = main(arguments)
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert captured.out == ""
    assert line.startswith("seqtrain: error: ")
    return status, line.removeprefix("seqtrain: error: ")


def test_the_final_evaluation_in_the_page_is_that_of_the_run(trained, reported):
    numbers, page = reported
    scores = json.loads((trained / "result.json").read_text())["scores"]
    assert numbers["scores"] == scores
    header, *rows = page.tables["scores"]
    assert header == [
        *("", "accuracy", "95 % interval", "ceiling", "distance", "ceiling", "log-loss", "ceiling", "regret")
    ]
    assert [row[0] for row in rows] == ["all", "own_universe:few", "own_universe:more"]
    groups = [scores["model"]["overall"], *scores["model"]["phases"].values()]
    for (name, *cells), figures in zip(rows, groups, strict=True):
        ceilings = scores["ceilings"]
        ceiling = ceilings["overall"] if name == "all" else ceilings["phases"][name]
        low, high = figures["accuracy_interval"]
        assert cells == [
            f"{100 * figures['accuracy']:.2f} %",
            f"{100 * low:.2f} to {100 * high:.2f}",
            f"{100 * ceiling['accuracy']:.2f} %",
            f"{figures['distance']:.2f}",
            f"{ceiling['distance']:.2f}",
            f"{figures['log_loss']:.4f}",
            f"{ceiling['loss']:.4f}",
            f"{figures['log_loss'] - ceiling['loss']:.4f}",
        ]
    baselines = {name: cells for name, *cells in page.tables["baselines"][1:]}
    random = random_baseline(256)
    assert list(baselines) == [
        *("what is possible", "the model", "Berlekamp-Massey", "linear extrapolation", "last term", "constant 127"),
        "random guessing",
    ]
    assert baselines["random guessing"] == [
        f"{100 * random.accuracy:.2f} %",
        "–",
        "85.33",
        "5.5452",
        "0.00 %",
        "0.00 %",
    ]
    rule = scores["rules"]["linear extrapolation"]["overall"]
    cells = baselines["linear extrapolation"]
    assert (cells[0], cells[2:4]) == (f"{100 * rule['accuracy']:.2f} %", [f"{rule['distance']:.2f}", "–"])
    assert cells[4:] == [f"{100 * rule[name]:.2f} %" for name in ("teacher_forced", "free_running")]


def test_the_model_stands_where_the_evaluation_of_the_same_rows_puts_it(reported):
    numbers, page = reported
    standings, scores = numbers["standings"], numbers["scores"]
    assert standings["rows"] == scores["model"]["rows"] == ROWS
    groups = {"all": standings["overall"], **standings["phases"]}
    for name, figures in {"all": scores["model"]["overall"], **scores["model"]["phases"]}.items():
        assert groups[name]["targets"] == figures["targets"]
        assert groups[name]["accuracy"] == figures["accuracy"]
        assert groups[name]["log_loss"] == pytest.approx(figures["log_loss"], rel=1e-12)
    for name, cells in ((name, cells) for name, *cells in page.tables["phases"][1:]):
        assert cells[:2] == [f"{groups[name]['targets']:,}", percent(groups[name]["accuracy"])]


def test_what_is_possible_is_what_every_rule_together_says(trained, reported):
    """Row by row, without the posterior: all rules of both universes that explain the terms, weighed by hand."""
    recipe = load_recipe(trained / "recipe.toml")
    source = final_rows(recipe, purpose="evaluation")
    shares = {"own_universe:few": 1, "own_universe:more": 3}
    universes = dict(zip(source.phases, source.universes, strict=True))
    losses, hits = {}, {}
    drawn = [source.batches(step, 1) for step in range(2)]
    rows = [(batch.inputs[0, r], batch.targets[0, r]) for batch in drawn for r in range(source.rows)][:ROWS]
    for inputs, targets in rows:
        for k in range(1, 9):
            if targets[k - 1] < 0:
                continue
            weights = {}
            for name, universe in universes.items():
                found = explain(universe, inputs[:k].tolist()).next
                for outcome, weight in zip(found.outcomes, found.weights, strict=True):
                    outcome = 256 if outcome is None else outcome
                    weights[outcome] = weights.get(outcome, 0) + shares[name] * weight / universe.total
            mode = min(weights, key=lambda outcome: (-round(weights[outcome], 15), outcome))
            losses.setdefault(k, []).append(-math.log(weights[targets[k - 1]] / sum(weights.values())))
            hits.setdefault(k, []).append(mode == targets[k - 1])
    standings = reported[0]["standings"]
    for k, position in ((int(k), position) for k, position in standings["positions"].items()):
        assert position["targets"] == len(hits[k])
        assert position["possible_accuracy"] == pytest.approx(np.mean(hits[k]), abs=1e-12)
        assert position["possible_log_loss"] == pytest.approx(np.mean(losses[k]), rel=1e-9)
    overall = standings["overall"]
    assert overall["regret"] == pytest.approx(
        overall["log_loss"] - np.mean(np.concatenate(list(losses.values()))), rel=1e-9
    )


def test_exact_ceilings_stand_beside_every_group(trained, reported):
    from seqtrain.possible import final_posterior

    ceilings = Ceilings.of(final_posterior(load_recipe(trained / "recipe.toml"), "for a test"))
    standings = reported[0]["standings"]
    assert standings["overall"]["ceiling_log_loss"] == ceilings.overall().loss
    assert standings["positions"]["3"]["ceiling_accuracy"] == float(ceilings.at(3).accuracy)
    assert standings["families"]["runs"]["ceiling_log_loss"] == ceilings.of_family("runs").loss
    assert standings["cells"]["affine"]["2"]["ceiling_accuracy"] == float(ceilings.of_family("affine", 2).accuracy)


def test_groups_add_up_to_the_whole(reported):
    standings = reported[0]["standings"]
    whole = standings["overall"]
    cells = {f"{name} {k}": cell for name, row in standings["cells"].items() for k, cell in row.items()}
    for groups in (standings["phases"], standings["positions"], standings["families"], cells):
        assert sum(each["targets"] for each in groups.values()) == whole["targets"]
        for figure in ("accuracy", "log_loss", "gap", "regret", "expected_gap", "expected_regret"):
            total = sum(each["targets"] * each[figure] for each in groups.values())
            assert total / whole["targets"] == pytest.approx(whole[figure], abs=1e-12)
    assert list(standings["families"]) == ["arithmetic", "affine", "geometric", "runs"]
    assert standings["phase_of_family"]["runs"] == "own_universe:more"


def test_wrong_answers_are_the_models_and_their_rules_are_true(trained, reported):
    from seqmodel import load_checkpoint

    numbers, page = reported
    wrong = numbers["wrong"]
    assert len(wrong) == 30
    assert [each["sure"] for each in wrong] == [True] * 15 + [False] * 15
    model = load_checkpoint(trained / "model.safetensors", exact=False).model
    recipe = load_recipe(trained / "recipe.toml")
    families = {
        family.name: family
        for universe in final_rows(recipe, purpose="evaluation").universes
        for family in universe.families
    }
    rows = {name: family.rows(family.combinations[:]) for name, family in families.items()}
    for each, cells in zip(wrong, page.tables["wrong"][1:], strict=True):
        seen, term = each["seen"], each["term"]
        logits = model(torch.tensor([seen]))[0, -1].detach().double()
        answer = int(logits.argmax())
        assert each["answer"] == (None if answer == 256 else answer)
        assert each["answer"] != term
        assert each["probability"] == pytest.approx(float(logits.softmax(-1)[answer]), rel=1e-5)
        family = families[each["family"]]
        fitting = matching(family, rows[family.name], seen, term)
        found = [rule for rule in fitting if rule.formula == each["formula"]]
        assert len(found) == 1
        if each["sure"]:
            assert each["ideal"] == term
            assert each["ideal_probability"] >= 0.95
        said = ["END" if value is None else str(value) for value in (term, each["answer"], each["ideal"])]
        assert [cells[1], cells[2], cells[5]] == said
        assert cells[0] == ", ".join(map(str, seen))
        assert cells[-1] == f"{each['family']}: {each['formula']}"


def matching(family, rows, seen, term):
    """Yield the family's rules whose terms are these; a term of None is one that is out of range or none."""
    values, lengths = rows
    k = len(seen)
    fits = (seen == values[:k].T).all(axis=1) & (lengths >= k)
    for index in np.flatnonzero(fits).tolist():
        if (term is None and lengths[index] == k) or (lengths[index] > k and values[k, index] == term):
            yield family[index]


def test_the_page_refers_to_nothing_outside_itself(reported):
    _, page = reported
    html_attributes = ("src", "srcset", "data", "action", "poster", "background", "xlink:href", "href")
    for name in html_attributes:
        assert all(value.startswith("#") for value in page.attributes(name))
    assert not {"script", "link", "iframe", "object", "embed", "img", "image", "base"} & {tag for tag, _ in page.tags}
    everything = page.style + " ".join(str(value) for _, each in page.tags for value in each.values())
    assert "http" not in everything
    assert "@import" not in everything
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", everything))


def test_names_in_the_page_are_unique_and_all_that_are_used_exist(reported):
    _, page = reported
    names = page.attributes("id")
    assert len(names) == len(set(names))
    everything = " ".join(str(value) for _, each in page.tags for value in each.values())
    used = {*re.findall(r"url\(#([^)]*)\)", everything)}
    used |= {value.removeprefix("#") for value in (*page.attributes("xlink:href"), *page.attributes("href"))}
    assert used <= set(names)
    assert page.left_open == []


def test_every_colour_of_a_picture_has_a_light_and_a_dark_form(reported):
    _, page = reported
    light, dark = page.style.split("@media (prefers-color-scheme: dark)")
    styles = " ".join(page.attributes("style"))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", styles + page.style))
    assert {"ink", "quiet", "grid", "series-1", "series-2"} <= used
    for half in (light, dark.split("* {")[0]):
        assert used <= set(re.findall(r"--([a-z0-9-]+):", half)) | {"card"}
    drawn = re.findall(r"#[0-9a-f]{6}\b", " ".join(page.attributes("style")))
    assert drawn == []


def test_light_pages_look_like_the_png_beside_them():
    from importlib.resources import files

    from seqtrain.pictures import COLOURS

    light, _ = (files("seqtrain") / "page.css").read_text().split("@media (prefers-color-scheme: dark)")
    given = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", light))
    assert {name: given[name] for name in COLOURS} == COLOURS


def test_every_picture_has_a_caption_axes_with_names_and_a_png_beside_the_page(trained, reported):
    _, page = reported
    figures = [attributes for tag, attributes in page.tags if tag == "figure"]
    pngs = sorted((trained / "report").glob("*.png"))
    assert len(figures) == len(pngs) == 11
    for path in pngs:
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert min(image.size) > 150
            assert len(image.convert("L").getcolors(256)) > 10
    for attributes in figures:
        assert attributes["aria-label"].endswith(".")
        assert page.text.count(attributes["aria-label"]) == 1
    for name in (
        "log-loss (nats per term)",
        "accuracy (% of terms)",
        "learning rate (per step)",
        "throughput (rows per second)",
        "share of the rows (%)",
        "position (terms seen)",
        "accuracy missing (percentage points)",
        "training step",
    ):
        assert name in page.text


def test_a_picture_without_the_name_of_an_axis_is_refused():
    from seqtrain.pictures import new_figure, painted

    figure = new_figure(2, 2)
    figure.subplots().set_xlabel("step")
    with pytest.raises(ValueError, match="'bare': each axis needs a label"):
        painted("bare", figure, "A picture.")


def test_the_recipe_in_the_page_is_the_runs(trained, reported):
    recipe = load_recipe(trained / "recipe.toml")
    assert recipe_to_toml(recipe) in reported[1].text


def test_the_memory_in_the_page_is_seqmodels_account(reported):
    from seqmodel import IntegerVocabulary, Transformer, memory_account

    numbers, page = reported
    recipe = recipe_from_dict(RECIPE)
    account = memory_account(recipe.model, IntegerVocabulary(), batch=32)
    weights = len(list(Transformer(recipe.model, IntegerVocabulary()).parameters()))
    # Steps are counted twice, for weights that decay and for those that do not; the account counts them for each.
    assert numbers["memory"]["total"] == account.total - 4 * (weights - 2)
    assert numbers["parameters"] == account.parameters
    *_, (name, _, share) = page.tables["memory"]
    assert (name, share) == ("total, at the fullest moment", "100.0 %")


def test_two_reports_of_one_run_are_the_same_bytes(trained, reported):
    before = {path.name: path.read_bytes() for path in (trained / "report").iterdir()}
    report(trained)
    assert {path.name: path.read_bytes() for path in (trained / "report").iterdir()} == before


def test_a_run_without_an_end_gives_a_report_that_says_so(trained, reported, tmp_path):
    run = copied(trained, tmp_path)
    (run / "result.json").unlink()
    numbers, page = report(run, drawn=False)
    assert (numbers["ended"], numbers["step"], numbers["scored_now"]) == (False, 40, True)
    assert "In progress, or killed: no end is recorded (step 40 of 40" in page.text
    assert "The run has no final evaluation yet: these are the weights kept so far" in page.text
    assert page.tables["scores"] == reported[1].tables["scores"]


def test_an_interrupted_run_gives_a_report_too(trained, tmp_path):
    run = copied(trained, tmp_path)
    result = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps(result | {"reason": "interrupted", "scores": None, "step": 20}))
    numbers, page = report(run)
    assert (numbers["ended"], numbers["scored_now"]) == (True, True)
    assert "Interrupted: the same command goes on from here (step 20 of 40" in page.text


def test_without_end_the_posterior_is_told_that_a_term_follows(trained, tmp_path):
    few = {"stages": [{"shares": {"own_universe:few": 1}}]}
    data = {"batch": 32, "end": False}
    recipe = recipe_from_dict({**RECIPE, "curriculum": few, "data": data, "budget": {"steps": 10}})
    Trainer(recipe, tmp_path / "run").run()
    numbers, page = report(tmp_path / "run", drawn=False)
    source = final_rows(recipe, purpose="evaluation")
    (universe,) = source.universes
    losses = []
    for r in range(ROWS):
        batch = source.batches(r // 32, 1)
        for k, target in enumerate(batch.targets[0, r % 32].tolist(), start=1):
            if target >= 0:
                found = explain(universe, batch.inputs[0, r % 32, :k].tolist()).next
                losses.append(-math.log(found.probability(target) / (1 - found.probability(None))))
    overall = numbers["standings"]["overall"]
    assert (overall["targets"], overall["ceiling_log_loss"]) == (len(losses), None)
    assert overall["possible_log_loss"] == pytest.approx(np.mean(losses), rel=1e-9)
    assert "Not everything can be shown: exact ceilings count END, and data.end is false" in page.text
    assert "None" not in page.text


def test_without_a_ceiling_the_page_shows_accuracies_alone(trained, tmp_path):
    recipe = recipe_from_dict({**RECIPE, "validation": {**RECIPE["validation"], "ceiling": False}})
    Trainer(recipe, tmp_path / "run").run()
    numbers, page = report(tmp_path / "run")
    assert numbers["standings"]["overall"]["regret"] is None
    assert numbers["standings"]["positions"]["3"]["accuracy"] is not None
    assert "Not everything can be shown: the recipe's validation.ceiling is false" in page.text
    assert not (tmp_path / "run" / "report" / "gaps.png").exists()
    assert (tmp_path / "run" / "report" / "positions.png").exists()


def test_a_model_of_numbers_has_no_log_loss_and_a_report(trained, tmp_path):
    changed = {"model": {**RECIPE["model"], "head": "regression"}, "loss": {"kind": "huber"}}
    recipe = recipe_from_dict({**RECIPE, **changed, "data": {"batch": 32, "end": False}, "budget": {"steps": 10}})
    Trainer(recipe, tmp_path / "run").run()
    numbers, page = report(tmp_path / "run")
    assert numbers["standings"]["overall"]["log_loss"] is None
    assert numbers["standings"]["overall"]["gap"] > 0
    assert numbers["wrong"][0]["probability"] is None
    assert "training loss (huber)" in page.text
    assert "nan" not in page.text


def test_rows_of_the_users_own_have_no_rules_to_show(tmp_path):
    class Counting:
        phases = ("counting",)

        def batches(self, first, count):
            starts = np.arange(first * 8, (first + count) * 8).reshape(count, 8, 1) % 200
            terms = starts + np.arange(9)
            return Batches(inputs=terms[..., :-1], targets=terms[..., 1:], phases=np.zeros((count, 8), np.int64))

    recipe = recipe_from_dict({**RECIPE, "curriculum": {}, "data": {"batch": 8}})
    own = Counting()
    Trainer(recipe, tmp_path / "run", source=own, validation=own, evaluation=own).run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqtrain.possible.final_posterior", lambda _: pytest.fail("nobody asks for it"))
        numbers, page = report(tmp_path / "run")
    assert numbers["standings"] is None
    assert numbers["wrong"] == []
    assert [row[0] for row in page.tables["scores"][1:]] == ["all", "counting"]
    assert "rows of the user's own" in page.text


def test_names_that_earlier_versions_logged_among_the_phases_make_no_rows_the_users_own(trained, tmp_path):
    from seqtrain.tensorboard_log import TensorBoardLog

    run = tmp_path / "run"
    shutil.copytree(trained, run)
    log = TensorBoardLog(run / "tensorboard", phases=(), terms=4)
    log.started(40)
    log._writer.add_scalar("validation_accuracy/random", 0.25, 41)
    log.close()
    assert read_run(run).phases == ("own_universe:few", "own_universe:more", "random")
    assert not read_run(run).own_rows


@pytest.mark.parametrize("use", ["source", "validation", "evaluation"])
def test_a_checkpoint_says_which_rows_were_the_users_own(tmp_path, use):
    recipe = recipe_from_dict({**RECIPE, "curriculum": {"stages": [{"shares": {"phase1": 1}}]}, "budget": {"steps": 1}})
    recipe = replace(recipe, validation=replace(recipe.validation, ceiling=False))
    named = "training" if use == "source" else use
    Trainer(recipe, tmp_path / "run", **{use: final_rows(recipe, purpose="train")}).run()
    provenance = load_checkpoint(tmp_path / "run" / "model.safetensors").provenance
    assert provenance["own_rows"] == [named]
    assert (provenance["universe"] is None) == (named == "training")
    assert read_run(tmp_path / "run").own_rows == (named != "training")


def test_what_a_killed_session_logged_in_vain_is_not_shown(tmp_path):
    from seqtrain.run_history import _series
    from seqtrain.tensorboard_log import TensorBoardLog

    def session(start, steps, loss):
        log = TensorBoardLog(tmp_path, phases=("a",), terms=4)
        log.started(start)
        for step in steps:
            log.logged(step, {"loss": loss + step})
        log.close()

    session(0, [5, 10, 15, 20], 1)
    session(10, [15], 100)
    series = _series(tmp_path)["training/loss"]
    assert series.steps.tolist() == [5, 10, 15]
    assert series.values.tolist() == [6, 11, 115]


def test_minutes_are_those_of_the_steps(trained):
    from seqtrain.run_history import Series, read_run

    history = read_run(trained)
    speed = Series(steps=np.array([60, 120]), values=np.array([1.0, 2.0]))
    object.__setattr__(history, "series", {"training/steps_per_second": speed})
    assert history.minutes(np.array([0, 30, 60, 120])).tolist() == [0, 0.5, 1, 1.5]


def test_the_curriculum_is_drawn_where_it_turns():
    """Between the drawn steps shares lie on straight lines, so that the picture has them at every step."""
    stages = [
        {"shares": {"a": 1}},
        {"start": 10, "transition": 10, "shares": {"b": 1}},
        {"start": 30, "shares": {"c": 1}},
    ]
    recipe = recipe_from_dict({"curriculum": {"stages": stages}}).curriculum
    turns = turning_steps(recipe, 40)
    assert turns.tolist() == [0, 10, 20, 29, 30, 40]
    curriculum = Curriculum(recipe)
    drawn, every = curriculum.shares(turns), np.arange(41)
    for phase, share in enumerate(curriculum.shares(every).T):
        assert np.interp(every, turns, drawn[:, phase]) == pytest.approx(share, abs=1e-12)


def test_a_folder_that_is_no_run_is_one_clear_line(trained, tmp_path, capsys):
    right = "give the folder that 'seqtrain run' made"
    for folder in (tmp_path, tmp_path / "missing"):
        status, line = failure(capsys, "report", str(folder))
        assert (status, line) == (2, f"{folder} is no run's folder: there is no recipe.toml in it; {right}")
    run = copied(trained, tmp_path)
    (run / "result.json").write_text("{}")
    assert failure(capsys, "report", str(run)) == (2, f"{run}/result.json is damaged: it lacks reason, seconds, step")
    (run / "result.json").write_text("][")
    status, line = failure(capsys, "report", str(run))
    assert (status, line.startswith(f"{run}/result.json is damaged: ")) == (2, True)
    (run / "model.safetensors").unlink()
    line = f"{run}: the run has saved no model yet; try again in a moment"
    assert failure(capsys, "report", str(run)) == (2, line)
    assert not (run / "report").exists()


def test_a_page_that_cannot_be_written_is_one_line_and_leaves_the_one_before(trained, reported, capsys, monkeypatch):
    before = (trained / "report" / "report.html").read_bytes()
    out = trained / "recipe.toml" / "report"
    draw_nothing(monkeypatch)
    assert main(["report", str(trained), "--rows", "5", "--out", str(out)]) == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line == f"seqtrain: error: {out}: Not a directory"
    assert (trained / "report" / "report.html").read_bytes() == before


def test_the_command_says_where_the_page_is_and_a_fresh_run_removes_it(trained, tmp_path, capsys, monkeypatch):
    draw_nothing(monkeypatch)
    run = copied(trained, tmp_path)
    assert main(["report", str(run), "--rows", "5"]) == 0
    assert capsys.readouterr().out == f"{run}/report/report.html\n"
    assert not list((run / "report").glob(".*"))
    Trainer(load_recipe(run / "recipe.toml"), run, fresh=True).run()
    assert not (run / "report").exists()


def test_a_runs_name_is_text_in_the_page(trained, tmp_path):
    run = shutil.copytree(trained, tmp_path / "a<b>&c", ignore=shutil.ignore_patterns("report"))
    _, page = report(run, drawn=False)
    assert "Training run a<b>&c" in page.text


def test_help_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys; from seqtrain.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print(sorted({'torch', 'numpy', 'matplotlib', 'tensorboard'} & sys.modules.keys()))"
    )
    for name in ("report", "compare"):
        said = subprocess.run([sys.executable, "-c", code, name, "--help"], capture_output=True, text=True, check=True)
        assert said.stdout.endswith("[]\n")
