"""Signals sent to real processes: from a keyboard, from whoever shuts the machine down, and twice."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios

import pytest

from seqtrain import recipe_from_dict, recipe_to_dict, recipe_to_toml
from seqtrain.cli import main

RUN = [sys.executable, "-m", "seqtrain", "run"]
BAR = r"\d+/1000000 \|.*\| +[\d.]+ steps/s, loss [\d.]+, accuracy [\d.]+ %, [\d:]+ left"
ENDLESS = ["--set", "budget.steps=1000000", "--set", "stopping.patience=0"]


@pytest.fixture
def recipe_file(tiny, tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(recipe_to_toml(tiny))
    return str(path)


def start(*command):
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for(stream, text):
    for line in stream:
        if text in line:
            return
    raise AssertionError(f"the run ended without saying {text!r}")


def test_sigterm_ends_a_run_as_ctrl_c_does(recipe_file, tmp_path):
    process = start(*RUN, recipe_file, "--out", tmp_path / "out", *ENDLESS)
    wait_for(process.stderr, "step 50: validation")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("seqtrain: interrupted at step ")
    assert json.loads((tmp_path / "out" / "result.json").read_text())["reason"] == "interrupted"


def test_a_terminal_shows_a_bar_with_the_time_left_and_its_ctrl_c_is_heard(recipe_file, tmp_path):
    screen, keyboard = pty.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))

    def take_the_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    ends = {"stdin": keyboard, "stdout": keyboard, "stderr": keyboard}
    command = [*RUN, recipe_file, "--out", tmp_path / "out", *ENDLESS]
    process = subprocess.Popen(command, preexec_fn=take_the_terminal, **ends)  # noqa: PLW1509 (one thread does this)
    os.close(keyboard)
    seen = ""
    while not re.search(BAR, seen):
        seen += os.read(screen, 4096).decode()
    os.write(screen, b"\x03")
    try:
        while more := os.read(screen, 4096).decode():
            seen += more
    except OSError:
        pass  # the other end is closed
    os.close(screen)
    assert process.wait() == 130, seen
    assert "stopping after this step; Ctrl-C again leaves at once" in seen
    assert "seqtrain: interrupted at step " in seen.splitlines()[-1]
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_a_loss_that_is_no_number_ends_with_its_reason_and_status_1(tiny, tmp_path, capsys):
    table = recipe_to_dict(tiny)
    table["optimiser"] |= {"kind": "sgd", "learning_rate": 1e37, "clip": "none"}
    (tmp_path / "wild.toml").write_text(recipe_to_toml(recipe_from_dict(table)))
    assert main(["run", str(tmp_path / "wild.toml"), "--out", str(tmp_path / "out")]) == 1
    assert "seqtrain: not a number after 5 steps" in capsys.readouterr().err
