"""`seqmodel memory`."""

import json
import subprocess
import sys

import pytest

from seqmodel import (
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    largest_batch,
    memory_account,
    preset,
    save_checkpoint,
)
from seqmodel.cli import main
from seqmodel.memory_examples import EXAMPLES


def lines_of(capsys, *arguments):
    assert main(["memory", *arguments]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out.splitlines()


def cells(lines, label):
    (line,) = (line for line in lines if line.startswith(f"{label}  "))
    return line.removeprefix(label).split()


def test_the_table_holds_the_account_beside_the_document_s_formulas(capsys):
    lines = lines_of(capsys, "--batch", "512")
    training = memory_account(preset("default"), IntegerVocabulary(), batch=512)
    inference = memory_account(
        preset("default"), IntegerVocabulary(), batch=512, slots=None, training=False, exact=True
    )
    assert lines[0] == "default: 866,433 parameters"
    assert lines[1] == "training: 512 rows of 8, float32, adamw"
    assert lines[2] == "inference: 512 rows of 8, 512 slots, exact mode"
    assert cells(lines, "weights") == ["3,465,732", "3,465,732"]
    assert cells(lines, "saved for backward") == [f"{training.activations:,}", "0"]
    assert cells(lines, "  activation") == [f"{training.saved['activation']:,}"]
    assert cells(lines, "keys and values") == ["0", f"{inference.cache:,}"]
    assert cells(lines, "embedding") == ["131,072"]
    assert cells(lines, "activations, 2-3 x forward") == ["4,587,520", "-", "6,881,280"]
    totals = [line.split()[1:] for line in lines if line.startswith("total ")]
    assert totals == [[f"{training.total:,}", f"{inference.total:,}"], ["7,012,352", "-", "9,306,112"]]
    assert any(line.startswith("at the 224 GB/s of the founding document's card") for line in lines)


def test_columns_are_aligned(capsys):
    lines = lines_of(capsys)
    first = lines[4 : lines.index("", 4)]
    assert len({len(line) for line in first if not line.startswith("  ")}) == 1


def test_the_verdict_names_the_largest_batch_that_fits(capsys):
    lines = lines_of(capsys, "--preset", "mix_d11_l3_h4", "--batch", "100000", "--budget", "8GB")
    assert lines[-2] == "training does not fit 8GB: the largest batch that fits is 2,088"
    assert lines[-1].startswith("inference does not fit 8GB: the largest batch that fits is ")


def test_the_verdict_says_when_all_fits_and_when_nothing_does(capsys):
    largest = largest_batch(preset("default"), IntegerVocabulary(), budget=8 * 10**9)
    assert lines_of(capsys)[-2] == f"training fits 8GB: up to {largest:,} rows do"
    assert lines_of(capsys, "--budget", "1MB")[-2:] == [
        "training does not fit 1MB: not even a batch of 1 does",
        "inference does not fit 1MB: not even a batch of 1 does",
    ]


def test_as_json_it_is_one_object(capsys):
    (line,) = lines_of(capsys, "--preset", "nextint", "--precision", "bfloat16", "--slots", "40", "--json")
    found = json.loads(line)
    account = memory_account(preset("nextint"), IntegerVocabulary(end=False), batch=32, precision="bfloat16")
    assert found["budget"] == 8 * 10**9
    assert found["training"]["total"] == account.total
    assert found["training"]["saved"] == account.saved
    assert found["training"]["fits"] is True
    assert found["training"]["largest_batch"] > 10**5
    assert found["inference"]["slots"] == 40
    assert found["inference"]["largest_batch"] == 40
    assert found["document"]["totals"] == [15872, 20480]


def test_a_checkpoint_s_own_model_is_accounted_for(tmp_path, capsys):
    config, vocabulary = ModelConfig(d_model=8, heads=2, layers=1, attention="full"), IntegerVocabulary(high=9)
    path = str(tmp_path / "model.safetensors")
    save_checkpoint(path, Transformer(config, vocabulary), {})
    (line,) = lines_of(capsys, "--file", path, "--batch", "3", "--length", "5", "--json")
    found = json.loads(line)
    assert found["training"]["total"] == memory_account(config, vocabulary, batch=3, length=5).total
    assert found["inference"]["cache"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budget", "8XB"], "'8XB' is no amount of memory"),
        (["--slots", "3"], "32 rows need as many slots, got 3"),
        (["--length", "9"], "length must be 1..8"),
        (["--preset", "foo"], "there is no preset 'foo'"),
        (["--file", "nowhere.safetensors"], "cannot read checkpoint nowhere.safetensors"),
        (["--slots", "33", "--measure"], "decoding has a slot for each of 32 rows, the account 33"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
def test_bad_input_is_one_line_and_status_2(arguments, message, capsys):
    assert main(["memory", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"seqmodel: error: {message}")
    assert output.err.count("\n") == 1


def test_it_answers_without_torch():
    code = (
        'import sys; sys.modules["torch"] = None\n'
        'from seqmodel.cli import main; sys.exit(main(["memory", "--preset", "nextint"]))'
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("nextint: 1,156 parameters\n")


def test_measured_peaks_stand_below_the_totals_and_beside_ten_accounts(capfd, monkeypatch):
    monkeypatch.setattr("seqmodel.memory_command.EXAMPLES", EXAMPLES[1:2])
    lines = lines_of(capfd, "--preset", "nextint", "--batch", "20", "--measure")
    totals, measured = (next(line for line in lines if line.startswith(label)) for label in ("total ", "measured "))
    for account, peak in zip(totals.split()[1:], measured.split()[1:], strict=True):
        assert int(peak.replace(",", "")) == pytest.approx(int(account.replace(",", "")), rel=0.01)
    assert lines[-1].startswith("nextint ")
    assert lines[-1].count("%") == 2
    (line,) = lines_of(capfd, "--preset", "nextint", "--batch", "20", "--measure", "--json")
    found = json.loads(line)
    assert found["training"]["measured"] > 0
    assert set(found["others"]["nextint"]["inference"]) == {"account", "measured"}
