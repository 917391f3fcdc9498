"""How many CPU threads torch uses: chosen by the work in a step, set for the run alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from seqtrain.parallel import ALONE, Processes
from seqtrain.recipe import Recipe

WORTH_SHARING = 1e9
"""Multiplications in a step below which more threads wait for each other longer than they work."""


def threads_for(recipe: Recipe, parameters: int, processes: Processes = ALONE) -> int:
    """Return the recipe's threads; or one for a small step and every available core for a large one.

    Processes of one machine share its cores.

    Args:
        recipe: What is run.
        parameters: Weights of its model; each meets every term of a batch once.
        processes: Those that train together.

    >>> threads_for(Recipe(), parameters=13_000)
    1
    """
    if recipe.run.threads:
        return recipe.run.threads
    return threads_for_work(parameters * recipe.data.batch * recipe.model.context, processes)


def threads_for_work(multiplications: int, processes: Processes = ALONE) -> int:
    """Return one thread for a step of few multiplications and every available core for one of many.

    >>> threads_for_work(10**6)
    1
    """
    if multiplications < WORTH_SHARING * processes.count:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // processes.here)


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Let torch use so many threads until the block ends."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
