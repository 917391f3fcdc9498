"""The curriculum: the share of each universe at every step, a pure function."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqtrain.recipe import CurriculumRecipe, StageRecipe


class Curriculum:
    """Turn stages into shares.

    Between a stage's start and the end of its transition the shares move linearly from those of
    the stage before; then they stay.

    Attributes:
        names: Every universe that a stage names, sorted.
        settled_at: The step at which the last transition is over.

    >>> easy = StageRecipe(shares={"phase1": 1})
    >>> both = StageRecipe(start=100, transition=50, shares={"phase1": 1, "phase2": 1})
    >>> curriculum = Curriculum(CurriculumRecipe(stages=(easy, both)))
    >>> curriculum.names, curriculum.settled_at
    (('phase1', 'phase2'), 150)
    >>> curriculum.shares([100, 125, 150]).tolist()
    [[1.0, 0.0], [0.75, 0.25], [0.5, 0.5]]
    """

    def __init__(self, recipe: CurriculumRecipe) -> None:
        self._stages = recipe.stages
        self.names = tuple(sorted({name for stage in recipe.stages for name in stage.shares}))
        self.settled_at = recipe.stages[-1].start + recipe.stages[-1].transition

    def shares(self, steps: ArrayLike) -> NDArray[np.float64]:
        """Return the shares at the given steps, float64 (steps, names), each row summing to 1."""
        step_S1 = np.asarray(steps, dtype=np.float64)[:, None]
        shares_SN = np.broadcast_to(self._final(self._stages[0]), (len(step_S1), len(self.names)))
        for stage in self._stages[1:]:
            moved_S1 = _moved(step_S1, stage)
            shares_SN = (1 - moved_S1) * shares_SN + moved_S1 * self._final(stage)
        return shares_SN

    def _final(self, stage: StageRecipe) -> NDArray[np.float64]:
        weights = np.array([stage.shares.get(name, 0.0) for name in self.names])
        shares: NDArray[np.float64] = weights / weights.sum()
        return shares


def _moved(steps: NDArray[np.float64], stage: StageRecipe) -> NDArray[np.float64]:
    if not stage.transition:
        return (steps >= stage.start).astype(np.float64)
    return np.clip((steps - stage.start) / stage.transition, 0, 1)


def final_mixture(recipe: CurriculumRecipe) -> CurriculumRecipe:
    """Return the curriculum that has the last stage's shares from the first step on.

    >>> final_mixture(CurriculumRecipe()).stages[0].shares
    {'default': 1.0}
    """
    return CurriculumRecipe(stages=(StageRecipe(shares=recipe.stages[-1].shares),))
