"""What torch's operators take, save for the backward pass and make in it, in bytes.

As read off the allocations of torch 2.13 on a CPU; a GPU fuses some of them and takes less. Left
out are tensors of a few numbers, and what oneDNN takes while it multiplies in bfloat16: some
100 KB, whatever the model.
"""

from collections.abc import Sequence

from seqmodel.config import Activation, Norm
from seqmodel.memory_sizes import BFLOAT16, FLOAT32, Gradient, Memory, Room, Step, Tape, Value

FEW_INPUTS, MANY_OUTPUTS = 8, 32
"""As in `seqmodel.parts`, which imports torch: such a map's weights are copied in training."""

Operand = Value | tuple[Value, int | None]
"""A value whose gradient is as large as itself; or one and the bytes of its gradient, None where
that is the result's own, handed on."""


class Operators:
    """Run operators as torch would.

    Args:
        memory: What they take from.
        tape: Notes what a backward pass needs; None in inference.
        autocast: Whether products run in bfloat16, on float32 weights.
    """

    def __init__(self, memory: Memory, *, tape: Tape | None, autocast: bool) -> None:
        self.memory = memory
        self.tape = tape
        self.autocast = autocast
        self._weights_cast: list[Value] = []

    def result(
        self,
        name: str,
        numbers: int,
        width: int,
        operands: Sequence[Operand] = (),
        *,
        saved: Sequence[Value] = (),
        saves_result: bool = False,
        scratch: int = 0,
    ) -> Value:
        """Make a value; note what gradients are made from its own, with what saved and what scratch."""
        made = Value(numbers, width, Room(self.memory, numbers * width))
        self._note(name, [made], operands, [*saved, made] if saves_result else saved, scratch)
        return made

    def views(self, name: str, x: Value, parts: Sequence[int], *, gradient: int | None) -> list[Value]:
        """See parts of a value, of so many numbers each."""
        made = [Value(numbers, x.width, x.room) for numbers in parts]
        self._note(name, made, [(x, gradient)], (), 0)
        return made

    def view(self, name: str, x: Value, numbers: int, *, gradient: int | None) -> Value:
        """See one part of a value."""
        return self.views(name, x, [numbers], gradient=gradient)[0]

    def _note(
        self, name: str, made: Sequence[Value], operands: Sequence[Operand], saved: Sequence[Value], scratch: int
    ) -> None:
        pairs = [operand if isinstance(operand, tuple) else (operand, operand.size) for operand in operands]
        if self.tape is None or not any(value.gradient for value, _ in pairs):
            return
        for value in made:
            value.gradient = Gradient()
        self.tape.steps.append(Step(name, made, pairs, saved, scratch))

    def widened(self, x: Value, width: int) -> Room | None:
        """Take what elementwise operators copy a narrower operand into while they run."""
        return Room(self.memory, x.numbers * width) if x.width < width else None

    def to_width(self, name: str, x: Value, width: int) -> Value:
        """Return a value in the type of that width."""
        return x if x.width == width else self.result(name, x.numbers, width, [x])

    def for_product(self, name: str, x: Value) -> Value:
        """Return a value in the type that products run in."""
        return self.to_width(name, x, BFLOAT16) if self.autocast else x

    def _weight(self, weight: Value) -> Value:
        cast = self.for_product("weights in bfloat16", weight)
        if self.tape is not None:
            self._weights_cast.append(cast)  # in training autocast keeps them, to the end of the pass
        return cast

    def end_autocast(self) -> None:
        """Let the weights go that were cast."""
        self._weights_cast.clear()

    def affine(self, name: str, x: Value, inputs: int, matrix: Value, bias: Value | None = None) -> Value:
        """Map rows of `inputs` numbers by a matrix, and add a bias."""
        biases = [] if bias is None else [self._weight(bias)]
        if self.tape is not None and biases and 1 < inputs <= FEW_INPUTS and matrix.numbers >= MANY_OUTPUTS * inputs:
            matrix = self.result(name, matrix.numbers, FLOAT32, [matrix])
        matrix = self._weight(matrix)
        x = self.for_product(name, x)
        numbers = x.numbers // inputs * (matrix.numbers // inputs)
        saved = [x, matrix] if x.gradient else [x]
        made = self.result(name, numbers, x.width, [x, matrix, *biases], saved=saved)
        if inputs == 1 and bias is None:
            Room(self.memory, x.size)  # a product copies a single column first
        return made

    def affine_of_fixed(self, name: str, x: Value, matrix: Value, added: Value) -> Value:
        """Map fixed rows by a matrix, and add a learned row to each: its gradient is the result's."""
        added = self._weight(added)
        matrix, x = self.for_product(name, matrix), self.for_product(name, x)
        return self.result(name, added.numbers, x.width, [(added, None), matrix], saved=[x])

    def product(self, name: str, a: Value, b: Value, numbers: int) -> Value:
        """Multiply batches of matrices."""
        return self.result(name, numbers, a.width, [a, b], saved=[a, b])

    def contiguous(self, name: str, x: Value) -> Value:
        """Copy a value whose dimensions cannot be merged where they lie."""
        return self.result(name, x.numbers, x.width, [(x, None)])

    def add(self, name: str, x: Value, y: Value) -> Value:
        """Add to x a value of its size, or one to be repeated, in the wider of their types."""
        width = max(x.width, y.width)
        widened = [self.widened(value, width) for value in (x, y)]
        operands = [(value, None if value.size == x.numbers * width else value.size) for value in (x, y)]
        made = self.result(name, x.numbers, width, operands)
        del widened
        return made

    def norm(self, kind: Norm, name: str, x: Value, weights: Sequence[Value]) -> Value:
        """Normalise rows as wide as the weights."""
        if kind == "none":
            return x
        columns = weights[0].numbers
        if kind == "rms":
            return self._rms_norm(name, x, weights[0])
        statistics = self.result(name, 2 * x.numbers // columns, FLOAT32)
        scratch = 2 * columns * FLOAT32
        return self.result(name, x.numbers, x.width, [x, *weights], saved=[x, statistics], scratch=scratch)

    def _rms_norm(self, name: str, x: Value, weight: Value) -> Value:
        """Take the mean square's root, then multiply twice: on a CPU operators of their own."""
        squares = Room(self.memory, x.size)
        roots = self.result(name, x.numbers // weight.numbers, x.width, [x], saved=[x], scratch=3 * x.size)
        del squares
        scaled = self.result(name, x.numbers, x.width, [x, roots], saved=[x, roots], scratch=x.size)
        return self.result(name, x.numbers, FLOAT32, [scaled, weight], saved=[scaled], scratch=x.size)

    def activate(self, kind: Activation, name: str, x: Value) -> Value:
        """Apply the activation function; ReLU needs its result alone, which the next map saves too."""
        if kind == "relu":
            return self.result(name, x.numbers, x.width, [x], saves_result=True)
        return self.result(name, x.numbers, x.width, [x], saved=[x])

    def softmax(self, name: str, x: Value, *, turned: bool = False) -> Value:
        """Return a pattern; its gradient, and turned scores, are copied to where their rows are contiguous."""
        if turned:
            Room(self.memory, x.size)
        return self.result(name, x.numbers, x.width, [x], saves_result=True, scratch=x.size)

    def dropout(self, name: str, x: Value, rate: float) -> Value:
        """Multiply with noise, which is saved, where training drops anything."""
        if self.tape is None or not rate:
            return x
        noise = self.result(name, x.numbers, x.width)
        return self.result(name, x.numbers, x.width, [x], saved=[noise])
