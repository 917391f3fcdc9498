"""Signals sent to real processes: from a keyboard, from whoever shuts the machine down, and twice.

A process that says nothing of what is waited for is ended after a while: then a test fails, and does not hang.
"""

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
import threading

import pytest

from seqtrain import recipe_from_dict, recipe_to_dict, recipe_to_toml
from seqtrain.cli import main

RUN = [sys.executable, "-m", "seqtrain", "run"]
BAR = r"\d+/1000000 \|.*\| +[\d.]+ steps/s, loss [\d.]+, accuracy [\d.]+ %, [\d:]+ left"
ENDLESS = ["--set", "budget.steps=1000000", "--set", "stopping.patience=0"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", *RUN[2:]]
PATIENCE = 240
"""Seconds, many times what any of this takes on a machine that is busy with other things."""


@pytest.fixture
def recipe_file(tiny, tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(recipe_to_toml(tiny))
    return str(path)


def start(*command):
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for(process, text):
    late = threading.Timer(PATIENCE, process.kill)
    late.start()
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if text in line:
                return
    finally:
        late.cancel()
    raise AssertionError(f"the run did not say {text!r}, but: {''.join(said[-20:])}")


def end_of(process):
    """Return the exit status and what is said until then; one that does not end fails the test."""
    try:
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said


def test_sigterm_ends_a_run_as_ctrl_c_does(recipe_file, tmp_path):
    process = start(*RUN, recipe_file, "--out", tmp_path / "out", *ENDLESS)
    wait_for(process, "step 50: validation")
    process.send_signal(signal.SIGTERM)
    status, said = end_of(process)
    assert status == 130
    assert said.splitlines()[-1].startswith("seqtrain: interrupted at step ")
    assert json.loads((tmp_path / "out" / "result.json").read_text())["reason"] == "interrupted"


def test_a_second_ctrl_c_leaves_at_once(recipe_file, tmp_path):
    """In the middle of a validation that would take hours, so that the first one alone would change nothing."""
    hours = ["--set", "validation.rows=1000000000"]
    process = start(*RUN, recipe_file, "--out", tmp_path / "out", *hours)
    wait_for(process, "training 5,345 weights")
    process.send_signal(signal.SIGINT)
    wait_for(process, "stopping after this step; Ctrl-C again leaves at once")
    process.send_signal(signal.SIGINT)
    status, said = end_of(process)
    assert status == 130
    assert said == "seqtrain: interrupted; nothing was saved yet; the same command goes on from there\n"


def test_a_ctrl_c_under_torchrun_stops_all_in_order(recipe_file, tmp_path, capsys):
    out = tmp_path / "out"
    process = start(*TORCHRUN, recipe_file, "--out", out, *ENDLESS)
    wait_for(process, "processes: 2")
    wait_for(process, "step 10: validation")
    process.send_signal(signal.SIGINT)
    status, said = end_of(process)
    assert status != 0
    assert said.count("seqtrain: interrupted at step ") == 1, "the first process speaks for both"
    result = json.loads((out / "result.json").read_text())
    assert result["reason"] == "interrupted"
    steps = result["step"] + 10
    assert main(["run", recipe_file, "--out", str(out), "--set", f"budget.steps={steps}", *ENDLESS[2:]]) == 0
    heard = capsys.readouterr().err
    assert f"going on from step {result['step']}" in heard
    assert f"seqtrain: steps done after {steps} steps" in heard


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
