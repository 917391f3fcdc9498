"""The packages know each other only along the arrows of the architecture, and import no more than they need."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

PACKAGES = Path(__file__).parents[2] / "packages"

KNOWS = {
    "seqgen": set(),
    "seqmodel": set(),
    "seqtrain": {"seqgen", "seqmodel"},
    "seqserve": {"seqmodel"},
}
HEAVY = {"torch", "tensorboard", "hypothesis"}
MODULES = {"pillow": "PIL"}
"""What a package is imported as, where that is not its name."""


def project_of(package: str) -> dict[str, Any]:
    """Return the project table of a package's pyproject.toml."""
    text = (PACKAGES / package / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


def dependencies_of(package: str) -> set[str]:
    """Return the modules of the packages that a package asks for."""
    names = {re.split(r"[^\w-]", line)[0] for line in project_of(package)["dependencies"]}
    return {MODULES.get(name, name) for name in names}


def extras_of(package: str) -> set[str]:
    """Return the modules of the packages that a package's extras ask for."""
    extras = project_of(package).get("optional-dependencies", {})
    return {re.split(r"[^\w-]", line)[0].replace("-", "_") for lines in extras.values() for line in lines}


def hosts_of(package: str) -> set[str]:
    """Return the names of the packages that load a part of this one, as a plugin, when they are there."""
    return set(project_of(package).get("entry-points", {}))


def imported_packages(source: str) -> set[str]:
    """Return the top-level names that a module imports anywhere in its text."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import: {ast.unparse(node)}"
            names.add(str(node.module).partition(".")[0])
    return names


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the top-level names of the modules it loaded."""
    probe = f"import sys\n{code}\nprint('MODULES', *{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-W", "error", "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    return set(last.split()[1:])


@pytest.mark.parametrize("package", KNOWS)
def test_a_package_depends_on_the_others_along_the_arrows(package):
    assert dependencies_of(package) & KNOWS.keys() == KNOWS[package]


@pytest.mark.parametrize("package", KNOWS)
def test_a_package_imports_only_what_it_depends_on(package):
    files = sorted((PACKAGES / package / "src" / package).rglob("*.py"))
    assert files
    allowed = {package} | dependencies_of(package) | extras_of(package) | hosts_of(package) | sys.stdlib_module_names
    for file in files:
        beyond = imported_packages(file.read_text(encoding="utf-8")) - allowed
        assert not beyond, f"{file.relative_to(PACKAGES)} imports {beyond}"


@pytest.mark.parametrize("source", ["import torch.nn", "from torch import nn", "def f():\n import torch"])
def test_an_import_is_seen_wherever_it_stands(source):
    assert imported_packages(source) == {"torch"}


@pytest.mark.parametrize("package", KNOWS)
def test_importing_a_package_loads_neither_torch_nor_a_stranger(package):
    modules = modules_after(f"import {package}")
    assert package in modules
    assert not modules & (HEAVY | (KNOWS.keys() - KNOWS[package] - {package}))


@pytest.mark.parametrize("package", KNOWS)
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_command_answers_without_loading_torch(package, option):
    modules = modules_after(
        f"from {package}.cli import main\n"
        f"try:\n    main([{option!r}])\n"
        "except SystemExit as ending:\n    assert not ending.code\n"
    )
    assert f"{package}" in modules
    assert not modules & HEAVY


def test_the_probe_would_see_torch():
    assert "torch" in modules_after("import torch")
