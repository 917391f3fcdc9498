"""A job: one sequence to be continued, from the moment it is accepted until its last term."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from seqserve.protocols import Prediction, Strategy


class State(Enum):
    """Where a job is; it only ever moves downwards in this list."""

    WAITING = auto()
    RUNNING = auto()
    DONE = auto()
    CANCELLED = auto()


@dataclass(eq=False, slots=True, kw_only=True)
class Job:
    """Hold one sequence and what has been predicted of it so far.

    Only the scheduler changes `state`, `predictions` and `failure`; whoever submitted the job reads them
    when `notify` is called.

    Attributes:
        sequence: The terms, all in the model's range.
        steps: How many terms to predict, at least 1.
        top: How many of the most probable outcomes to keep with each prediction.
        strategy: How to decode; the answers are the same.
        streams: Whether each prediction is news, or only the last.
        notify: Called with the job whenever there is news of it, in the thread that the news are brought to.
    """

    sequence: Sequence[int]
    steps: int
    top: int = 0
    strategy: Strategy = "cached"
    streams: bool = False
    notify: Callable[["Job"], object] = lambda _: None
    state: State = State.WAITING
    slot: int = -1
    predictions: list[Prediction] = field(default_factory=list)
    failure: Exception | None = None

    @property
    def finished(self) -> bool:
        """Whether the last term, or END, is predicted."""
        return len(self.predictions) == self.steps or (bool(self.predictions) and self.predictions[-1].term is None)
