"""A program that saves one model over another, is killed meanwhile, and prints what was left.

    python killed_saving.py {file,folder} {steps,moments} FOLDER

It imports no torch, so that it can fork. Each line that it prints is a JSON object: what was read afterwards
("old" or "new"), and whether the saving came to its end.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np

from seqmodel import IntegerVocabulary, ModelConfig, parameter_shapes, read_checkpoint, read_pretrained
from seqmodel.checkpoint_file import CheckpointFile, write_checkpoint
from seqmodel.pretrained_folder import write_pretrained

VOCABULARY = IntegerVocabulary(high=9)
MOMENTS = 40


def content(name, width):
    config = ModelConfig(d_model=width, heads=1, layers=2, value_periods=())
    shapes = parameter_shapes(config, VOCABULARY)
    tensors = {tensor: np.full(shape, width, np.float32) for tensor, shape in shapes.items()}
    return CheckpointFile(config=config, vocabulary=VOCABULARY, provenance={"name": name}, tensors=tensors)


# A megabyte and a half each, so that there is time to be killed in.
OLD, NEW = content("old", 128), content("new", 124)


def save(kind, folder, what):
    if kind == "file":
        write_checkpoint(folder / "model.safetensors", what)
    else:
        write_pretrained(folder, what)


def what_is_left(kind, folder):
    read = read_checkpoint(folder / "model.safetensors") if kind == "file" else read_pretrained(folder)
    return read.provenance["name"]


def kill_myself_at(step):
    """Be killed before the given one of the operations that Python reports: opening, renaming, removing..."""
    seen = 0

    def count(*_):
        nonlocal seen
        seen += 1
        if seen == step + 1:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def ended_by_itself(child):
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        return True
    assert os.WTERMSIG(status) == signal.SIGKILL
    return False


def report(kind, folder, *, ended):
    print(json.dumps({"left": what_is_left(kind, folder), "ended": ended}))


def killed_at_every_step(kind, folder):
    ended, step = False, 0
    while not ended:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        save(kind, folder, OLD)
        child = os.fork()
        if not child:
            kill_myself_at(step)
            save(kind, folder, NEW)
            os._exit(0)
        ended = ended_by_itself(child)
        report(kind, folder, ended=ended)
        step += 1


def killed_at_any_moment(kind, folder):
    moments = np.random.default_rng(5)
    for _ in range(MOMENTS):
        child = os.fork()
        if not child:
            while True:
                save(kind, folder, NEW)
                save(kind, folder, OLD)
        time.sleep(moments.random() / 20)
        os.kill(child, signal.SIGKILL)
        report(kind, folder, ended=ended_by_itself(child))


if __name__ == "__main__":
    kind, how, place = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    place.mkdir()
    save(kind, place, OLD)
    {"steps": killed_at_every_step, "moments": killed_at_any_moment}[how](kind, place)
