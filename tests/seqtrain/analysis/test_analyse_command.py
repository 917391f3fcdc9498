"""The commands on a model of which it is known what it does."""

import json
import re
from pathlib import Path

import pytest
from handmade_arithmetic import Handmade
from parsed_page import ParsedPage
from PIL import Image

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, save_checkpoint
from seqtrain.analysis.loss_picture import read_losses
from seqtrain.analysis.node_file import read_nodes
from seqtrain.cli import main

WRITTEN = ("behaviors.json", "features.json", "analysis.json", "analysis.html", "map.png", "training-loss.png")


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, its losses and its analysis."""
    folder = tmp_path_factory.mktemp("handmade")
    save_checkpoint(folder / "model.safetensors", Handmade(2).model, {})
    losses = {"Config": {"n_digits": 2}, "TrainingLoss": [2.0 / (1 + step) for step in range(700)]}
    (folder / "training_loss.json").write_text(json.dumps(losses))
    assert main(["analyse", str(folder / "model.safetensors"), "--questions", "40"]) == 0
    return folder


def test_all_files_are_written_and_told(analysed: Path) -> None:
    assert {path.name for path in (analysed / "analysis").iterdir()} == set(WRITTEN)
    for name in ("map.png", "training-loss.png"):
        with Image.open(analysed / "analysis" / name) as picture:
            assert picture.width > 1000


def test_node_files_have_the_published_form(analysed: Path) -> None:
    behaviors, features = (read_nodes(analysed / "analysis" / name) for name in WRITTEN[:2])
    assert [tagged.node for tagged in behaviors] == [tagged.node for tagged in features]
    forms = "|".join(
        [
            r"Fail%:\d+",
            r"Impact:A\d+",
            r"Math\.Add:S[0-5]+",
            r"Math\.Sub:M[0-4]+",
            r"Math\.Neg:N[0-4]+",
            r"Attn:P\d+=\d+",
            r"Math\.Add:A\d\.SP(\.Weak)?",
            r"Math\.Sub:A\d\.MP(\.Weak)?",
        ]
    )
    for tagged in behaviors:
        assert tagged.tags
        assert all(re.fullmatch(forms, tag) for tag in tagged.tags)
    assert all(tag.startswith("Algo:") for tagged in features for tag in tagged.tags)
    tags = {str(tagged.node): set(tagged.tags) for tagged in features}
    own, below, operation, sign = ("P7L1H0", "P7L1H1", "P7L1H3", "P7L1H4")
    assert tags[own] == {"Algo:A1.SA", "Algo:A1.MD", "Algo:A1.ND"}
    assert tags[below] == {"Algo:A0.SC", "Algo:A0.MB", "Algo:A0.NB"}
    assert (tags[operation], tags[sign]) == ({"Algo:OPR"}, {"Algo:SGN"})
    looks = {str(tagged.node): tagged.tags for tagged in behaviors}[own]
    assert {"Impact:A1", "Attn:P0=50", "Attn:P3=50"} <= set(looks)


def test_details_hold_lists_where_tags_are_joined(analysed: Path) -> None:
    details = json.loads((analysed / "analysis" / "analysis.json").read_text())
    assert (details["digits"], details["kinds"], details["impact_tags_ambiguous"]) == (2, "SMN", False)
    assert details["accuracies"] == {"S": 1.0, "M": 1.0, "N": 1.0}
    own = next(lost for lost in details["failures"] if lost["node"] == "P8L1H0")
    assert own["impact"] == [0]
    assert sum(own["difficulties"].values()) == own["failed"] > 0
    assert abs(sum(own["attention"]) - 1) < 0.01


def test_the_page_shows_map_tables_and_losses(analysed: Path) -> None:
    page = ParsedPage((analysed / "analysis" / "analysis.html").read_text())
    assert not page.left_open
    assert len([tag for tag, _ in page.tags if tag == "svg"]) == 2
    for text in ("P3", "D'1", "L1 H0", "A1 SA MD ND", "carry or borrow", "training batch"):
        assert text in page.text
    assert page.tables["algorithm"][0][0] == "digit of the answer"
    assert page.tables["algorithm"][1][0] == "sign"
    assert "lacking" not in page.tables
    assert len(page.tables["nodes"]) - 1 == len(read_nodes(analysed / "analysis" / "behaviors.json"))
    tasks = {(row[0], row[1]): row[2] for row in page.tables["sub-tasks"][1:]}
    assert tasks["A1.SA", "A1"] == "P7L1H0"


def test_the_same_seed_gives_the_same_files(analysed: Path, tmp_path: Path) -> None:
    arguments = ["analyse", str(analysed), "--questions", "40", "--out", str(tmp_path / "again")]
    assert main(arguments) == 0
    for name in WRITTEN[:3]:
        assert (tmp_path / "again" / name).read_bytes() == (analysed / "analysis" / name).read_bytes()


def test_the_whole_algorithm_is_found(analysed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["algorithm", str(analysed / "model.safetensors"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["evidence"] == "trials"
    assert set(told["counts"]) == {"found", "partly", "weakly", "missing"}
    assert told["counts"]["found"] == len(told["requirements"])
    assert main(["algorithm", str(analysed / "analysis")]) == 0
    text = capsys.readouterr().out
    assert "P7L1H0" in text
    assert f"{told['counts']['found']} of {told['counts']['found']} requirements met" in text


def test_two_published_files_are_enough(analysed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in WRITTEN[:2]:
        (tmp_path / name).write_bytes((analysed / "analysis" / name).read_bytes())
    assert main(["algorithm", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["evidence"], told["digits"], told["kinds"]) == ("tags", 2, "SMN")
    assert told["counts"]["missing"] == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_an_untrained_twin_has_no_tag(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand = Handmade(1).model
    save_checkpoint(tmp_path / "twin.safetensors", Transformer(hand.config, hand.vocabulary, seed=seed), {})
    assert main(["analyse", str(tmp_path / "twin.safetensors"), "--questions", "20"]) == 0
    assert read_nodes(tmp_path / "analysis" / "features.json") == []
    page = ParsedPage((tmp_path / "analysis" / "analysis.html").read_text())
    assert "not analysed, since most are wrong" in page.text
    capsys.readouterr()
    assert main(["algorithm", str(tmp_path / "twin.safetensors")]) == 2
    assert "no node has an impact" in capsys.readouterr().err


def test_bad_input_is_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*arguments: str) -> str:
        assert main(list(arguments)) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        return error

    model = Transformer(ModelConfig(layers=1, d_model=8, heads=1), IntegerVocabulary())
    save_checkpoint(tmp_path / "integers.safetensors", model, {})
    assert "the analysis is of models that answer questions" in refused(
        "analyse", str(tmp_path / "integers.safetensors")
    )
    assert "there is no behaviors.json" in refused("algorithm", str(tmp_path))
    (tmp_path / "training_loss.json").write_text('{"TrainingLoss": "none"}')
    assert "expected an object with a list of numbers" in refused("analyse", str(tmp_path / "integers.safetensors"))
    (tmp_path / "behaviors.json").write_text("[]")
    (tmp_path / "features.json").write_text("[]")
    assert "give --digits" in refused("algorithm", str(tmp_path))
    (tmp_path / "analysis.json").write_text('{"digits": 3}')
    assert "lacks kinds, findings" in refused("algorithm", str(tmp_path))
    with pytest.raises(SystemExit):
        main(["analyse", "x", "--seed", "-1"])
    assert "expected an integer from 0 to 2**64 - 1, got '-1'" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["[]", "{}", '{"TrainingLoss": []}', '{"TrainingLoss": [[1]]}', "x"])
def test_losses_of_another_form_are_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "training_loss.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="TrainingLoss"):
        read_losses(path)
