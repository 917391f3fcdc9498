"""A transformer of three layers whose weights are set by hand, so that what each head does is known.

Layer 0 writes the second number's digits with a minus sign beside them. In layer 1 the heads read one column each:
head 0 the column of the digit that is written next, head i the column i below it (at `=` and at the sign alike the
columns below A_n), the next head the operation, and the last one the sign. Its hidden layer decides what is carried or
borrowed, and layer 2 writes the digit. The heads of layers 0 and 2 do nothing.
"""

import torch
from torch import Tensor

from seqmodel import QUANTAMATHS_VOCABULARY, ModelConfig, Transformer
from seqtrain.analysis.layout import Layout

FAR = 1000.0
"""Larger than every number that the model reckons with."""


class Handmade:
    """Set the weights of a model for so many digits, of which three at most keep float32 exact.

    With `split`, two heads share the column of the digit that is written next: head 0 reads the first number's digit,
    the last head the second number's.
    """

    def __init__(self, digits: int, *, split: bool = False) -> None:
        self.layout = Layout(digits)
        self.split = split
        heads = digits + 3 + split
        length = self.layout.length
        names = ["value", "signed", "operation", "sum", "difference", "lower sum", "lower difference"]
        names += ["chosen operation", "sign", "carry", "borrow M", "borrow N"]
        self.slot = {name: place for place, name in enumerate(names)}
        self.at = len(names)  # the first slot of the positions
        self.logits = self.at + length
        config = ModelConfig(
            context=length,
            d_model=self.logits + QUANTAMATHS_VOCABULARY.size,
            layers=3,
            heads=heads,
            d_head=length,
            d_ff=80,
            norm="none",
            activation="relu",
            value_periods=(),
        )
        self.model = Transformer(config, QUANTAMATHS_VOCABULARY).eval()
        self.model.exact = False
        with torch.no_grad():
            for weight in self.model.parameters():
                weight.zero_()
            self._embed()
            self._sign_second_number()
            self._read_columns()
            self._decide_carries()
            self._write_digits()

    @property
    def weights(self) -> dict[str, Tensor]:
        return dict(self.model.named_parameters())

    def _embed(self) -> None:
        values, positions = (self.weights[f"embedding.{name}.vectors.weight"] for name in ("values", "positions"))
        values[:10, self.slot["value"]] = torch.arange(10.0)
        values[10, self.slot["operation"]], values[11, self.slot["operation"]] = 1, -1
        for position in range(self.layout.length):
            positions[position, self.at + position] = 1
        output = self.weights["output.weight"]
        output[range(15), range(self.logits, self.logits + 15)] = 1
        positions[self.layout.equals, self.logits + 10] = FAR  # there + is said unless something is against it

    def _neuron(self, layer: int, number: int, reads: dict[int, float], bias: float, writes: dict[int, float]) -> None:
        """Let a neuron add relu(what it reads + bias), times a factor each, to some slots."""
        prefix = f"blocks.{layer}.feed_forward"
        for slot, factor in reads.items():
            self.weights[f"{prefix}.hidden.weight"][number, slot] = factor
        self.weights[f"{prefix}.hidden.bias"][number] = bias
        for slot, factor in writes.items():
            self.weights[f"{prefix}.output.weight"][slot, number] = factor

    def _sign_second_number(self) -> None:
        for number, of in enumerate((self.layout.first, self.layout.second)):
            here = {self.at + of(digit): FAR for digit in range(self.layout.digits)}
            self._neuron(0, number, {self.slot["value"]: 1, **here}, -FAR, {self.slot["signed"]: 1 - 2 * number})

    def _read_columns(self) -> None:
        digits = self.layout.digits
        for target in range(digits + 2):
            position = self.layout.written_at(target)
            column = min(target, digits)
            for head in range(digits + 1):
                self._look(head, position, self._pair(column - head, head))
            self._look(digits + 1, position, [self.layout.operation])
            sees_sign = target <= digits
            self._look(digits + 2, position, [self.layout.answer(self.layout.sign) if sees_sign else position])
            if self.split:
                own = self._pair(column, 0)
                self._look(0, position, own[:1])
                self._look(digits + 3, position, own[1:] or own)
        for head in range(digits + 1):
            # The mean of two is half their sum; columns further below count a tenth of the one above them.
            factor = (1 if self.split and not head else 2) * (10.0 ** (digits - head) if head else 1)
            lower = "lower " if head else ""
            self._move(head, "value", f"{lower}sum", factor)
            self._move(head, "signed", f"{lower}difference", factor, dimension=1)
        self._move(digits + 1, "operation", "chosen operation", 1)
        self._move(digits + 2, "operation", "sign", 1)
        if self.split:
            self._move(digits + 3, "value", "sum", 1)
            self._move(digits + 3, "signed", "difference", 1, dimension=1)

    def _pair(self, digit: int, head: int) -> list[int]:
        """Return where a column stands; where there is none, `=`, which has no value."""
        if 0 <= digit < self.layout.digits:
            return [self.layout.first(digit), self.layout.second(digit)]
        return [self.layout.equals]

    def _look(self, head: int, position: int, sources: list[int]) -> None:
        """Let a head of layer 1 look from a position at others, evenly."""
        qkv, size, heads = self.weights["blocks.1.attention.qkv.weight"], self.layout.length, self.model.config.heads
        rows = slice(head * size, (head + 1) * size)
        query, key = qkv[: heads * size][rows], qkv[heads * size : 2 * heads * size][rows]
        query[:, self.at + position] = 0
        for source in sources:
            query[source, self.at + position] = 100 * FAR
            key[source, self.at + source] = 1

    def _move(self, head: int, source: str, goal: str, factor: float, *, dimension: int = 0) -> None:
        """Let a head of layer 1 add what it reads in one slot to another."""
        size, heads = self.layout.length, self.model.config.heads
        value = self.weights["blocks.1.attention.qkv.weight"][2 * heads * size :]
        value[head * size + dimension, self.slot[source]] = 1
        self.weights["blocks.1.attention.output.weight"][self.slot[goal], head * size + dimension] = factor

    def _decide_carries(self) -> None:
        limit = 10.0**self.layout.digits
        sum_, difference = self.slot["lower sum"], self.slot["lower difference"]
        steps = {"carry": (sum_, 1, 1 - limit), "borrow M": (difference, -1, 0), "borrow N": (difference, 1, 0)}
        for number, (goal, (slot, factor, bias)) in enumerate(steps.items()):
            self._neuron(1, 2 * number, {slot: factor}, bias, {self.slot[goal]: 1})
            self._neuron(1, 2 * number + 1, {slot: factor}, bias - 1, {self.slot[goal]: -1})

    def _write_digits(self) -> None:
        operation, sign = self.slot["chosen operation"], self.slot["sign"]
        adds, subtracts = {operation: FAR / 2}, {operation: -FAR / 2}
        kinds = {
            "S": ({self.slot["sum"]: 1, self.slot["carry"]: 1, **adds}, FAR / 2, 0),
            "M": ({self.slot["difference"]: 1, self.slot["borrow M"]: -1, **subtracts, sign: FAR / 2}, FAR, -10),
            "N": ({self.slot["difference"]: -1, self.slot["borrow N"]: -1, **subtracts, sign: -FAR / 2}, FAR, -10),
        }
        number = 0
        for reads, silence, lowest in kinds.values():
            for bend in range(lowest - 1, lowest + 21):
                # A peak at t is relu(x - t + 1) - 2 relu(x - t) + relu(x - t - 1).
                writes: dict[int, float] = {}
                for peak, height in ((bend + 1, 1.0), (bend, -2.0), (bend - 1, 1.0)):
                    if lowest <= peak < lowest + 20:
                        writes[self.logits + peak % 10] = writes.get(self.logits + peak % 10, 0) + height
                self._neuron(2, number, reads, -silence - bend, writes)
                number += 1
        negative = {self.slot["borrow M"]: FAR, operation: -FAR, self.at + self.layout.equals: FAR}
        self._neuron(2, number, negative, -2 * FAR, {self.logits + 11: 2})
