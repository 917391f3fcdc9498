"""The wheels hold what users need: seqgen works with NumPy alone, the four work together."""

import json
from pathlib import Path

import numpy as np
import pytest
from distributed import CHECK_VECTORS, KNOWN_ROWS, PACKAGES, UNREACHABLE, VECTORS, metadata_of


def test_one_version_stands_everywhere(wheels):
    (version,) = {metadata_of(wheel)["Version"] for wheel in wheels.values()}
    for wheel in wheels.values():
        for requirement in metadata_of(wheel).get_all("Requires-Dist"):
            name, _, pinned = requirement.partition(";")[0].partition("==")
            assert name not in PACKAGES or pinned == version


def test_seqgen_needs_numpy_alone(run, pip, wheels, environment, tmp_path):
    try:
        pip(environment, "install", f"numpy=={np.__version__}")
    except AssertionError as error:
        if UNREACHABLE.search(str(error)):
            pytest.skip("NumPy is in no cache, and the package registry cannot be reached")
        raise
    pip(environment, "install", "--no-index", wheels["seqgen"])

    listed = json.loads(pip(environment, "list", "--format=json"))
    assert {entry["name"] for entry in listed} == {"numpy", "seqgen"}
    lines = run(environment / "seqgen", "sample", "--json", cwd=tmp_path).splitlines()
    assert lines
    assert all(json.loads(line) for line in lines)


def test_rows_are_the_same_on_the_oldest_numpy(run, pip, wheels, environment):
    requirement = next(r for r in metadata_of(wheels["seqgen"]).get_all("Requires-Dist") if r.startswith("numpy"))
    oldest = requirement.partition(">=")[2]
    try:
        pip(environment, "install", f"numpy=={oldest}.0")
    except AssertionError as error:
        if UNREACHABLE.search(str(error)):
            pytest.skip(f"NumPy {oldest}.0 is in no cache, and the package registry cannot be reached")
        raise
    pip(environment, "install", "--no-index", wheels["seqgen"])
    assert run(environment / "python", "-c", CHECK_VECTORS, VECTORS).count("same") == KNOWN_ROWS


def test_the_four_work_together(run, pip, environment_of_the_four, tiny_recipe, tmp_path):
    environment = environment_of_the_four
    pip(environment, "check")
    for package in PACKAGES:
        place = run(environment / "python", "-c", f"import {package}; print({package}.__file__)")
        assert Path(place).is_relative_to(environment.parent)

    assert run(environment / "seqgen", "sample", cwd=tmp_path)
    run(environment / "seqtrain", "run", tiny_recipe, "--out", "run", cwd=tmp_path)
    assert run(environment / "seqmodel", "info", "run/model.safetensors", cwd=tmp_path)
    predict = ("predict", "--model", "run/model.safetensors", 2, 4, 6, 8, "--json")
    answer = json.loads(run(environment / "seqserve", *predict, cwd=tmp_path))
    assert answer["sequence"] == [2, 4, 6, 8]
