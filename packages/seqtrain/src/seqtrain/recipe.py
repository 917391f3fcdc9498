"""A recipe: everything that decides a training run, as one frozen value.

Every field has a default, so a recipe file names only what it changes. Each class checks its own
fields when it is made; `seqtrain.recipe_file` reads and writes the TOML form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from seqgen import Overflow
from seqmodel import ModelConfig
from seqtrain._checks import at_least, between, fail, more_than

MOST_THREADS = 256
MOST_ROWS = 1_000_000
MOST_TERMS = 1_000_000
"""What a slip of the finger must not exceed."""


@dataclass(frozen=True, kw_only=True)
class DataRecipe:
    """Say which terms exist and how many rows make a batch. A row has `model.context + 1` terms.

    Attributes:
        low: Smallest term.
        high: Largest term.
        overflow: What happens to a sequence that leaves the range, as in `seqgen.Span`.
        end: Whether leaving the range is a class of its own that the model learns (END).
            When false those targets are ignored.
        batch: Rows in a training batch.
    """

    low: int = 0
    high: int = 255
    overflow: Overflow = "truncate"
    end: bool = True
    batch: int = 256

    def __post_init__(self) -> None:
        if self.high <= self.low:
            fail("data.high", self.high, f"a whole number above data.low = {self.low}")
        between("data.batch", self.batch, 1, MOST_ROWS + 1)
        if self.high - self.low >= MOST_TERMS:
            fail("data.high", self.high, f"less than {MOST_TERMS} above data.low = {self.low}: each value is a class")


@dataclass(frozen=True, kw_only=True)
class LossRecipe:
    """Say what is minimised. Plain log-loss is always reported beside it.

    Attributes:
        kind: Cross-entropy; or the same multiplied by 1 + alpha * distance, which the other
            fields describe.
        alpha: Weight of the distance.
        distance: How the distance grows with |prediction - target|.
        prediction: The prediction that is measured: `expected` takes the mean distance under
            the predicted distribution, which carries a gradient of its own; `argmax` takes the
            distance of the most probable term, which only scales the gradient.
    """

    kind: Literal["cross-entropy", "distance-weighted"] = "cross-entropy"
    alpha: float = 0.1
    distance: Literal["linear", "quadratic", "sqrt"] = "linear"
    prediction: Literal["expected", "argmax"] = "expected"

    def __post_init__(self) -> None:
        at_least("loss.alpha", self.alpha, 0)


@dataclass(frozen=True, kw_only=True)
class OptimiserRecipe:
    """Set AdamW, in its fused form. Weight decay applies to matrices, not to biases and scales.

    Attributes:
        learning_rate: The largest learning rate; `schedule` says when it holds.
        beta1: Decay of the mean of the gradients.
        beta2: Decay of the mean of their squares.
        epsilon: Added to the denominator.
        weight_decay: Decoupled weight decay.
        clip_norm: Gradients are scaled down to this global norm; 0 leaves them as they are.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        more_than("optimiser.learning_rate", self.learning_rate, 0)
        between("optimiser.beta1", self.beta1, 0, 1)
        between("optimiser.beta2", self.beta2, 0, 1)
        more_than("optimiser.epsilon", self.epsilon, 0)
        at_least("optimiser.weight_decay", self.weight_decay, 0)
        at_least("optimiser.clip_norm", self.clip_norm, 0)


@dataclass(frozen=True, kw_only=True)
class ScheduleRecipe:
    """Say how the learning rate moves. It is a pure function of the step.

    Attributes:
        kind: `cosine` falls to the floor at `budget.steps`; `constant` stays at the top.
        warmup: Steps of linear rise before that.
        floor: The learning rate that `cosine` falls to.
    """

    kind: Literal["cosine", "constant"] = "cosine"
    warmup: int = 100
    floor: float = 1e-6

    def __post_init__(self) -> None:
        at_least("schedule.warmup", self.warmup, 0)
        at_least("schedule.floor", self.floor, 0)


@dataclass(frozen=True, kw_only=True)
class StageRecipe:
    """Describe one stage of the curriculum.

    Attributes:
        start: The step at which the shares begin to move towards this stage's.
        transition: Steps that the linear move takes; 0 is an abrupt change.
        shares: Universe name to its share of the rows once the move is over. Shares are
            relative: they are divided by their sum.
    """

    start: int = 0
    transition: int = 0
    shares: Mapping[str, float] = field(default_factory=lambda: {"default": 1.0})

    def __post_init__(self) -> None:
        at_least("curriculum.stages.start", self.start, 0)
        at_least("curriculum.stages.transition", self.transition, 0)
        for name, share in self.shares.items():
            at_least(f"curriculum.stages.shares.{name}", share, 0)
        if sum(self.shares.values()) <= 0:
            fail("curriculum.stages.shares", dict(self.shares), "at least one share above 0")


@dataclass(frozen=True, kw_only=True)
class CurriculumRecipe:
    """List the stages in order; a stage begins when the move to the one before is over.

    Attributes:
        stages: At least one, the first at step 0. The last one's shares are the final mixture,
            on which every validation is done.
    """

    stages: tuple[StageRecipe, ...] = (StageRecipe(),)

    def __post_init__(self) -> None:
        if not self.stages:
            fail("curriculum.stages", [], "at least one stage")
        first = self.stages[0]
        if first.start or first.transition:
            given = f"start {first.start}, transition {first.transition}"
            fail("curriculum.stages", given, "0 for both in the first stage")
        for before, after in zip(self.stages, self.stages[1:], strict=False):
            over = before.start + before.transition
            if after.start < over or after.start == before.start:
                least = max(over, before.start + 1)
                fail("curriculum.stages.start", after.start, f"{least} or more in this stage")


@dataclass(frozen=True, kw_only=True)
class ValidationRecipe:
    """Say when and on how many rows the model is measured, always on the final mixture.

    Attributes:
        every: Steps between validations.
        rows: Rows of each validation, the same ones every time.
        final_rows: Rows of the evaluation after training, from a stream of their own.
        ceiling: Whether the figures after training stand beside the exact ceiling: some seconds
            and, for ten million rules, 2 GiB of memory.
    """

    every: int = 500
    rows: int = 1000
    final_rows: int = 10_000
    ceiling: bool = True

    def __post_init__(self) -> None:
        at_least("validation.every", self.every, 1)
        at_least("validation.rows", self.rows, 1)
        at_least("validation.final_rows", self.final_rows, 1)


@dataclass(frozen=True, kw_only=True)
class StoppingRecipe:
    """Set early stopping on the plain log-loss of the validation rows.

    Attributes:
        patience: Validations without progress before the run stops, counted from the end of the
            curriculum's last transition; 0 never stops early.
        min_delta: How much lower the loss must be to count as progress, in nats.
    """

    patience: int = 10
    min_delta: float = 0.001

    def __post_init__(self) -> None:
        at_least("stopping.patience", self.patience, 0)
        at_least("stopping.min_delta", self.min_delta, 0)


@dataclass(frozen=True, kw_only=True)
class BudgetRecipe:
    """Limit the run. Whatever limit is met, the best weights are kept.

    Attributes:
        steps: Training steps.
        max_minutes: Minutes of training, summed over resumed runs; 0 sets no limit.
    """

    steps: int = 10_000
    max_minutes: float = 0.0

    def __post_init__(self) -> None:
        at_least("budget.steps", self.steps, 1)
        at_least("budget.max_minutes", self.max_minutes, 0)


@dataclass(frozen=True, kw_only=True)
class RunRecipe:
    """Set the seed, the arithmetic and the rhythm of writing.

    Attributes:
        seed: Decides the initial weights and every row.
        precision: `bfloat16` runs the forward pass under autocast; weights stay float32.
        threads: CPU threads of torch; 0 chooses by the work in a step.
        log_every: Steps between scalars in the logs.
        save_every: Steps between saves of the whole state.
    """

    seed: int = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = 0
    log_every: int = 50
    save_every: int = 1000

    def __post_init__(self) -> None:
        at_least("run.seed", self.seed, 0)
        between("run.threads", self.threads, 0, MOST_THREADS + 1)
        at_least("run.log_every", self.log_every, 1)
        at_least("run.save_every", self.save_every, 1)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hold a whole training run as data: two equal recipes train the same weights.

    Attributes:
        model: The transformer, as `seqmodel.ModelConfig` describes it.
        data: Terms, range and batch size.
        loss: What is minimised.
        optimiser: AdamW and clipping.
        schedule: The learning rate over the steps.
        curriculum: The shares of the universes over the steps.
        validation: When and on how many rows.
        stopping: Early stopping.
        budget: Steps and minutes.
        run: Seed, precision, threads, logging and saving.

    >>> Recipe(loss=LossRecipe(kind="distance-weighted")).loss.alpha
    0.1
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataRecipe = DataRecipe()
    loss: LossRecipe = LossRecipe()
    optimiser: OptimiserRecipe = OptimiserRecipe()
    schedule: ScheduleRecipe = ScheduleRecipe()
    curriculum: CurriculumRecipe = CurriculumRecipe()
    validation: ValidationRecipe = ValidationRecipe()
    stopping: StoppingRecipe = StoppingRecipe()
    budget: BudgetRecipe = BudgetRecipe()
    run: RunRecipe = RunRecipe()

    def __post_init__(self) -> None:
        if self.schedule.floor > self.optimiser.learning_rate:
            right = f"at most optimiser.learning_rate = {self.optimiser.learning_rate}"
            fail("schedule.floor", self.schedule.floor, right)
        if self.model.attention != "causal":
            fail("model.attention", self.model.attention, "'causal': every prefix is a target, which 'full' would show")
        if self.model.head != "classes":
            fail("model.head", self.model.head, "'classes': the losses are those of classes")
