"""The rows of a recipe for a training loop of one's own, as PyTorch's data sets go."""

from collections.abc import Iterator
from itertools import islice

from torch.utils.data import IterableDataset, get_worker_info

from seqtrain.drawing import TrainingBatch
from seqtrain.protocols import BatchSource
from seqtrain.recipe import Recipe
from seqtrain.short_rows import step_batches
from seqtrain.sources import Sources
from seqtrain.teacher import Teacher


class SequenceDataset(IterableDataset[TrainingBatch]):
    """Yield the batches of the steps start, start + 1, ..., the very ones that `seqtrain run` trains on.

    Each item is a whole batch, so a `DataLoader` is given `batch_size=None`. With W workers, worker w yields
    the steps start + w, start + w + W, ...; a `DataLoader` takes them in turn, so that what comes out is the same
    in the same order for any W. Rows are made for many steps at once, and every worker makes all of them: more than
    one pays only where what follows is slow.

    Args:
        rows: A recipe, whose training rows are taken, or any `BatchSource`.
        start: The first step: where a loop that goes on was left.
        steps: How many steps there are; None: without end.

    Raises:
        TypeError: `rows` is neither.
        ValueError: `start` or `steps` is negative; or the recipe's own files are not what they should be.

    >>> from torch.utils.data import DataLoader
    >>> from seqtrain.recipe import DataRecipe
    >>> loader = DataLoader(SequenceDataset(Recipe(data=DataRecipe(batch=4)), start=7, steps=2), batch_size=None)
    >>> [(batch.inputs.shape, batch.targets.shape) for batch in loader]
    [(torch.Size([4, 8]), torch.Size([4, 8])), (torch.Size([4, 8]), torch.Size([4, 8]))]
    """

    def __init__(self, rows: Recipe | BatchSource, *, start: int = 0, steps: int | None = None) -> None:
        if not isinstance(rows, Recipe) and not hasattr(rows, "batches"):
            raise TypeError(f"rows is {rows!r}; it must be a Recipe or a source of batches")
        for name, value in (("start", start), ("steps", steps)):
            if value is not None and value < 0:
                raise ValueError(f"{name} is {value!r}; it must be 0 or more")
        # Without a recipe targets stand as the source gives them.
        self.recipe = rows if isinstance(rows, Recipe) else Recipe()
        self.source = Sources(rows).training if isinstance(rows, Recipe) else rows
        self.start = start
        self.steps = steps

    def __iter__(self) -> Iterator[TrainingBatch]:
        """Yield this worker's part, or everything where there are no workers."""
        worker = get_worker_info()
        first, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        teacher = Teacher(self.recipe) if self.recipe.loss.labels == "posterior" else None
        batches = step_batches(self.recipe, self.source, self.start, teacher)
        return islice(batches, first, self.steps, stride)
