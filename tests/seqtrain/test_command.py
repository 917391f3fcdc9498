import json
import resource
import signal
import subprocess
import sys
import time

import pytest

import seqtrain
from seqtrain import Trainer, load_recipe, recipe_to_dict, recipe_to_toml
from seqtrain.cli import main
from seqtrain.study_file import load_study, study_runs

COMMAND = [sys.executable, "-c", "import sys; from seqtrain.cli import main; sys.exit(main())"]


@pytest.fixture
def recipe_file(tiny, tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(recipe_to_toml(tiny))
    return str(path)


def failure(capsys, *arguments):
    """Run a command that must fail; return its status and its only line."""
    try:
        status = main(arguments)
    except SystemExit as ending:
        status = ending.code
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert captured.out == ""
    assert line.startswith("seqtrain: error: ")
    return status, line.removeprefix("seqtrain: error: ")


def test_run_trains_and_prints_the_table_and_evaluate_prints_the_same(recipe_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["run", recipe_file, "--out", str(out), "--set", "budget.steps=10", "--threads", "1"]) == 0
    trained = capsys.readouterr()
    assert trained.out.startswith("40 rows, ")
    assert "steps done after 10 steps" in trained.err
    assert load_recipe(out / "recipe.toml").budget.steps == 10
    assert main(["evaluate", str(out / "model.safetensors")]) == 0
    assert capsys.readouterr().out == trained.out
    assert main(["evaluate", str(out / "model.safetensors"), "--rows", "7", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["model"]["rows"] == 7
    assert scores["rules"]["last term"]["overall"]["log_loss"] is None


def test_a_run_whose_time_is_up_says_how_far_it_came_and_how_it_goes_on(recipe_file, tmp_path, capsys):
    options = ["--out", str(tmp_path / "out"), "--set", "budget.steps=1000000", "--set", "budget.max_minutes=0.001"]
    assert main(["run", recipe_file, *options, "--set", "stopping.patience=0"]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert "of 1000000 steps in" in said
    assert said.endswith("; with --set budget.max_minutes=0.002 the same command goes on")


def test_the_folder_is_runs_and_the_recipes_name_unless_told_otherwise(recipe_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", recipe_file]) == 0
    assert (tmp_path / "runs" / "tiny" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "missing.toml"], "cannot read recipe 'missing.toml': No such file or directory"),
        (["run", "RECIPE", "--set", "los.alpha=1"], "unknown field los; did you mean loss?"),
        (["run", "RECIPE", "--threads", "0"], "argument --threads: expected an integer of at least 1, got '0'"),
        (["run", "RECIPE", "--set", "curriculum.stages=[{shares={phase7=1}}]"], "phase7"),
        (["run"], "arguments are required: RECIPE.toml; 'seqtrain run --help' says what they are"),
        (["run", "RECIPE", "--thread=1"], "unrecognized arguments: --thread=1; did you mean --threads?"),
        (["evaluate", "missing.safetensors"], "missing.safetensors: No such file or directory"),
        (["evaluate", "RECIPE"], "not a safetensors file"),
        (["evaluate", "RECIPE", "--rows", "many"], "expected an integer of at least 1, got 'many'"),
        (["fly"], "invalid choice: 'fly'"),
    ],
)
def test_bad_input_is_one_clear_line_and_status_2(recipe_file, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, line = failure(capsys, *(recipe_file if word == "RECIPE" else word for word in arguments))
    assert (status, message in line) == (2, True), line


def test_a_folder_that_cannot_be_made_is_refused_before_training(recipe_file, capsys):
    status, line = failure(capsys, "run", recipe_file, "--out", f"{recipe_file}/out")
    assert (status, line) == (1, f"{recipe_file}/out: Not a directory")


def test_a_folder_that_cannot_be_written_is_refused_before_training(recipe_file, tmp_path, capsys, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("seqtrain.run_folder.tempfile.TemporaryFile", refuse)
    status, line = failure(capsys, "run", recipe_file, "--out", str(tmp_path))
    assert (status, line) == (1, f"{tmp_path}: Permission denied")


def test_help_and_version_need_neither_torch_nor_numpy():
    code = (
        "import sys; from seqtrain.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print(sorted({'torch', 'numpy', 'tensorboard'} & sys.modules.keys()))"
    )
    for arguments in (["--version"], ["--help"], ["run", "--help"], ["evaluate", "--help"]):
        command = [sys.executable, "-c", code, *arguments]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert said.endswith("[]\n")
    version = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True).stdout
    assert version == f"seqtrain {seqtrain.__version__}\n"


def start(recipe_file, out, *options, **process):
    command = [*COMMAND, "run", recipe_file, "--out", str(out), *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **process)


def wait_for(process, text):
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"the run ended without saying {text!r}")


LONG = ["--set", "budget.steps=400", "--set", "stopping.patience=0"]


def test_a_killed_run_goes_on_to_the_same_bits_as_one_never_killed(recipe_file, tiny, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for step, delay in ((100, 0.0), (210, 0.05)):
        process = start(recipe_file, killed, *LONG)
        wait_for(process, f"step {step}: validation")
        time.sleep(delay)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        assert not (killed / "result.json").exists()
    for out in (killed, whole):
        _, said = start(recipe_file, out, *LONG).communicate()
        assert ("going on from step" in said) is (out == killed)
    assert (killed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    from seqtrain.state import load_state

    ends = [load_state(out / "state.safetensors").tensors for out in (killed, whole)]
    assert all(tensor.equal(ends[1][group][name]) for group, named in ends[0].items() for name, tensor in named.items())


def test_ctrl_c_keeps_the_best_and_says_how_to_go_on(recipe_file, tmp_path):
    process = start(recipe_file, tmp_path / "out", "--set", "budget.steps=100000", "--set", "stopping.patience=0")
    wait_for(process, "step 50: validation")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    *_, last = said.splitlines()
    assert last.startswith("seqtrain: interrupted at step ")
    assert last.endswith("out/model.safetensors; the same command goes on from here")
    assert "Traceback" not in said
    assert main(["evaluate", str(tmp_path / "out" / "model.safetensors"), "--rows", "5"]) == 0


def test_a_full_disk_is_one_clear_line_and_the_save_before_is_whole(recipe_file, tiny, tmp_path):
    """The limit on file sizes leaves room for the logs and not for the state."""
    out = tmp_path / "out"
    Trainer(tiny, out).run()
    before = {name: (out / name).read_bytes() for name in ("model.safetensors", "state.safetensors")}

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before["state.safetensors"]) // 2,) * 2)

    process = start(recipe_file, out, "--set", "budget.steps=40", preexec_fn=little_room)
    printed, said = process.communicate()
    assert (process.returncode, printed) == (1, "")
    *_, last = said.splitlines()
    assert last == f"seqtrain: error: {out}: File too large; what was saved before is whole"
    assert "Traceback" not in said
    for name, content in before.items():
        assert (out / name).read_bytes() == content
    assert not list(out.glob(".*"))


def test_output_that_nobody_reads_is_not_an_error_to_complain_about(recipe_file, tmp_path):
    process = start(recipe_file, tmp_path / "out")
    process.stdout.close()
    with process:
        said = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in said
    assert "error" not in said


def test_a_recipe_of_the_repository_is_a_recipe(pytestconfig):
    recipes = list((pytestconfig.rootpath / "recipes").rglob("*.toml"))
    assert recipes
    for path in recipes:
        assert recipe_to_dict(load_recipe(path))


def test_a_study_of_the_repository_is_a_study(pytestconfig):
    studies = list((pytestconfig.rootpath / "studies").glob("*.toml"))
    assert studies
    for path in studies:
        names = [run.name for run in study_runs(load_study(path), path.parent)]
        assert 2 <= len(names) == len(set(names)) <= 40
