"""Whatever is chosen, a run that is stopped and goes on ends with the bits and the logs of one that never stopped."""

import pytest
import torch

from seqtrain import Mixture, recipe_from_dict, recipe_to_dict
from seqtrain.loop import TrainingLoop
from seqtrain.mixture import final_rows
from seqtrain.state import load_state, save_state
from seqtrain.threads import using_threads

CHOICES = {
    "adam": {"optimiser": {"kind": "adam"}},
    "sgd": {"optimiser": {"kind": "sgd"}},
    "sgd without momentum": {"optimiser": {"kind": "sgd", "momentum": 0.0}},
    "clipping by value": {"optimiser": {"clip": "value", "clip_value": 0.01}},
    "no clipping": {"optimiser": {"clip": "none"}},
    "step": {"schedule": {"kind": "step", "every": 6}},
    "exponential": {"schedule": {"kind": "exponential", "every": 6}},
    "epochs": {"budget": {"epochs": 4, "epoch": 6}, "validation": {"cadence": "epoch"}},
    "adaptive": {
        "validation": {"cadence": "adaptive", "every": 2, "longest": 20},
        "stopping": {"min_delta": 100.0, "patience": 0},
    },
    "accuracy": {"stopping": {"monitor": "accuracy"}, "validation": {"every": 2}},
    "combined": {"stopping": {"monitor": "combined", "patience": 3}, "validation": {"every": 2}},
    "last weights": {"stopping": {"restore": "last"}},
    "pure distance": {"loss": {"kind": "distance", "positions": "rows"}},
    "weighted positions": {"loss": {"positions": "weighted"}},
    "last targets": {"loss": {"targets": "last"}},
    "losses of all steps": {"run": {"keep_losses": True}},
    "all weights decay": {"optimiser": {"decay": "all"}},
    "warmup from a share": {"schedule": {"warmup": 12, "warmup_from": 0.1}},
    "all at once": {"model": {"attention": "full"}, "loss": {"targets": "last"}},
    "numbers": {"model": {"head": "regression"}, "data": {"end": False}, "loss": {"kind": "huber"}},
}


class Log:
    """Everything that is told, apart from what a clock decides."""

    def __init__(self):
        self.lines = []

    def started(self, step): ...
    def close(self): ...

    def logged(self, step, scalars):
        self.lines.append((step, {name: value for name, value in scalars.items() if name != "steps_per_second"}))

    def validated(self, step, evaluation):
        self.lines.append((step, repr(evaluation)))


def kept_step(loop):
    return loop.kept.step(loop.step, loop.stopping)


def run(recipe, *, until=None, state=None):
    """Train from a state, or from the beginning, until a step, or to the end."""
    log = Log()
    loop = TrainingLoop(recipe, Mixture.of(recipe, purpose="train"), final_rows(recipe, purpose="validation"), log)
    with using_threads(1):
        if state:
            loop.restore(state)
        reason = loop.train(save=lambda: None, interrupted=lambda: loop.step == until)
    return loop, log.lines, reason


@pytest.mark.parametrize("name", CHOICES)
def test_a_run_that_goes_on_is_one_that_never_stopped(tiny, tmp_path, name):
    table = recipe_to_dict(tiny)
    for section, values in CHOICES[name].items():
        table[section] |= values
    recipe = recipe_from_dict(table)
    whole, lines, reason = run(recipe)
    halted, first_lines, _ = run(recipe, until=9)
    save_state(tmp_path / "state", halted.capture("interrupted"))
    resumed, more_lines, same_reason = run(recipe, state=load_state(tmp_path / "state"))
    assert (first_lines + more_lines, same_reason) == (lines, reason)
    ends, others = (loop.capture(None).tensors for loop in (whole, resumed))
    assert ends.keys() == others.keys()
    for group, tensors in ends.items():
        assert tensors.keys() == others[group].keys()
        assert all(torch.equal(tensor, others[group][key]) for key, tensor in tensors.items())
    kept, other = (loop.kept.model().state_dict() for loop in (whole, resumed))
    assert all(torch.equal(tensor, other[key]) for key, tensor in kept.items())
    assert (kept_step(whole), whole.stopping.stalled) == (kept_step(resumed), resumed.stopping.stalled)
