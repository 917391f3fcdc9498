"""What the tests of the whole path share: a recipe so small that it trains in seconds, and how commands are run."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from distributed import PACKAGES, ROOT

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


@pytest.fixture(scope="session")
def distributions(run, tmp_path_factory) -> Path:
    """Return a folder with the source distribution of each package, and the wheel built from that."""
    folder = tmp_path_factory.mktemp("distributions")
    for package in PACKAGES:
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT / "packages" / package)
    return folder


@pytest.fixture(scope="session")
def wheels(distributions) -> dict[str, Path]:
    """Return each package's wheel."""
    return {path.name.partition("-")[0]: path for path in distributions.glob("*.whl")}


@pytest.fixture
def environment(run, tmp_path) -> Path:
    """Return the folder of commands of a new virtual environment with nothing in it, not even pip."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment")
    return tmp_path / "environment" / "bin"


@pytest.fixture(scope="session")
def pip(run) -> Callable[..., str]:
    """Return a function that runs this environment's pip on another environment."""

    def pip(environment: Path, *arguments: object) -> str:
        options = ("--disable-pip-version-check", "--python", environment / "python")
        return run(sys.executable, "-m", "pip", *options, *arguments)

    return pip


@pytest.fixture
def environment_of_the_four(run, pip, wheels, environment) -> Path:
    """Return the commands of an environment that has the four wheels, and sees this one's torch and the like.

    They need no second download so. Python reads .pth files only in an environment's own folder: the editable
    installations of our packages here stay invisible there.
    """
    pip(environment, "install", "--no-deps", "--no-index", *wheels.values())
    purelib = run(environment / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    lines = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    Path(purelib.strip(), "third_party.pth").write_text("\n".join(lines) + os.linesep, encoding="utf-8")
    return environment


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
