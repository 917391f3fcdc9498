"""What is known of the packages' distributions, and how it is read."""

import email
import re
import zipfile
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("seqgen", "seqmodel", "seqtrain", "seqserve")

UNREACHABLE = re.compile(r"connection broken|NewConnectionError|ProxyError|ConnectTimeout")
"""What pip says where no package registry can be reached."""

CHECK_VECTORS = """
import csv, pathlib, sys, seqgen
for path in pathlib.Path(sys.argv[1]).glob("phase*.csv"):
    universe = seqgen.universe(path.stem)
    for known in csv.DictReader(path.open(newline="")):
        row = seqgen.Stream(universe, known["purpose"], int(known["seed"]))[int(known["index"])]
        assert " ".join(map(str, row.terms)) == known["terms"], known
        print("same")
"""
"""A program that compares the rows of streams with the checked-in ones, whose folder it is given."""

VECTORS = ROOT / "tests" / "seqgen" / "vectors"
KNOWN_ROWS = 228


def metadata_of(wheel: Path) -> Message:
    """Return a wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def source_files(package: str) -> set[str]:
    """Return the files of a package as paths under `src`, without what Python keeps beside them."""
    source = ROOT / "packages" / package / "src"
    found = (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(source).as_posix() for path in found}
