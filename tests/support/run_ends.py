"""What a run has come to, as values that are equal where runs are: everything but what a clock decides."""

import json
from dataclasses import replace

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from seqtrain.run_folder import RunFolder
from seqtrain.state import load_state


def scalars_of(folder):
    """Return each scalar's steps and values, as TensorBoard shows them."""
    log = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {
        tag: [(event.step, event.value) for event in log.Scalars(tag)]
        for tag in log.Tags()["scalars"]
        if tag != "training/steps_per_second"
    }


def end_of(out):
    """Return model, state, logs and result of a run."""
    folder = RunFolder(out)
    state = load_state(folder.state)
    stopping = replace(state.stopping, last_seconds=0.0)
    result = json.loads(folder.result.read_bytes())
    del result["seconds"]
    return {
        "model": folder.model.read_bytes(),
        "tensors": {
            f"{group}:{name}": (tensor.dtype, tensor.shape, tensor.numpy().tobytes())
            for group, named in state.tensors.items()
            for name, tensor in named.items()
        },
        "state": (state.recipe, state.step, stopping, state.reason, state.arithmetic),
        # As text, since no NaN equals another.
        "logs": {tag: repr(points) for tag, points in scalars_of(folder.tensorboard).items()},
        "result": result,
    }
