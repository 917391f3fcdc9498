"""Models that come with the package: listed, loaded by name, each with a card that says what it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import (
    CheckpointError,
    IntegerVocabulary,
    ModelCard,
    ModelConfig,
    Transformer,
    pretrained,
    pretrained_names,
    save_pretrained,
)
from seqmodel.cli import main
from seqmodel.info_command import run as info
from seqmodel.model_card import PARTS
from seqmodel.models_command import run as models
from seqmodel.packaged import MODELS

LARGEST = 5_000_000  # bytes


def card(name):
    return ModelCard(
        name=name,
        summary=f"What {name} does.",
        recipe="One step:\n\n    # nothing is trained\n    pass",
        data="None.",
        figures="| loss |\n|---|\n| 5.5 |",
        limits="Knows nothing.",
    )


@pytest.fixture
def root(tmp_path):
    """Return a folder of two packaged models, and of what is none."""
    for layers, name in enumerate(("small", "larger-one"), start=1):
        config = ModelConfig(d_model=8, heads=2, layers=layers, value_periods=())
        model = Transformer(config, IntegerVocabulary(high=9), seed=layers)
        save_pretrained(tmp_path / name, model, {"name": name}, card(name))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_every_packaged_model_loads_has_a_whole_card_and_is_small():
    folders = [path for path in MODELS.glob("*") if path.is_dir()]
    assert sorted(path.name for path in folders) == list(pretrained_names())
    for folder in folders:
        assert pretrained(folder.name).provenance
        assert ModelCard.read(folder / "README.md").name == folder.name
        assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
        assert sum(path.stat().st_size for path in folder.iterdir()) <= LARGEST


def test_models_are_listed_and_loaded_by_name(root):
    assert pretrained_names(root=root) == ("larger-one", "small")
    checkpoint = pretrained("small", root=root)
    assert checkpoint.config.layers == 1
    assert checkpoint.provenance == {"name": "small"}
    assert not checkpoint.model.training


@pytest.mark.parametrize("exact", [True, False])
def test_exactness_is_chosen_on_loading(root, exact):
    assert pretrained("small", exact=exact, root=root).model.exact is exact


@pytest.mark.parametrize("name", ["smal", "", ".", "..", "../small", "small/", "__pycache__", "notes.txt", "SMALL"])
def test_an_unknown_name_is_refused_with_those_that_are_known(root, name):
    with pytest.raises(ValueError, match=r"there is no packaged model .*: choose from larger-one, small") as error:
        pretrained(name, root=root)
    assert repr(name) in str(error.value)


def test_where_nothing_is_packaged_all_names_are_unknown(tmp_path, capsys):
    for root in (tmp_path, tmp_path / "missing"):
        assert pretrained_names(root=root) == ()
        with pytest.raises(ValueError, match=r"no packaged model 'small': choose from \(none is packaged\)"):
            pretrained("small", root=root)
        models(as_json=False, root=root)
        assert capsys.readouterr().out == "no model comes with this version\n"
        models(as_json=True, root=root)
        assert capsys.readouterr().out == ""


def test_a_damaged_packaged_model_is_refused(root):
    path = root / "small" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=str(path)):
        pretrained("small", root=root)
    with pytest.raises(CheckpointError, match=str(path)):
        models(as_json=False, root=root)


def test_the_table_of_models_is_aligned(root, capsys):
    models(as_json=False, root=root)
    assert capsys.readouterr().out.splitlines() == [
        "name        parameters     size  summary",
        "larger-one       2,003  0.01 MB  What larger-one does.",
        "small            1,131  0.01 MB  What small does.",
    ]


def test_the_list_for_machines_is_an_object_a_line(root, capsys):
    models(as_json=True, root=root)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["name"], second["name"]) == ("larger-one", "small")
    assert second == {
        "name": "small",
        "parameters": 1131,
        "bytes": sum(path.stat().st_size for path in (root / "small").iterdir()),
        "summary": "What small does.",
    }


def test_the_command_lists_what_is_packaged(capsys):
    assert main(["models", "--json"]) == 0
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == list(pretrained_names())


def test_info_takes_the_name_of_a_packaged_model(root, capsys):
    info("small", as_json=True, root=root)
    assert json.loads(capsys.readouterr().out)["provenance"] == {"name": "small"}


def test_a_file_or_folder_of_that_name_comes_first(root, tmp_path_factory, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    model = Transformer(ModelConfig(d_model=8, heads=2, layers=3, value_periods=()), IntegerVocabulary(high=9))
    save_pretrained("small", model, {"name": "my own"})
    info("small", as_json=True, root=root)
    assert json.loads(capsys.readouterr().out)["provenance"] == {"name": "my own"}


def test_info_says_which_names_there_are(root):
    message = "cannot read checkpoint smal: No such file or directory; packaged models: larger-one, small"
    with pytest.raises(CheckpointError, match=message):
        info("smal", as_json=False, root=root)


# Cards


lines = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" #"), min_size=1)
    .map(str.strip)
    .filter(lambda line: line and not line.startswith("## "))
)
texts = st.lists(lines | st.just(""), min_size=1).map("\n".join).map(str.strip).filter(bool)


@given(lines, lines, st.lists(texts, min_size=4, max_size=4))
def test_a_card_comes_back_as_it_was_written(name, summary, parts):
    written = ModelCard(name=name, summary=summary, **dict(zip(PARTS, parts, strict=True)))
    assert ModelCard.from_markdown(written.to_markdown()) == written
    assert ModelCard.from_markdown(written.to_markdown().replace("\n", "\r\n")) == written


def test_a_card_is_read_from_the_usual_headings():
    text = "# tiny\nAdds.\n## Recipe\nA\n\n### Steps\n# 3\n## Data\nB\n## Figures\n\n\nC\n\n## Limits\nD"
    assert ModelCard.from_markdown(text) == ModelCard(
        name="tiny", summary="Adds.", recipe="A\n\n### Steps\n# 3", data="B", figures="C", limits="D"
    )


WHOLE = "# tiny\n\nAdds.\n\n## Recipe\n\nA\n\n## Data\n\nB\n\n## Figures\n\nC\n\n## Limits\n\nD\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("## Recipe\n\nA\n\n", "", r"got \['Data', 'Figures', 'Limits'\]"),
        ("## Data\n\nB\n\n", "", r"got \['Recipe', 'Figures', 'Limits'\]"),
        ("## Figures\n\nC\n\n", "", r"got \['Recipe', 'Data', 'Limits'\]"),
        ("## Limits\n\nD\n", "", r"got \['Recipe', 'Data', 'Figures'\]"),
        ("## Recipe", "## recipe", "has the headings Recipe, Data, Figures, Limits"),
        ("## Recipe", "### Recipe", "has the headings"),
        ("## Limits", "## Licence\n\nMIT\n\n## Limits", "has the headings"),
        ("## Limits", "## Data\n\nB\n\n## Limits", "has the headings"),
        ("## Data\n\nB\n\n## Figures\n\nC", "## Figures\n\nC\n\n## Data\n\nB", "has the headings"),
        ("\nA\n", "\n\n", "recipe of a model card is empty"),
        ("\nD\n", " \t\n", "limits of a model card is empty"),
        ("# tiny\n", "\n", "begins with '# ' and the model's name, got 'Adds.'"),
        ("# tiny\n", "tiny\n", "begins with '# '"),
        ("# tiny\n", "# \n", "name of a model card is empty"),
        ("Adds.\n", "\n", "summary of a model card is empty"),
        ("Adds.\n", "Adds.\n\nAnd more.\n", "summary of a model card must be one line"),
        (WHOLE, "", "has the headings"),
    ],
)
def test_a_card_that_lacks_something_or_has_more_is_refused(tmp_path, old, new, message):
    assert ModelCard.from_markdown(WHOLE).limits == "D"
    text = WHOLE.replace(old, new, 1)
    assert text != WHOLE
    with pytest.raises(ValueError, match=message):
        ModelCard.from_markdown(text)
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"{tmp_path / 'README.md'}: .*{message}"):
        ModelCard.read(tmp_path / "README.md")


@pytest.mark.parametrize(
    ("field", "value", "error", "message"),
    [
        ("name", 1, TypeError, "name of a model card must be text, got 1"),
        ("summary", "two\nlines", ValueError, "summary of a model card must be one line"),
        ("name", "two\nlines", ValueError, "name of a model card must be one line"),
        ("data", "", ValueError, "data of a model card is empty"),
        ("data", " x", ValueError, "data of a model card has white space around it"),
        ("data", "x\r\ny", ValueError, "or a carriage return"),
        ("data", "x\n## y", ValueError, "has a line that begins with '## ': use '### '"),
    ],
)
def test_a_card_that_could_not_be_read_again_cannot_be_made(field, value, error, message):
    whole = dict.fromkeys(("name", "summary", *PARTS), "x")
    with pytest.raises(error, match=message):
        ModelCard(**whole | {field: value})


def test_a_card_that_is_no_text_is_refused_by_name(tmp_path):
    (tmp_path / "README.md").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=f"{tmp_path / 'README.md'}: "):
        ModelCard.read(tmp_path / "README.md")
    with pytest.raises(FileNotFoundError):
        ModelCard.read(tmp_path / "missing")
