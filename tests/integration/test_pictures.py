"""The pictures of the documents can be drawn anew, and each that is drawn is shown."""

import runpy

import pytest
from distributed import ROOT

from seqtrain.pictures import house_style

PROGRAM = runpy.run_path(str(ROOT / "docs" / "pictures.py"))


@pytest.fixture(scope="module")
def drawn():
    with house_style():
        return PROGRAM["all_pictures"](universe="phase1", rows=100)


def test_every_picture_is_drawn_and_checked_in_and_shown(drawn):
    names = {picture.name for picture in drawn}
    assert names == {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")}
    shown = "".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("ceiling.md", "quantamaths.md"))
    for picture in drawn:
        assert picture.png.startswith(b"\x89PNG")
        assert f"](pictures/{picture.name}.png)" in shown


def test_a_picture_holds_what_is_computed(drawn):
    standing = next(picture for picture in drawn if picture.name == "standing")
    for line in ("nobody can know", "the model default", "Berlekamp-Massey", "linear extrapolation", "guessing"):
        assert line in standing.svg
    with pytest.raises(ValueError, match="nothing"):
        PROGRAM["all_pictures"](universe="nothing", rows=100)
