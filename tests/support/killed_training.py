"""A program that trains by a recipe, is killed again and again and goes on, until it has come to its end.

    python killed_training.py {moments,saves,together} RECIPE FOLDER

FOLDER/whole is a run that was never killed, FOLDER/killed the other; `together` trains both in two processes, and
FOLDER/alone in one. Each line that it prints is a JSON object about one session: whether it was killed, and how many
half-written files that left. Sessions are forks, so that torch is imported once; nothing is computed before the first.
"""

import json
import os
import signal
import struct
import sys
import threading
import time
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import torch._dynamo
import torch.distributed

from seqtrain import Mixture, Trainer, load_recipe
from seqtrain.mixture import final_rows

KILLS = 20
KILLS_TOGETHER = 4
ENDED = 2**31
"""Said in the place of a step by a session that has nothing left to do."""


class Steps:
    """A callback that says which steps are done, as eight bytes each."""

    def __init__(self, pipe):
        self.pipe = pipe

    def started(self, step):
        self.say(step)

    def logged(self, step, scalars):
        self.say(step)

    def validated(self, step, evaluation):
        self.say(step)

    def close(self): ...

    def say(self, step):
        os.write(self.pipe, struct.pack("q", step))


def train(recipe, rows, out, pipe):
    train_rows, validation, evaluation = rows
    Trainer(recipe, out, source=train_rows, validation=validation, evaluation=evaluation).run([Steps(pipe)])


def session(recipe, rows, out, *, before=lambda: None, after=lambda: None):
    """Fork a session; return its process number and where it says its steps."""
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(heard)
            before()
            train(recipe, rows, out, said)
            os.write(said, struct.pack("q", ENDED))
            after()
            os._exit(0)
        finally:
            os._exit(1)
    os.close(said)
    return child, heard


def wait_for_step(heard, step):
    while struct.unpack("q", os.read(heard, 8))[0] < step:
        pass


def wait_for(child, heard, out):
    """Wait for the end of a session, print what it left and return whether it was killed."""
    while os.read(heard, 4096):
        pass
    os.close(heard)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(status) == 0, status
    print(json.dumps({"killed": killed, "leftovers": len(list(out.glob(".*.tmp")))}))
    return killed


def killed_at_any_moment(recipe, rows, out):
    """Kill each session a random while after a random step; one that ends before waits for it."""
    moments = np.random.default_rng(recipe.run.seed)
    for target in np.sort(moments.integers(0, recipe.budget.steps, KILLS)):
        child, heard = session(recipe, rows, out, after=signal.pause)
        wait_for_step(heard, target)
        time.sleep(moments.random() / 50)
        os.kill(child, signal.SIGKILL)
        wait_for(child, heard, out)
    wait_for(*session(recipe, rows, out), out)


def die_at(operation, out):
    """Be killed before the given one of the operations on the run's files, or in the middle of a write."""
    seen, main = 0, threading.get_ident()

    def look(event, arguments):
        nonlocal seen
        # The thread that writes TensorBoard's files opens them at moments of its own.
        if event not in ("open", "os.rename", "os.remove") or threading.get_ident() != main:
            return
        path = str(arguments[0])
        if not path.startswith(str(out)):
            return
        seen += 1
        if seen > operation:
            if event == "open" and path.endswith(".tmp") and Path(path).exists():
                os.truncate(path, Path(path).stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def killed_at_every_operation(recipe, rows, out):
    for operation in count():
        if not wait_for(*session(recipe, rows, out, before=partial(die_at, operation, out)), out):
            return


def pair(recipe, rows, out, **hooks):
    """Fork two sessions that train together."""
    store = out.with_name(f"{out.name}-{time.monotonic_ns()}")

    def join(rank):
        torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)

    return [session(recipe, rows, out, before=partial(join, rank), **hooks) for rank in range(2)]


def killed_together(recipe, rows, out):
    moments = np.random.default_rng(recipe.run.seed)
    for target in np.sort(moments.integers(0, recipe.budget.steps, KILLS_TOGETHER)):
        both = pair(recipe, rows, out, after=signal.pause)
        wait_for_step(both[0][1], target)
        time.sleep(moments.random() / 50)
        for child, _ in both:
            os.kill(child, signal.SIGKILL)
        for child, heard in both:
            wait_for(child, heard, out)
    for child, heard in pair(recipe, rows, out):
        wait_for(child, heard, out)


if __name__ == "__main__":
    how, recipe, place = sys.argv[1], load_recipe(sys.argv[2]), Path(sys.argv[3])
    rows = (
        Mixture.of(recipe, purpose="train"),
        final_rows(recipe, purpose="validation"),
        final_rows(recipe, purpose="evaluation"),
    )
    if how == "together":
        wait_for(*session(recipe, rows, place / "alone"), place / "alone")
        for child, heard in pair(recipe, rows, place / "whole"):
            wait_for(child, heard, place / "whole")
        killed_together(recipe, rows, place / "killed")
    else:
        wait_for(*session(recipe, rows, place / "whole"), place / "whole")
        {"moments": killed_at_any_moment, "saves": killed_at_every_operation}[how](recipe, rows, place / "killed")
