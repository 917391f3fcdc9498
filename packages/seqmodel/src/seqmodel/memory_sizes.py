"""Tensors of which nothing but the size exists, and what a backward pass holds on to.

A pass written with these takes and frees the bytes of the real one in the same order, in no time.
As with tensors, it is Python's counting of references that frees a `Room`: when its last name goes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

FLOAT32 = 4
BFLOAT16 = 2


class Memory:
    """Count the bytes that are held, and how many were at most.

    >>> memory = Memory()
    >>> first, second = Room(memory, 10), Room(memory, 5)
    >>> del first
    >>> memory.held, memory.most
    (5, 15)
    """

    def __init__(self) -> None:
        self.held = 0
        self.most = 0
        self.lasting: Sequence[Gradient] = ()
        self.lasting_at_most = 0

    def take(self, size: int) -> None:
        """Count bytes; at a new maximum, also how many of them the `lasting` gradients are."""
        self.held += size
        if self.held > self.most:
            self.most = self.held
            self.lasting_at_most = sum(gradient.room.size for gradient in self.lasting if gradient.room)


class Room:
    """Bytes of a memory, taken until nobody holds this."""

    __slots__ = ("_memory", "size")

    def __init__(self, memory: Memory, size: int) -> None:
        self.size = size
        self._memory = memory
        memory.take(size)

    def __del__(self) -> None:
        self._memory.held -= self.size


class Gradient:
    """Where a value's gradient is summed up in the backward pass."""

    __slots__ = ("room",)

    def __init__(self) -> None:
        self.room: Room | None = None

    def add(self, room: Room | None) -> None:
        """Take the first part; what follows is added to it in place."""
        if self.room is None:
            self.room = room

    def take(self) -> Room | None:
        """Give the sum away."""
        room, self.room = self.room, None
        return room


class Value:
    """A tensor: its size, where it lies and where its gradient goes.

    Attributes:
        numbers: How many it holds.
        width: Bytes of each.
        room: What it lies in, which views share; None where that is counted elsewhere.
        gradient: None where none is wanted.
    """

    __slots__ = ("gradient", "numbers", "room", "width")

    def __init__(self, numbers: int, width: int, room: Room | None = None, gradient: Gradient | None = None) -> None:
        self.numbers = numbers
        self.width = width
        self.room = room
        self.gradient = gradient

    @property
    def size(self) -> int:
        """Bytes."""
        return self.numbers * self.width


class Step:
    """An operator that ran forward and is to run backward.

    Attributes:
        name: What it is called in the account.
        results: The gradients it waits for.
        operands: The gradients it makes and their bytes; None hands on the result's own.
        saved: What it needs for that.
        scratch: Bytes that it takes besides while it runs backward.
    """

    __slots__ = ("name", "operands", "results", "saved", "scratch")

    def __init__(
        self,
        name: str,
        results: Iterable[Value],
        operands: Iterable[tuple[Value, int | None]],
        saved: Iterable[Value],
        scratch: int,
    ) -> None:
        self.name = name
        self.results = [value.gradient for value in results if value.gradient]
        self.operands = [(value.gradient, size) for value, size in operands if value.gradient]
        self.saved = [value.room for value in saved if value.room]
        self.scratch = scratch


class Tape:
    """The operators of a forward pass, to be run backward."""

    def __init__(self, memory: Memory) -> None:
        self.steps: list[Step] = []
        self._memory = memory

    def saved(self) -> dict[str, int]:
        """Return the bytes that operators of each name were the first to save."""
        found = Counter[str]()
        seen = set[int]()
        for step in self.steps:
            for room in step.saved:
                if id(room) not in seen:
                    seen.add(id(room))
                    found[step.name] += room.size
        return dict(found)

    def run_backward(self) -> None:
        """Make all gradients, the last operator's first; each lets go what it had saved."""
        while self.steps:
            self._run(self.steps.pop())

    def _run(self, step: Step) -> None:
        found = [gradient.take() for gradient in step.results]
        made = [found[0] if size is None else Room(self._memory, size) for _, size in step.operands]
        Room(self._memory, step.scratch)
        for (gradient, _), room in zip(step.operands, made, strict=True):
            gradient.add(room)
