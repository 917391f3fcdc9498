"""A recipe: everything that decides a training run, as one frozen value.

Every field has a default, so a recipe file names only what it changes. Each section is described in
a file of its own, `seqtrain.loss_recipe` and so on, and checks its own fields when it is made; what
must fit together is checked here. `seqtrain.recipe_file` reads and writes the TOML form.
"""

from dataclasses import dataclass, field

from seqmodel import ModelConfig
from seqtrain._checks import fail
from seqtrain.budget_recipe import BudgetRecipe
from seqtrain.curriculum_recipe import CurriculumRecipe, StageRecipe
from seqtrain.data_recipe import DataRecipe
from seqtrain.loss_recipe import REGRESSION_KINDS, LossRecipe
from seqtrain.optimiser_recipe import OptimiserRecipe
from seqtrain.questions_recipe import QuestionsRecipe, require_questions
from seqtrain.run_recipe import RunRecipe
from seqtrain.schedule_recipe import ScheduleRecipe
from seqtrain.stopping_recipe import StoppingRecipe
from seqtrain.validation_recipe import ValidationRecipe

__all__ = [
    "BudgetRecipe",
    "CurriculumRecipe",
    "DataRecipe",
    "LossRecipe",
    "OptimiserRecipe",
    "QuestionsRecipe",
    "Recipe",
    "RunRecipe",
    "ScheduleRecipe",
    "StageRecipe",
    "StoppingRecipe",
    "ValidationRecipe",
]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hold a whole training run as data: two equal recipes train the same weights.

    Attributes:
        model: The transformer, as `seqmodel.ModelConfig` describes it. In a file or a dictionary
            `preset` may name the one that the other fields change, as `seqmodel.preset` knows it.
        data: Terms, range, batch size, and files of your own.
        loss: What is minimised.
        optimiser: How gradients become steps, and clipping.
        schedule: The learning rate over the steps.
        curriculum: The shares of the universes over the steps.
        questions: Questions of arithmetic in place of sequences.
        validation: When and on how many rows.
        stopping: Early stopping, and which weights are kept.
        budget: Steps, epochs and minutes.
        run: Seed, precision, threads, logging and saving.

    >>> Recipe(loss=LossRecipe(kind="distance-weighted")).loss.alpha
    0.1
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataRecipe = field(default_factory=DataRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    optimiser: OptimiserRecipe = field(default_factory=OptimiserRecipe)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    curriculum: CurriculumRecipe = field(default_factory=CurriculumRecipe)
    questions: QuestionsRecipe = field(default_factory=QuestionsRecipe)
    validation: ValidationRecipe = field(default_factory=ValidationRecipe)
    stopping: StoppingRecipe = field(default_factory=StoppingRecipe)
    budget: BudgetRecipe = field(default_factory=BudgetRecipe)
    run: RunRecipe = field(default_factory=RunRecipe)

    def __post_init__(self) -> None:
        if self.schedule.floor > self.optimiser.learning_rate:
            right = f"at most optimiser.learning_rate = {self.optimiser.learning_rate}"
            fail("schedule.floor", self.schedule.floor, right)
        if self.model.attention == "full" and self.loss.targets != "last":
            right = "'last' with model.attention 'full', which sees the terms that earlier positions are asked for"
            fail("loss.targets", self.loss.targets, right)
        if self.data.train:
            self._check_own_rows()
        if self.questions.digits:
            require_questions(self)
        self._check_head()
        self._check_short_steps()
        self._check_labels()

    def _check_labels(self) -> None:
        final = self.curriculum.stages[-1].shares
        for stage in self.curriculum.stages if self.loss.labels == "posterior" else ():
            for name, share in stage.shares.items():
                if share > 0 and not final.get(name, 0) > 0:
                    right = f"'drawn', or {name!r} a part of the last stage: exact labels are those of its rules"
                    fail("loss.labels", "posterior", right)

    def _check_short_steps(self) -> None:
        if not self.data.short_terms:
            return
        if self.data.short_terms >= self.model.context:
            fail("data.short_terms", self.data.short_terms, f"below model.context = {self.model.context}, or 0")
        last = self.curriculum.stages[-1]
        if self.data.short_from < last.start + last.transition:
            right = f"{last.start + last.transition} or more: short steps know the final mixture alone"
            fail("data.short_from", self.data.short_from, right)

    def _check_own_rows(self) -> None:
        if self.curriculum != CurriculumRecipe():
            right = "left out where data.train names the sequences to train on"
            fail("curriculum.stages", [dict(stage.shares) for stage in self.curriculum.stages], right)
        if self.loss.labels == "posterior":
            fail("loss.labels", self.loss.labels, "'drawn' where data.train names a file: its rules are not known")

    def _check_head(self) -> None:
        regression = self.model.head == "regression"
        if regression and self.loss.kind not in REGRESSION_KINDS:
            right = "'squared' or 'huber' with model.head 'regression', which predicts a number and no distribution"
            fail("loss.kind", self.loss.kind, right)
        if regression and self.data.end:
            fail("data.end", self.data.end, "false with model.head 'regression': END is no number")
        if not regression and self.loss.kind in REGRESSION_KINDS:
            right = f"a loss of classes with model.head {self.model.head!r}; {self.loss.kind!r} needs 'regression'"
            fail("loss.kind", self.loss.kind, right)
