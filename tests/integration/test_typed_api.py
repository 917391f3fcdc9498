"""The types of the installed wheels are what users build on: mypy --strict checks two small projects against them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import ROOT

# What the packages themselves import need not be read again: their types are known from the wheels.
UNREAD = (
    "torch",
    "numba",
    "llvmlite",
    "matplotlib",
    "PIL",
    "tensorboard",
    "tqdm",
    "safetensors",
    "starlette",
    "hypothesis",
)


@pytest.fixture
def mypy(environment_of_the_four, tmp_path):
    configuration = tmp_path / "mypy.ini"
    unread = ",".join(f"{name}.*" for name in UNREAD)
    configuration.write_text(
        f"[mypy]\nstrict = True\ncache_dir = {tmp_path}/cache\n[mypy-{unread}]\nfollow_imports = skip\n"
        "ignore_missing_imports = True\n",
        encoding="utf-8",
    )

    def check(*files: Path) -> tuple[int, str]:
        python = environment_of_the_four / "python"
        command = [sys.executable, "-m", "mypy", "--config-file", configuration, "--python-executable", python, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=files[0].parent)
        return done.returncode, done.stdout + done.stderr

    return check


def test_projects_that_use_the_wheels_pass_mypy_strict(mypy, tmp_path):
    folder = shutil.copytree(ROOT / "examples" / "pipeline", tmp_path / "consumer")
    shutil.copy(ROOT / "tests" / "support" / "typed_consumer.py", folder)
    status, said = mypy(*sorted(folder.glob("*.py")))
    assert status == 0, said


def test_a_wrong_use_is_found(mypy, tmp_path):
    project = tmp_path / "wrong.py"
    project.write_text(
        "from seqserve import Predictor\nimport seqgen\n"
        "Predictor.load('default').predict([[1]], steps='4')\n"
        "n: str = seqgen.phase(1).total\n",
        encoding="utf-8",
    )
    status, said = mypy(project)
    assert status == 1
    assert "[arg-type]" in said
    assert "[assignment]" in said
    assert "Found 2 errors" in said
