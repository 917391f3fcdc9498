"""`seqtrain growth` as a command: what is measured, kept, written and refused."""

import json
import re
from dataclasses import replace

import pytest

from seqtrain import growth_command, growth_measuring, recipe_to_toml
from seqtrain.cli import main
from seqtrain.growth_axes import grown
from seqtrain.growth_point import WARM_UP, Measured, Ticks, measure
from seqtrain.growth_universes import universe_name


def test_steps_are_timed_in_pairs_behind_the_warm_up():
    warm_up = [9.0 * k for k in range(WARM_UP)]
    # Whole and short steps of 1 and 3 seconds in turn, one pair of them beside a busy neighbour.
    after = [100.0, 101, 104, 105, 108, 150, 190]
    ticks = Ticks(clock=warm_up + after, processor=[*warm_up, 0.0, 1, 3, 4, 6, 7, 9])
    assert ticks.medians() == (2.0, 1.5)


@pytest.fixture
def small(tiny):
    return replace(tiny, validation=replace(tiny.validation, ceiling=True))


def test_a_measurement_takes_time_and_memory(small):
    recipe = grown(small, "universe", 0)
    found = measure(recipe, 2)
    assert found.clock > 0
    assert found.processor > 0
    assert 0 <= found.rows < 1
    assert found.listing is not None
    assert found.figures is not None
    assert found.whole is not None
    assert found.whole >= found.training >= 0


def test_without_exact_figures_none_are_measured(tiny):
    found = measure(tiny, 2)
    assert (found.listing, found.figures, found.whole) == (None, None, None)


@pytest.fixture
def faked(monkeypatch):
    """Let measuring say what it is asked: a step takes a millisecond a row."""
    asked = []

    def measured_apart(recipe, steps):
        asked.append((recipe, steps))
        if recipe.data.batch == 16:
            raise ValueError("its process was ended by signal 9, as where memory is short")
        exact = {"listing": 1.0, "figures": 2.0, "whole": 5 * 10**8} if recipe.validation.ceiling else {}
        known = {"listing": None, "figures": None, "whole": None} | exact
        seconds = recipe.data.batch / 1000
        return Measured(clock=2 * seconds, processor=seconds, rows=0.001, training=10**6 * recipe.data.batch, **known)

    monkeypatch.setattr(growth_measuring, "measured_apart", measured_apart)
    return asked


def test_the_page_says_what_was_measured_and_what_was_not(small, tmp_path, capsys, faked):
    path = tmp_path / "small.toml"
    path.write_text(recipe_to_toml(small))
    command = ["growth", str(path), "--axes", "universe,batch", "--doublings", "2", "--out", str(tmp_path / "out")]
    assert main([*command, "--json"]) == 0
    said = capsys.readouterr()
    figures = json.loads(said.out)
    assert json.loads((tmp_path / "out/growth.json").read_text()) == figures
    assert [(point["axis"], point["estimate"]["count"]) for point in figures["points"][:3]] == [
        ("batch", 8),
        ("batch", 16),
        ("batch", 32),
    ]
    assert figures["slopes"]["batch"]["processor"]["exponent"] == pytest.approx(1)
    assert figures["slopes"]["universe"]["whole"]["exponent"] == pytest.approx(0)
    assert [verdict["axis"] for verdict in figures["verdicts"]] == ["batch", "universe"]
    assert "2/6 universe-0" in said.err
    assert "batch-1 (16): not measured, its process was ended by signal 9" in said.err
    page = (tmp_path / "out/growth.md").read_text()
    assert "16: not measured, its process was ended by signal 9, as where memory is short." in page
    assert "| 32 | 32.00 ms | 64.00 ms | 1.00 ms |" in page
    assert "--axes universe,batch --doublings 2" in page
    shown = set(re.findall(r"\((\w+\.png)\)", page))
    assert (
        shown == {path.name for path in (tmp_path / "out").glob("*.png")} == {"growth.png", "batch.png", "universe.png"}
    )
    # Only the universe's sizes are asked for their exact figures, and one thread is as many as there are.
    assert [recipe.validation.ceiling for recipe, _ in faked] == [False, True, False, True, False, True]
    assert {recipe.run.threads for recipe, _ in faked} == {1}


def test_what_was_measured_is_not_measured_again(small, tmp_path, capsys, faked, monkeypatch):
    monkeypatch.setattr(growth_command, "growth_pictures", lambda _: [])
    path = tmp_path / "small.toml"
    path.write_text(recipe_to_toml(small))
    command = ["growth", str(path), "--axes", "parameters,batch", "--doublings", "0", "--out", str(tmp_path / "out")]
    for _ in range(2):
        assert main(command) == 0
    assert len(faked) == 1  # both axes begin with the recipe itself
    assert main([*command, "--set", "optimiser.kind=sgd"]) == 0
    assert len(faked) == 2
    assert main([*command, "--fresh"]) == 0
    assert len(faked) == 3
    (tmp_path / "out/measured.json").write_text("[1]")
    assert main(command) == 2
    assert "measured.json holds no measurements; remove it, or give --fresh" in capsys.readouterr().err


def test_what_would_take_too_much_is_estimated_alone(small, tmp_path, capsys, faked):
    path = tmp_path / "small.toml"
    path.write_text(recipe_to_toml(small))
    assert main(["growth", str(path), "--axes", "batch", "--most", "1MB", "--out", str(tmp_path / "out")]) == 0
    assert faked == []
    page = capsys.readouterr().out
    assert "more than --most 1.0 MB" in page
    assert ".png" not in page


def test_a_real_size_is_measured_in_a_process_of_its_own(small):
    found = growth_measuring.measured_apart(grown(small, "universe", 0), 2)
    assert found.clock > 0
    assert found.whole is not None


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("kill -9 $$", "its process was ended by signal 9, as where memory is short"),
        ("echo no; echo ValueError: no room >&2; exit 1", "its process failed: ValueError: no room"),
        ("exit 3", "its process failed: it said nothing"),
    ],
)
def test_a_process_that_fails_is_said_in_a_line(tiny, tmp_path, monkeypatch, does, said):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat > /dev/null\n{does}\n")
    python.chmod(0o755)
    monkeypatch.setattr(growth_measuring.sys, "executable", str(python))
    with pytest.raises(ValueError, match=f"^{said}$"):
        growth_measuring.measured_apart(tiny, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--axes", "batch,width"], "--axes is 'width'; it must be of parameters, context, batch, universe"),
        (["--steps", "3"], "expected an even number, got '3'"),
        (["--memory", "8 cows"], "'8 cows' is no amount of memory"),
        (["none.toml"], "cannot read recipe 'none.toml'"),
        (["--doublings", "7", "--axes", "universe"], "--doublings is 7; it must be at most 6 of a universe"),
    ],
)
def test_what_cannot_grow_is_said_in_a_line(arguments, message, tmp_path, capsys):
    try:
        status = main(["growth", *arguments, "--out", str(tmp_path / "out")])
    except SystemExit as exit_:
        status = exit_.code
    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "out").exists()


def test_quick_means_a_small_universe_for_all(tmp_path, faked, capsys):
    assert main(["growth", "--quick", "--axes", "batch", "--out", str(tmp_path / "out")]) == 0
    assert [steps for _, steps in faked] == [4, 4, 4]
    assert all(list(recipe.curriculum.stages[0].shares) == [universe_name(0)] for recipe, _ in faked)
