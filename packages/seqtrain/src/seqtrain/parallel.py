"""Several processes that train one model together, as `torchrun` starts them.

Every process draws all rows of a step and takes each N-th of them, so that rows belong to the run and
not to the number of processes. Each has its own copy of the weights; the gradients are summed, so that
all copies take the same step. The first process alone measures, writes and shows anything.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn

from seqgen import words


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Say which of how many processes this one is, and let them speak to each other.

    What is asked of one process alone costs nothing: there is nobody to ask.

    Attributes:
        rank: The number of this process, 0 for the first.
        count: How many there are.
        here: How many of them share this machine.
    """

    rank: int = 0
    count: int = 1
    here: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that measures and writes."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """Return this process's rows of each step, (S, b, ...), of all of them, (S, B, ...)."""
        return rows if self.count == 1 else rows[:, self.rank :: self.count].contiguous()

    def any_of(self, *flags: bool) -> list[bool]:
        """Return for each flag whether it is up in any process."""
        if self.count == 1:
            return list(flags)
        return (self.total(torch.tensor(flags, dtype=torch.int64)) > 0).tolist()

    def total(self, values: Tensor) -> Tensor:
        """Put the sum over all processes, the same bits in each, in the place of the values and return it."""
        if self.count > 1:
            with _partners():
                distributed.all_reduce(values)
        return values

    def all_of(self, value: Tensor) -> list[Tensor]:
        """Return the value of each process, by rank."""
        if self.count == 1:
            return [value]
        values = [torch.empty_like(value) for _ in range(self.count)]
        with _partners():
            distributed.all_gather(values, value)
        return values

    def backward(self, loss: Tensor, model: nn.Module, weight: float) -> Tensor:
        """Leave the gradient of the step's loss in the model's weights, and return that loss.

        Args:
            loss: The mean over the scored targets of this process's rows.
            model: Whose weights they are.
            weight: What these targets weigh among those of the whole step, 0 to 1; the loss of rows
                without any is not a number, and not looked at.
        """
        if self.count == 1:
            torch.autograd.backward(loss)
            return loss.detach()
        weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if weight:
            torch.autograd.backward(loss * weight)
        mine = [torch.zeros_like(w) if w.grad is None else w.grad for w in weights]
        sizes = [w.numel() for w in weights]
        part = loss.detach() * weight if weight else torch.zeros_like(loss)
        summed = self.total(torch.cat([part.view(1), *(gradient.flatten() for gradient in mine)]))
        for parameter, gradient in zip(weights, summed[1:].split_with_sizes(sizes), strict=True):
            parameter.grad = gradient.view_as(parameter)
        return summed[0]

    def seed(self, seed: int) -> int:
        """Return what this process's random numbers (of dropout) begin with: the run's seed in the first one."""
        return seed if self.first else int(words("process", seed, self.rank, 1)[0])

    def generators(self) -> dict[str, Tensor]:
        """Return the state of every process's random numbers, by name."""
        return {_generator(rank): state for rank, state in enumerate(self.all_of(torch.get_rng_state()))}

    def restore_generator(self, generators: Mapping[str, Tensor]) -> None:
        """Go on with this process's random numbers, unless it was not there when they were saved."""
        if _generator(self.rank) in generators:
            torch.set_rng_state(generators[_generator(self.rank)])

    def wait(self) -> None:
        """Return when every process has come here."""
        self.any_of(False)


def _generator(rank: int) -> str:
    return f"state/{rank}" if rank else "state"


ALONE = Processes()


@contextmanager
def joined() -> Iterator[Processes]:
    """Join the processes that `torchrun` started with this one, until the block ends; without it, be alone.

    Those who have joined already, as a script of one's own may, stay so.
    """
    if distributed.is_initialized():
        yield _joined()
    elif distributed.is_torchelastic_launched():
        distributed.init_process_group("gloo")
        try:
            yield _joined()
        finally:
            distributed.destroy_process_group()
    else:
        yield ALONE


def launched_rank() -> int:
    """Return this process's number among those that `torchrun` started, before they are joined; 0 without it."""
    return int(os.environ["RANK"]) if distributed.is_torchelastic_launched() else 0


def _joined() -> Processes:
    count = distributed.get_world_size()
    here = int(os.environ.get("LOCAL_WORLD_SIZE", count))
    return Processes(rank=distributed.get_rank(), count=count, here=here)


@contextmanager
def _partners() -> Iterator[None]:
    """Say plainly that another process has gone, which the ones that wait for it notice in their own ways."""
    try:
        yield
    except RuntimeError as error:
        reason, _, _ = str(error).partition("\n")
        raise ConnectionAbortedError(f"another process of this run is gone: {reason}") from error
