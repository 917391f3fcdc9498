"""What is published is complete: every file of a package, and metadata by which it is found and trusted."""

import tarfile
import zipfile

import pytest
from distributed import PACKAGES, ROOT, metadata_of, source_files


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_every_file_of_its_package_and_no_other(wheels, package):
    with zipfile.ZipFile(wheels[package]) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        licence = archive.read(next(name for name in archive.namelist() if name.endswith("licenses/LICENSE")))
    assert held == source_files(package)
    assert f"{package}/py.typed" in held
    assert licence == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize(
    ("package", "asset"),
    [
        ("seqmodel", "models/default/model.safetensors"),
        ("seqmodel", "models/broad/README.md"),
        ("seqtrain", "page.css"),
        ("seqserve", "playground/index.html"),
        ("seqserve", "playground/playground.js"),
    ],
)
def test_models_and_pages_come_along(wheels, package, asset):
    with zipfile.ZipFile(wheels[package]) as archive:
        assert archive.read(f"{package}/{asset}")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_source_distribution_holds_what_its_wheel_is_built_from_and_no_caches(distributions, package):
    (path,) = distributions.glob(f"{package}-*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    expected = {f"src/{name}" for name in source_files(package)} | {"LICENSE", "README.md", "pyproject.toml"}
    assert expected <= held
    assert held - expected <= {"PKG-INFO", ".gitignore"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_metadata_says_what_a_user_asks(wheels, package):
    metadata = metadata_of(wheels[package])
    readme = (ROOT / "packages" / package / "README.md").read_text(encoding="utf-8")
    assert metadata["Name"] == package
    assert metadata["Summary"]
    assert metadata["Summary"].endswith(".")
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True) == readme.encode()
    assert readme.startswith(f"# {package}")
    classifiers = metadata.get_all("Classifier")
    assert "Typing :: Typed" in classifiers
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)} <= set(classifiers)
    assert metadata["Keywords"]


def test_the_changelog_has_the_version_that_is_built(wheels):
    (version,) = {metadata_of(wheel)["Version"] for wheel in wheels.values()}
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_an_installed_command_says_the_version_of_its_wheel(run, environment_of_the_four, wheels):
    for package, wheel in wheels.items():
        said = run(environment_of_the_four / package, "--version")
        assert said == f"{package} {metadata_of(wheel)['Version']}\n"
