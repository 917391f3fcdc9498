"""What a release needs and takes minutes: `make release-check` runs it, `make test` does not.

Everything is installed from a package registry as a user would, into environments with nothing in them.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from distributed import CHECK_VECTORS, KNOWN_ROWS, PACKAGES, ROOT, UNREACHABLE, VECTORS

pytestmark = pytest.mark.release

NEEDS = {
    "seqgen": {"seqgen"},
    "seqmodel": {"seqmodel"},
    "seqtrain": {"seqgen", "seqmodel", "seqtrain"},
    "seqserve": {"seqmodel", "seqserve"},
}


def pythons() -> list[Path]:
    """Return the interpreters of the supported versions that this machine has, one of each."""
    found = []
    for minor in (11, 12, 13, 14):
        installed = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        tried = [str(path) for path in installed] + [shutil.which(f"python3.{minor}") or ""]
        for python in filter(None, tried):
            if subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0:
                found.append(Path(python))
                break
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_installs_alone_into_an_empty_environment(run, pip, wheels, environment, distributions, package):
    # torch as in pyproject.toml: any other may bring gigabytes of CUDA.
    torch = () if package == "seqgen" else ("--group", f"{ROOT / 'pyproject.toml'}:torch")
    install(pip, environment, wheels[package], "--find-links", distributions, *torch)
    pip(environment, "check")
    run(environment / package, "--version")
    listed = {entry["name"] for entry in json.loads(pip(environment, "list", "--format=json"))}
    assert listed & set(PACKAGES) == NEEDS[package]


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_rows_are_the_same_on_every_supported_python(run, pip, wheels, tmp_path, python):
    run(python, "-m", "venv", "--without-pip", tmp_path / "environment")
    environment = tmp_path / "environment" / "bin"
    install(pip, environment, wheels["seqgen"])
    assert run(environment / "python", "-W", "error", "-c", CHECK_VECTORS, VECTORS).count("same") == KNOWN_ROWS
    assert run(environment / "seqgen", "explain", 1, 1, 2, 3, 5, 8, "--universe", "phase1", cwd=tmp_path)


def install(pip, environment: Path, *what: object) -> None:
    try:
        pip(environment, "install", *what)
    except AssertionError as error:
        if UNREACHABLE.search(str(error)):
            pytest.skip("a dependency is in no cache, and the package registry cannot be reached")
        raise
