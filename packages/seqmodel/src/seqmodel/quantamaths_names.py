"""The architecture of the QuantaMaths models, from their names.

Names, sizes and vocabulary are those of the published model cards: a pre-norm ReLU transformer of
d_model 510 with heads of 170, whatever their number, that reads `n digits, sign, n digits, =` and
answers with a sign and n + 1 digits.
"""

import re
from dataclasses import dataclass
from typing import Literal, Self, cast

from seqmodel.config import ModelConfig
from seqmodel.symbols import SymbolVocabulary

QUANTAMATHS_VOCABULARY = SymbolVocabulary(symbols="0123456789+-=*\\")
"""Digits are their own tokens; `+` is 10, `-` 11, `=` 12, `*` 13, `\\` 14."""

Operation = Literal["add", "sub", "mix"]

_NAME = re.compile(
    r"(?:ins(?P<insert>[123])_)?(?P<operation>add|sub|mix)_d(?P<digits>[1-9]\d?)_l(?P<layers>[1-9]\d*)_h(?P<heads>[1-9]\d*)"
    r"(?:_t(?P<thousands>[1-9]\d*)K_s(?P<seed>\d{6}))?"
)


@dataclass(frozen=True, kw_only=True)
class QuantaMathsName:
    """What a published model's name says.

    Attributes:
        operation: "add", "sub" or "mix".
        digits: Of each of the two numbers in a question, 5 to 20.
        layers: Of the model.
        heads: Of each layer.
        thousands: Of training batches; None where the name stops before them.
        seed: Of the training, six digits; None where the name stops before it.
        insert: 1, 2 or 3 when the model was grown from a smaller one, else None.

    >>> name = QuantaMathsName.parse("mix_d11_l3_h4_t80K_s572091")
    >>> name.digits, name.layers, name.heads, name.thousands
    (11, 3, 4, 80)
    >>> str(name)
    'mix_d11_l3_h4_t80K_s572091'
    """

    operation: Operation
    digits: int
    layers: int
    heads: int
    thousands: int | None = None
    seed: int | None = None
    insert: int | None = None

    def __post_init__(self) -> None:
        if self.operation not in ("add", "sub", "mix"):
            raise ValueError(f"operation must be add, sub or mix, got {self.operation!r}")
        if not 5 <= self.digits <= 20:
            raise ValueError(f"digits must be 5 to 20, got {self.digits}")
        if min(self.layers, self.heads) < 1:
            raise ValueError(f"layers and heads must be at least 1, got {self.layers} and {self.heads}")
        if (self.thousands is None) != (self.seed is None):
            raise ValueError("thousands of batches and seed are given together or not at all")
        if self.seed is not None and not 0 <= self.seed < 10**6:
            raise ValueError(f"seed must have at most six digits, got {self.seed}")
        if self.insert not in (None, 1, 2, 3):
            raise ValueError(f"insert must be 1, 2 or 3, got {self.insert}")

    @classmethod
    def parse(cls, name: str) -> Self:
        """Take a name apart.

        Raises:
            ValueError: It is none; the message shows the form.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(
                f"{name!r} is no QuantaMaths name: expected [insN_]{{add|sub|mix}}_dD_lL_hH[_tTK_sSSSSSS], "
                "like mix_d11_l3_h4_t80K_s572091"
            )
        found = match.groupdict()
        integers = ("digits", "layers", "heads", "thousands", "seed", "insert")
        numbers = {key: int(found[key]) for key in integers if found[key]}
        return cls(operation=cast("Operation", found["operation"]), **numbers)

    def __str__(self) -> str:
        insert = "" if self.insert is None else f"ins{self.insert}_"
        training = "" if self.thousands is None else f"_t{self.thousands}K_s{self.seed:06}"
        return f"{insert}{self.operation}_d{self.digits}_l{self.layers}_h{self.heads}{training}"

    @property
    def context(self) -> int:
        """Length of a whole question and answer: two numbers, sign and `=`, sign and digits + 1."""
        return 3 * self.digits + 4


def quantamaths(name: str) -> ModelConfig:
    """Return the architecture that a published model's name stands for.

    >>> config = quantamaths("mix_d11_l3_h4")
    >>> config.context, config.d_model, config.head_size, config.hidden_size
    (37, 510, 170, 2040)

    Raises:
        ValueError: It is no such name.
    """
    parsed = QuantaMathsName.parse(name)
    return ModelConfig(
        context=parsed.context,
        d_model=510,
        layers=parsed.layers,
        heads=parsed.heads,
        d_head=170,
        d_ff=2040,
        norm="pre",
        activation="relu",
        value_periods=(),
        initialisation="scaled",
        zero_output_projections=False,
    )
