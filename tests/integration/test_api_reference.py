"""The API reference is built from the docstrings without a warning, and holds every public name."""

import html
import re
import sys
from importlib import import_module
from pathlib import Path

from distributed import PACKAGES, ROOT


def test_every_public_name_stands_in_the_reference_with_its_docstring(run, tmp_path):
    said = run(sys.executable, "-W", "error", ROOT / "docs" / "api.py", tmp_path / "api")
    assert Path(said.strip()).is_file()
    for package in PACKAGES:
        text = (tmp_path / "api" / f"{package}.html").read_text(encoding="utf-8")
        module = import_module(package)
        missing = [name for name in module.__all__ if f'id="{name}"' not in text]
        assert not missing
        assert html.escape((module.__doc__ or "").split("\n")[0], quote=False) in html.unescape(text)
        # References are links or code, not the notation they are written in.
        assert not re.search(r":(class|meth|func|mod|attr):`", text)
    families = (tmp_path / "api" / "seqgen" / "families.html").read_text(encoding="utf-8")
    assert 'id="alternating_geometric"' in families
