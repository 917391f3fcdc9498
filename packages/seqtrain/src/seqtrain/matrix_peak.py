"""What this machine can multiply, and the share of it that a training step reaches."""

# M rows, K inputs, N outputs

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch.nn import functional

from seqtrain.benchmark_step import StepRace
from seqtrain.benchmark_times import Turn

Precision = Literal["float32", "bfloat16"]

REPEATS = 3
"""Products that are timed together."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """An affine map of rows, the one product of matrices that a model is mostly made of."""

    precision: Precision
    rows: int
    inputs: int
    outputs: int

    @property
    def name(self) -> str:
        """What it is called in a table.

        >>> Product(precision="bfloat16", rows=4096, inputs=128, outputs=512).name
        'bfloat16 4096 x 128 x 512'
        """
        return f"{self.precision} {self.rows} x {self.inputs} x {self.outputs}"

    @property
    def flops(self) -> float:
        """Its floating-point operations: for each pair a multiplication and an addition."""
        return 2.0 * self.rows * self.inputs * self.outputs

    def times(self) -> Callable[[], Turn]:
        """Return a function that computes it and says how long it took."""
        dtype = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        shapes = (self.rows, self.inputs), (self.outputs, self.inputs), (self.outputs,)
        multiply = partial(functional.linear, *(torch.rand(shape, dtype=dtype) for shape in shapes))

        def timed() -> Turn:
            multiply()
            begun = Turn.now()
            for _ in range(REPEATS):
                multiply()
            return Turn.now().since(begun, REPEATS)

        return timed


MEASURED = tuple(
    Product(precision=precision, rows=rows, inputs=inputs, outputs=outputs)
    for precision in ("bfloat16", "float32")
    for rows, inputs, outputs in ((4096, 128, 512), (2048, 2048, 2048))
)
"""What the default model's widest map does with a batch of 512, and a large one."""


def timed_products() -> dict[str, Callable[[], Turn]]:
    """Return what is measured, by name, to take turns with training loops."""
    return {one.name: one.times() for one in MEASURED}


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a loop reaches of the fastest product of its precision, 0..1.

    Attributes:
        name: The loop.
        precision: Of its products.
        clock: The share by the clock.
        processor: The share in processor time.
    """

    name: str
    precision: Precision
    clock: float
    processor: float


def shares(race: StepRace) -> list[Share]:
    """Return the share of each loop, by the medians of a race in which `MEASURED` took turns."""
    found = []
    for times in race.best():
        precision: Precision = "float32" if "float32" in times.name else "bfloat16"
        products = [(one, race.named(one.name)) for one in MEASURED if one.precision == precision]
        clock = max(one.flops / product.clock.median for one, product in products)
        processor = max(one.flops / product.processor.median for one, product in products)
        found.append(
            Share(
                name=times.name,
                precision=precision,
                clock=race.work.flops / times.clock.median / clock,
                processor=race.work.flops / times.processor.median / processor,
            )
        )
    return found
