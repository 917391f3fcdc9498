"""What is logged of a training batch besides its loss."""

import torch
from torch import Tensor

from seqmodel import SequenceModel
from seqtrain.drawing import TrainingBatch
from seqtrain.model_predictor import predicted_classes
from seqtrain.parallel import Processes
from seqtrain.protocols import IGNORE, BatchSource


def batch_scalars(
    model: SequenceModel, outputs_BTV: Tensor, batch: TrainingBatch, source: BatchSource, processes: Processes
) -> dict[str, float]:
    """Return the accuracy over all processes, and the share of each phase of the source in the batch."""
    right_BT = predicted_classes(model, outputs_BTV) == batch.targets
    right, scored = processes.total(torch.stack([right_BT.sum(), (batch.targets != IGNORE).sum()]))
    shares = batch.phases.bincount(minlength=len(source.phases)).double() / len(batch.phases)
    of_phases = {f"share/{name}": share for name, share in zip(source.phases, shares.tolist(), strict=True)}
    return {"accuracy": (right / scored).item(), **of_phases}
