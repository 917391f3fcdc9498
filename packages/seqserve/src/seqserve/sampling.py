"""Drawing the next term instead of taking the most probable one, the same draw whatever the batch."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Draw outcomes with probabilities proportional to exp(logit / temperature).

    The draw of a step is a function of `seed`, the sequence's number and the step, by a counter-based
    generator (Philox, Salmon et al. 2011): neither the batch nor the other sequences change it.

    Attributes:
        temperature: Above 0; 1 draws as the model says, less is nearer to the most probable.
        top_k: Draw among so many of the most probable outcomes only; None: among all.
        seed: 0..2**64 - 1.

    Raises:
        ValueError: One of them is impossible.
    """

    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature: expected a number above 0, got {self.temperature!r}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k: expected at least 1, got {self.top_k!r}")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed: expected an integer in 0..2**64-1, got {self.seed!r}")

    def choose(self, logits_V: "NDArray[np.float32]", *, sequence: int, step: int) -> int:
        """Return the outcome that is drawn.

        Args:
            logits_V: float32, one for each outcome.
            sequence: The number of the sequence, from 0.
            step: The number of the step, from 0.

        >>> import numpy as np
        >>> logits = np.log(np.array([0.2, 0.5, 0.3], dtype=np.float32))
        >>> drawn = [Sampling(seed=1).choose(logits, sequence=0, step=step) for step in range(3000)]
        >>> [round(drawn.count(outcome) / 3000, 1) for outcome in range(3)]
        [0.2, 0.5, 0.3]
        """
        import numpy as np

        order = np.argsort(-logits_V, kind="stable")[: self.top_k]
        scaled = (logits_V[order].astype(np.float64) - float(logits_V[order[0]])) / self.temperature
        sums = np.cumsum(np.exp(scaled))
        place = int(np.searchsorted(sums, self._uniform(sequence, step) * sums[-1], side="right"))
        return int(order[min(place, len(order) - 1)])

    def _uniform(self, sequence: int, step: int) -> float:
        """Return a number in 0..1, 1 excluded."""
        import numpy as np

        words = np.random.Philox(key=np.array([self.seed, sequence], dtype=np.uint64), counter=step)
        return int(words.random_raw() >> 11) * 2.0**-53
