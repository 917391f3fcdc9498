"""What the tests of the whole path share: a recipe so small that it trains in seconds, and how commands are run."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

TINY_RECIPE = """
[model]
d_model = 16
layers = 1
heads = 2
value_periods = []

[data]
batch = 16

[schedule]
warmup = 2

[[curriculum.stages]]
shares = { phase1 = 1.0 }

[validation]
every = 5
rows = 32
final_rows = 64
ceiling = false

[budget]
steps = 10

[run]
threads = 1
"""


@pytest.fixture
def tiny_recipe(tmp_path: Path) -> Path:
    """Return the path of a recipe that trains for ten steps."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY_RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def run() -> Callable[..., str]:
    """Return a function that runs a command, asserts that it succeeds, and returns its output."""
    return run_command


def run_command(*arguments: object, cwd: Path | None = None) -> str:
    # An environment is to be seen as it is installed.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = list(map(str, arguments))
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=variables)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
