"""An exact account of the memory that a model takes, before any of it is taken. No torch in here."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from seqmodel.config import ModelConfig, places_of
from seqmodel.limits import LARGEST, require_modest
from seqmodel.memory_extent import Extent
from seqmodel.memory_formulas import BANDWIDTH, DocumentFormulas, document_formulas
from seqmodel.memory_lasting import Optimiser, cache_bytes, moment_bytes, table_bytes
from seqmodel.memory_operators import Operators
from seqmodel.memory_pass import ForwardPass
from seqmodel.memory_sizes import FLOAT32, Gradient, Memory, Room, Tape, Value
from seqmodel.parameters import Shape, parameter_shapes
from seqmodel.vocabularies import Vocabulary

Precision = Literal["float32", "bfloat16"]

INT64 = 8


@dataclass(frozen=True, kw_only=True)
class MemoryAccount:
    """What a training step or a decoding takes at its fullest moment, in bytes.

    The parts add up to the total. Not in it: Python and torch themselves (some 350 MB); what the C
    library does not give back (measured, 13 million parameters and 505 MB: a process grew by 0.98
    of it where MALLOC_MMAP_THRESHOLD_=65536 gave each tensor pages of its own, by 1.42 without);
    rows that wait for their step; and what a trainer keeps besides, such as the best weights.

    Attributes:
        batch: Rows.
        length: Tokens of each row.
        precision: "float32", or "bfloat16": products in bfloat16 under autocast, on float32 weights.
        optimiser: What trains, or would.
        slots: Of the cache.
        training: Whether a training step is meant: forward, loss, backward, optimiser.
        exact: Whether inference pads; see `Transformer`.
        parameters: How many numbers are learned.
        weights: These, in float32.
        tables: What is fixed: the mask, positions, features.
        gradients: What those of the weights add to the peak: until they are there, much of what was saved is gone.
        moments: What the optimiser remembers.
        cache: Keys and values of all slots.
        rows: Tokens, and in training targets, int64.
        saved: What each kind of operator saves for the backward pass, over all layers; what two of
            them need stands with the first.
        logits: In training with the logarithms of the probabilities.
        temporaries: What else is there at the fullest moment.
        document: What the founding document's formulas say.
    """

    batch: int
    length: int
    precision: Precision
    optimiser: Optimiser
    slots: int
    training: bool
    exact: bool
    parameters: int
    weights: int
    tables: int
    gradients: int
    moments: int
    cache: int
    rows: int
    saved: Mapping[str, int]
    logits: int
    temporaries: int
    document: DocumentFormulas

    @property
    def activations(self) -> int:
        """All that is saved for the backward pass."""
        return sum(self.saved.values())

    @property
    def total(self) -> int:
        """All of it: the peak."""
        lasting = self.weights + self.tables + self.gradients + self.moments + self.cache
        return lasting + self.rows + self.activations + self.logits + self.temporaries

    @property
    def traffic(self) -> int:
        """Bytes that must cross to the memory and back, each as seldom as it can.

        In training weights are read forward, backward and by the optimiser, which writes them;
        gradients, moments, what is saved and logits are written once and read once. In inference
        one pass reads weights and cache and writes logits.
        """
        if not self.training:
            return self.weights + self.cache + self.rows + self.logits
        # There is a gradient for every weight, whether or not it adds to the peak.
        return 6 * self.weights + 2 * (self.moments + self.activations + self.logits) + self.rows

    def step_seconds(self, bandwidth: float = BANDWIDTH) -> float:
        """Return how long a step takes at least where nothing but the memory's bandwidth limits it.

        Args:
            bandwidth: Bytes a second; the default is that of the document's target card.
        """
        return self.traffic / bandwidth


def memory_account(
    config: ModelConfig,
    vocabulary: Vocabulary,
    *,
    batch: int,
    length: int | None = None,
    precision: Precision = "float32",
    optimiser: Optimiser = "adamw",
    slots: int | None = 0,
    training: bool = True,
    exact: bool = False,
) -> MemoryAccount:
    """Return what a model takes, found by going through the pass with sizes in place of numbers.

    The training step is the trainer's: forward without padding, cross-entropy (regression: squared
    error), backward, fused optimiser, and the gradients are let go. Inference is one pass over all
    rows, for what follows each; with a cache that pass fills it, and one of a single token a row
    follows.

    Args:
        config: The architecture.
        vocabulary: What it reads and predicts.
        batch: Rows, at least 1.
        length: Tokens of each row; None: `config.context`.
        precision: "float32" or "bfloat16"; see `MemoryAccount`.
        optimiser: "adamw", "adam", "sgd" or "sgd-momentum".
        slots: Of a cache; None: one for each row.
        training: Whether to account for a training step, else for inference.
        exact: Whether inference pads, as new and loaded models do unless told otherwise.

    Raises:
        ValueError: An argument is impossible, alone or with the others.

    >>> from seqmodel import IntegerVocabulary
    >>> account = memory_account(ModelConfig(), IntegerVocabulary(), batch=512)
    >>> account.parameters, account.weights, account.total
    (866433, 3465732, 168159784)
    """
    length = config.context if length is None else length
    slots = batch if slots is None else slots
    _require(config, batch, length, precision, optimiser, slots, training=training, exact=exact)
    require_modest(config, vocabulary)
    shapes = parameter_shapes(config, vocabulary)
    sizes = [math.prod(shape) for shape in shapes.values()]
    weights = FLOAT32 * sum(sizes)
    extent = Extent(batch=batch, steps=length, places=places_of(config), slots=0 if training else slots, exact=exact)
    rehearse = _rehearse_training if training else _rehearse_inference
    autocast = precision == "bfloat16"
    saved, logits, gradients, temporaries = rehearse(config, vocabulary, shapes, extent, autocast=autocast)
    return MemoryAccount(
        batch=batch,
        length=length,
        precision=precision,
        optimiser=optimiser,
        slots=slots,
        training=training,
        exact=exact,
        parameters=sum(sizes),
        weights=weights,
        tables=table_bytes(config, vocabulary),
        gradients=gradients,
        moments=moment_bytes(optimiser, sizes) if training else 0,
        cache=cache_bytes(config, slots),
        rows=INT64 * batch * length * (2 if training else 1),
        saved=saved,
        logits=logits,
        temporaries=temporaries,
        document=document_formulas(config, vocabulary, batch=batch, length=length),
    )


def _rehearse_training(
    config: ModelConfig, vocabulary: Vocabulary, shapes: Mapping[str, Shape], extent: Extent, *, autocast: bool
) -> tuple[dict[str, int], int, int, int]:
    """Return what is saved, the bytes of logits and loss, and what gradients and all else add to the peak."""
    memory = Memory()
    tape = Tape(memory)
    gradients = {name: Gradient() for name in shapes}
    weights = {name: Value(math.prod(shape), FLOAT32, None, gradients[name]) for name, shape in shapes.items()}
    operators = Operators(memory, tape=tape, autocast=autocast)
    logits = ForwardPass(config, vocabulary, weights, operators, extent, last=False).logits()
    said = logits
    if config.head == "classes":
        said = operators.result("loss", logits.numbers, FLOAT32, [logits], saves_result=True)
    operators.result("loss", 1, FLOAT32, [said], saved=[said])
    forward = memory.held
    saved = tape.saved()
    del saved["loss"]
    bytes_of_loss = logits.size + (said.size if said is not logits else 0)
    del said
    memory.lasting = list(gradients.values())
    tape.run_backward()
    added = memory.most - forward
    of_gradients = min(memory.lasting_at_most, added)
    return saved, bytes_of_loss, of_gradients, added - of_gradients


def _rehearse_inference(
    config: ModelConfig, vocabulary: Vocabulary, shapes: Mapping[str, Shape], extent: Extent, *, autocast: bool
) -> tuple[dict[str, int], int, int, int]:
    """Return the same of a pass that is not differentiated, and of a step of one token behind it."""
    memory = Memory()
    weights = {name: Value(math.prod(shape), FLOAT32) for name, shape in shapes.items()}
    operators = Operators(memory, tape=None, autocast=autocast)
    logits = ForwardPass(config, vocabulary, weights, operators, extent, last=True).logits()
    # They live on until those of the next step take their place.
    Room(memory, logits.size)  # their softmax
    if extent.slots and (config.slides or extent.steps < config.context):
        ForwardPass(config, vocabulary, weights, operators, replace(extent, steps=1), last=True).logits()
    return {}, logits.size, 0, memory.most - logits.size


def _require(
    config: ModelConfig,
    batch: int,
    length: int,
    precision: str,
    optimiser: str,
    slots: int,
    *,
    training: bool,
    exact: bool,
) -> None:
    for name, value, choices in (("precision", precision, Precision), ("optimiser", optimiser, Optimiser)):
        if value not in get_args(choices):
            raise ValueError(f"{name} must be one of {', '.join(get_args(choices))}, got {value!r}")
    if not 1 <= batch < LARGEST:
        raise ValueError(f"batch must be at least 1 and below {LARGEST}, got {batch}")
    if not 0 <= slots < LARGEST:
        raise ValueError(f"slots must be at least 0 and below {LARGEST}, got {slots}")
    if length >= LARGEST:
        raise ValueError(f"length must be below {LARGEST}, got {length}")
    if length < 1 or (length > config.context and not (config.slides and (training or not slots))):
        raise ValueError(f"length must be 1..{config.context}, which the model's window holds, got {length}")
    if slots and config.attention == "full":
        raise ValueError(f"attention 'full' leaves nothing to cache: give slots=0, not {slots}")
    if slots and not training and batch > slots:
        raise ValueError(f"{batch} rows need as many slots, got {slots}")
    if training and exact:
        raise ValueError("exact concerns inference, training does not pad: give training=False or exact=False")
