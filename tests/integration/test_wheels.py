"""The wheels hold what users need: seqgen works with NumPy alone, the four work together."""

import email
import json
import os
import re
import sys
import sysconfig
import zipfile
from email.message import Message
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("seqgen", "seqmodel", "seqtrain", "seqserve")
UNREACHABLE = re.compile(r"connection broken|NewConnectionError|ProxyError|ConnectTimeout")


@pytest.fixture(scope="module")
def wheels(run, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    for package in PACKAGES:
        source = ROOT / "packages" / package
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source)
    return {path.name.partition("-")[0]: path for path in folder.iterdir()}


@pytest.fixture
def environment(run, tmp_path) -> Path:
    """Return the folder of commands of a new virtual environment with nothing in it, not even pip."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment")
    return tmp_path / "environment" / "bin"


def pip(run, environment: Path, *arguments: object) -> str:
    """Run this environment's pip on another environment."""
    options = ("--disable-pip-version-check", "--python", environment / "python")
    return run(sys.executable, "-m", "pip", *options, *arguments)


def installed(run, environment: Path) -> set[str]:
    return {entry["name"] for entry in json.loads(pip(run, environment, "list", "--format=json"))}


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_each_wheel_holds_types_licence_and_readme(wheels):
    assert wheels.keys() == set(PACKAGES)
    for package, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        assert f"{package}/py.typed" in names
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
        readme = (ROOT / "packages" / package / "README.md").read_text(encoding="utf-8")
        assert metadata_of(wheel).get_payload(decode=True) == readme.encode()
        assert readme.startswith(f"# {package}")


def test_one_version_stands_everywhere(wheels):
    (version,) = {metadata_of(wheel)["Version"] for wheel in wheels.values()}
    for wheel in wheels.values():
        for requirement in metadata_of(wheel).get_all("Requires-Dist"):
            name, _, pinned = requirement.partition(";")[0].partition("==")
            assert name not in PACKAGES or pinned == version


def test_seqgen_needs_numpy_alone(run, wheels, environment, tmp_path):
    try:
        pip(run, environment, "install", f"numpy=={np.__version__}")
    except AssertionError as error:
        if UNREACHABLE.search(str(error)):
            pytest.skip("NumPy is in no cache, and the package registry cannot be reached")
        raise
    pip(run, environment, "install", "--no-index", wheels["seqgen"])

    assert installed(run, environment) == {"numpy", "seqgen"}
    lines = run(environment / "seqgen", "sample", "--json", cwd=tmp_path).splitlines()
    assert lines
    assert all(json.loads(line) for line in lines)


CHECK_VECTORS = """
import csv, pathlib, sys, seqgen
for path in pathlib.Path(sys.argv[1]).glob("phase*.csv"):
    universe = seqgen.universe(path.stem)
    for known in csv.DictReader(path.open(newline="")):
        row = seqgen.Stream(universe, known["purpose"], int(known["seed"]))[int(known["index"])]
        assert " ".join(map(str, row.terms)) == known["terms"], known
        print("same")
"""


def test_rows_are_the_same_on_the_oldest_numpy(run, wheels, environment):
    requirement = next(r for r in metadata_of(wheels["seqgen"]).get_all("Requires-Dist") if r.startswith("numpy"))
    oldest = requirement.partition(">=")[2]
    try:
        pip(run, environment, "install", f"numpy=={oldest}.0")
    except AssertionError as error:
        if UNREACHABLE.search(str(error)):
            pytest.skip(f"NumPy {oldest}.0 is in no cache, and the package registry cannot be reached")
        raise
    pip(run, environment, "install", "--no-index", wheels["seqgen"])
    vectors = ROOT / "tests" / "seqgen" / "vectors"
    assert run(environment / "python", "-c", CHECK_VECTORS, vectors).count("same") == 228


def test_the_four_work_together(run, wheels, environment, tiny_recipe, tmp_path):
    pip(run, environment, "install", "--no-deps", *wheels.values())
    share_third_party_packages(run, environment)
    pip(run, environment, "check")
    for package in PACKAGES:
        place = run(environment / "python", "-c", f"import {package}; print({package}.__file__)")
        assert Path(place).is_relative_to(environment.parent)

    assert run(environment / "seqgen", "sample", cwd=tmp_path)
    run(environment / "seqtrain", "run", tiny_recipe, "--out", "run", cwd=tmp_path)
    assert run(environment / "seqmodel", "info", "run/model.safetensors", cwd=tmp_path)
    predict = ("predict", "--model", "run/model.safetensors", 2, 4, 6, 8, "--json")
    answer = json.loads(run(environment / "seqserve", *predict, cwd=tmp_path))
    assert answer["sequence"] == [2, 4, 6, 8]


def share_third_party_packages(run, environment: Path) -> None:
    """Let an environment see this one's torch and the like, so that they need no second download.

    Python reads .pth files only in an environment's own folder: the editable installations of our
    packages here stay invisible there.
    """
    purelib = run(environment / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    lines = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    Path(purelib.strip(), "third_party.pth").write_text("\n".join(lines) + os.linesep, encoding="utf-8")
