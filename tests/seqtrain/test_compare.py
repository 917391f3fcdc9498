import io
import json
import shutil
import sys

import pytest
from parsed_page import ParsedPage

from seqtrain import Trainer, recipe_from_dict
from seqtrain.cli import main

RECIPE = {
    "model": {"d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"batch": 16},
    "optimiser": {"learning_rate": 0.01},
    "schedule": {"warmup": 3},
    "curriculum": {"stages": [{"shares": {"few_rules:few": 1}}]},
    "validation": {"every": 10, "rows": 20, "final_rows": 30},
    "budget": {"steps": 20},
    "run": {"threads": 1, "log_every": 5, "save_every": 10},
}

UNIVERSE = """
from seqgen import families
few = [families.arithmetic(start=range(0, 40), step=range(-3, 4)), families.geometric()]
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two finished runs; the second one is wider and has another schedule."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "few_rules.py").write_text(UNIVERSE)
        patch.syspath_prepend(folder)
        Trainer(recipe_from_dict(RECIPE), folder / "narrow").run()
        wider = {**RECIPE, "model": {**RECIPE["model"], "d_model": 12}, "schedule": {"kind": "constant"}}
        Trainer(recipe_from_dict(wider), folder / "wide").run()
        yield [folder / "narrow", folder / "wide"]
        sys.modules.pop("few_rules", None)


@pytest.fixture(scope="module")
def compared(runs, tmp_path_factory):
    """What `--json` prints, the page taken apart, and its folder."""
    out = tmp_path_factory.mktemp("out")
    return *compare(out, *runs), out


def compare(out, *runs, drawn=True):
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", printed)
        if not drawn:
            patch.setattr("seqtrain.compare_command.compare_pictures", lambda *_: [])
        assert main(["compare", *map(str, runs), "--rows", "30", "--out", str(out), "--json"]) == 0
    return json.loads(printed.getvalue()), ParsedPage((out / "comparison.html").read_text())


def failure(capsys, *arguments):
    """Run a command that must fail; return its status and its only line."""
    status = main(arguments)
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert captured.out == ""
    return status, line.removeprefix("seqtrain: error: ")


def test_every_run_has_a_row_with_the_figures_of_its_own_evaluation(runs, compared):
    numbers, page, _ = compared
    header, *rows = page.tables["runs"]
    assert [row[0] for row in rows] == list(numbers["runs"]) == ["narrow", "wide"]
    for run, row in zip(runs, rows, strict=True):
        result = json.loads((run / "result.json").read_text())
        overall = numbers["runs"][row[0]]["standings"]["overall"]
        cells = dict(zip(header, row, strict=True))
        assert cells["weights"] == f"{result['parameters']:,}"
        assert cells["accuracy"] == f"{100 * result['scores']['model']['overall']['accuracy']:.2f} %"
        assert cells["log-loss"] == f"{result['scores']['model']['overall']['log_loss']:.4f}"
        assert cells["of what is possible"] == f"{100 * overall['expected_share']:.2f} %"
        assert cells["regret"] == f"{overall['expected_regret']:.4f} ± {overall['expected_regret_error']:.4f}"


def test_the_best_of_each_column_is_marked(compared):
    numbers, _, out = compared
    overall = {name: run["standings"]["overall"] for name, run in numbers["runs"].items()}
    best = [
        max(each["accuracy"] for each in overall.values()),
        min(each["log_loss"] for each in overall.values()),
        min(each["expected_regret"] for each in overall.values()),
    ]
    html = (out / "comparison.html").read_text()
    accuracy, log_loss, regret = best
    assert f'<td class="best">{100 * accuracy:.2f} %</td>' in html
    assert f'<td class="best">{log_loss:.4f}</td>' in html
    assert f'<td class="best">{regret:.4f} ± ' in html


def test_what_differs_in_the_recipes_is_listed_and_nothing_else(compared):
    numbers, page, _ = compared
    assert page.tables["differences"] == [
        ["field", "narrow", "wide"],
        ["model.d_model", "8", "12"],
        ["schedule.kind", "cosine", "constant"],
        ["schedule.warmup", "3", "100"],
    ]
    assert numbers["differences"]["schedule.warmup"] == {"narrow": "3", "wide": "100"}


def test_nested_fields_that_differ_have_places_of_their_own(runs, tmp_path):
    late = {"start": 5, "shares": {"few_rules:few": 2}}
    stages = {"stages": [*RECIPE["curriculum"]["stages"], late]}
    Trainer(recipe_from_dict({**RECIPE, "curriculum": stages}), tmp_path / "late").run()
    _, page = compare(tmp_path / "out", runs[0], tmp_path / "late", drawn=False)
    assert page.tables["differences"][1:] == [
        ["curriculum.stages[1].start", "–", "5"],
        ["curriculum.stages[1].transition", "–", "0"],
        ["curriculum.stages[1].shares.few_rules:few", "–", "2.0"],
    ]
    assert "Not all of them are asked the same" not in page.text


def test_equal_recipes_are_said_to_be_equal_and_the_runs_are_told_apart(runs, tmp_path):
    twin = shutil.copytree(runs[0], tmp_path / "narrow")
    numbers, page = compare(tmp_path / "out", runs[0], twin, drawn=False)
    assert list(numbers["runs"]) == [f"{runs[0].parent.name}/narrow", f"{tmp_path.name}/narrow"]
    assert numbers["differences"] == {}
    assert "Nothing: the recipes are equal." in page.text


def test_runs_on_other_rows_are_said_not_to_compare(runs, tmp_path):
    recipe = recipe_from_dict({**RECIPE, "data": {"batch": 16, "end": False}})
    Trainer(recipe, tmp_path / "endless").run()
    _, page = compare(tmp_path / "out", *runs, tmp_path / "endless", drawn=False)
    assert "Not all of them are asked the same: endless and narrow differ" in page.text


def test_runs_of_one_mixture_share_what_is_possible(runs, tmp_path, capsys):
    compare(tmp_path / "out", *runs, drawn=False)
    assert capsys.readouterr().err.count("adding up the exact ceilings") == 1


def test_where_one_run_has_no_ceiling_plain_accuracies_are_drawn(runs, tmp_path):
    recipe = recipe_from_dict({**RECIPE, "validation": {**RECIPE["validation"], "ceiling": False}})
    Trainer(recipe, tmp_path / "plain").run()
    _, page = compare(tmp_path / "out", runs[0], tmp_path / "plain")
    assert "Not all of them are asked the same" not in page.text
    assert page.tables["differences"][1:] == [["validation.ceiling", "True", "False"]]
    assert page.tables["runs"][2][5:7] == ["–", "–"]
    assert "Accuracy on fresh rows, by how many terms were seen." in page.text
    assert "log-loss (nats per term)" in page.text


def test_where_no_run_has_a_ceiling_nothing_is_shown_beside_it(runs, tmp_path):
    for name, width in (("plain", 8), ("plainer", 4)):
        sections = {"validation": {**RECIPE["validation"], "ceiling": False}}
        sections["model"] = {**RECIPE["model"], "d_model": width}
        Trainer(recipe_from_dict({**RECIPE, **sections}), tmp_path / name).run()
    numbers, page = compare(tmp_path / "out", tmp_path / "plain", tmp_path / "plainer", drawn=False)
    assert page.tables["runs"][0] == ["run", "weights", "steps", "training time", "accuracy", "log-loss"]
    phases = ("phase1", "phase2")
    assert page.tables["phases"][0] == ["run", *(cell for phase in phases for cell in (phase, "log-loss"))]
    for row in page.tables["phases"][1:]:
        figures = [numbers["runs"][row[0]]["standings"]["phases"][phase] for phase in phases]
        said = [(f"{100 * each['accuracy']:.2f} %", f"{each['log_loss']:.4f}") for each in figures]
        assert row[1:] == [cell for pair in said for cell in pair]
    assert "possible" not in page.text


def test_a_run_that_goes_on_is_named(runs, tmp_path):
    run = shutil.copytree(runs[0], tmp_path / "copy")
    (run / "result.json").unlink()
    _, page = compare(tmp_path / "out", run, runs[1], drawn=False)
    assert "copy: in progress, or killed: no end is recorded (step 20 of 20)." in page.text


def test_the_page_stands_alone_with_its_pictures_beside_it(compared):
    _, page, out = compared
    assert "http" not in page.style + " ".join(str(each) for _, each in page.tags)
    assert all(value.startswith("#") for value in page.attributes("xlink:href"))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
    names = page.attributes("id")
    assert len(names) == len(set(names))
    pictures = sorted(path.stem for path in out.glob("*.png"))
    assert pictures == ["accuracy", "families", "positions", "regret-by-minutes", "regret-by-step"]
    assert sum(tag == "figure" for tag, _ in page.tags) == len(pictures)
    for name in ("regret (nats per term)", "time of training (minutes)", "accuracy missing (percentage points)"):
        assert name in page.text
    assert page.left_open == []


def test_fewer_than_two_runs_or_one_twice_is_refused(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = f"only {runs[0]} is given: two runs or more can be compared"
    assert failure(capsys, "compare", str(runs[0])) == (2, line)
    line = f"{runs[0]} is given twice: give different runs"
    assert failure(capsys, "compare", str(runs[0]), str(runs[0])) == (2, line)
    status, line = failure(capsys, "compare", str(runs[0]), str(tmp_path / "none"))
    assert (status, "is no run's folder" in line) == (2, True)
    with pytest.raises(SystemExit):
        main(["compare"])
    said = capsys.readouterr().err
    assert (
        said
        == "seqtrain: error: the following arguments are required: RUN; 'seqtrain compare --help' says what they are\n"
    )
    assert not (tmp_path / "comparison").exists()


def test_the_page_goes_where_it_is_told_or_to_a_folder_of_its_own(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqtrain.compare_command.compare_pictures", lambda *_: [])
    assert main(["compare", *map(str, runs), "--rows", "5"]) == 0
    assert capsys.readouterr().out == "comparison/comparison.html\n"
    assert (tmp_path / "comparison" / "comparison.html").exists()
