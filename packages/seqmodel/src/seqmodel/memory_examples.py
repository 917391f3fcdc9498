"""Ten models that differ in all that costs memory, to compare the account with measurements."""

from dataclasses import dataclass

from seqmodel.config import ModelConfig
from seqmodel.memory import MemoryAccount, Precision, memory_account
from seqmodel.presets import PRESETS
from seqmodel.quantamaths_names import QUANTAMATHS_VOCABULARY, quantamaths
from seqmodel.vocabularies import Vocabulary
from seqmodel.vocabulary import IntegerVocabulary


@dataclass(frozen=True, kw_only=True)
class MemoryExample:
    """A model, and rows for it.

    Attributes:
        name: What is particular about it.
        config: The architecture.
        vocabulary: What it reads and predicts.
        batch: Rows.
        length: Tokens of each.
        precision: See `MemoryAccount`.
    """

    name: str
    config: ModelConfig
    vocabulary: Vocabulary
    batch: int
    length: int
    precision: Precision = "float32"

    def account(self, *, training: bool) -> MemoryAccount:
        """Return the account of a training step, or of decoding in the exact mode."""
        slots = 0 if training or self.config.attention == "full" else None
        return memory_account(
            self.config,
            self.vocabulary,
            batch=self.batch,
            length=self.length if training else min(self.length, self.config.context),
            precision=self.precision,
            slots=slots,
            training=training,
            exact=not training,
        )


_BYTES = IntegerVocabulary()
_BYTES_ALONE = IntegerVocabulary(end=False)

EXAMPLES = (
    MemoryExample(name="default", config=PRESETS["default"], vocabulary=_BYTES, batch=32, length=8),
    MemoryExample(name="nextint", config=PRESETS["nextint"], vocabulary=_BYTES_ALONE, batch=32, length=8),
    MemoryExample(
        name="quantamaths add_d5_l2_h3",
        config=quantamaths("add_d5_l2_h3"),
        vocabulary=QUANTAMATHS_VOCABULARY,
        batch=4,
        length=19,
    ),
    MemoryExample(
        name="bfloat16, large batch",
        config=PRESETS["default"],
        vocabulary=_BYTES,
        batch=256,
        length=8,
        precision="bfloat16",
    ),
    MemoryExample(
        name="long context",
        config=ModelConfig(context=256, d_model=64, layers=2, value_periods=()),
        vocabulary=_BYTES,
        batch=4,
        length=256,
    ),
    MemoryExample(
        name="rotary, past its window",
        config=ModelConfig(
            context=32, d_model=96, layers=3, heads=6, norm="rms", activation="silu", positions="rotary"
        ),
        vocabulary=_BYTES,
        batch=8,
        length=100,
    ),
    MemoryExample(
        name="deep, post-norm, dropout",
        config=ModelConfig(
            d_model=48,
            layers=12,
            heads=1,
            norm="post",
            activation="relu",
            embedding="frequency",
            value_periods=(),
            dropout=0.1,
        ),
        vocabulary=_BYTES,
        batch=64,
        length=8,
    ),
    MemoryExample(
        name="wide, regression, no norm",
        config=ModelConfig(
            d_model=256,
            layers=1,
            heads=2,
            d_head=16,
            d_ff=2048,
            norm="none",
            embedding="number-theoretic",
            head="regression",
            value_periods=(),
        ),
        vocabulary=_BYTES_ALONE,
        batch=16,
        length=8,
    ),
    MemoryExample(
        name="full attention, binary",
        config=ModelConfig(
            context=16,
            d_model=80,
            heads=8,
            d_head=20,
            d_ff=32,
            embedding="binary",
            positions="tuple",
            attention="full",
            value_periods=(),
        ),
        vocabulary=_BYTES_ALONE,
        batch=48,
        length=16,
    ),
    MemoryExample(
        name="one row, many classes",
        config=ModelConfig(context=24, d_model=72, layers=2, heads=3, norm="rms", embedding="tuple", value_periods=()),
        vocabulary=IntegerVocabulary(low=-5000, high=5000),
        batch=1,
        length=20,
    ),
)
