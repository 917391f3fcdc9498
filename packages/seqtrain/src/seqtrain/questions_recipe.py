"""Which questions of arithmetic a model learns to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from seqgen.arithmetic import MAX_DIGITS, Enrichment
from seqmodel import QUANTAMATHS_VOCABULARY
from seqmodel.vocabularies import require_fit
from seqtrain._checks import between, fail

if TYPE_CHECKING:
    from seqtrain.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class QuestionsRecipe:
    """Let rows be additions and subtractions of two numbers, digit by digit, in place of sequences.

    A row is `0123450-0345670=-00222220` in symbols, of which the model reads all but the last one and learns those
    after the `=` alone. Rows to validate on and to evaluate are uniform: nothing in them is enriched, and with `mix`
    half of them are subtractions.

    Attributes:
        digits: Of each of the two numbers, 1 to 20; 0 means that rows are sequences of integers.
        operation: What is asked: `add`, `sub`, or both, `mix`.
        subtraction: Share of subtractions among the training rows of `mix`.
        nines: Share of the additions with a run of pairs that sum to nine right above a pair that carries.
        borrows: Share of the subtractions with a run of equal pairs right above a pair that borrows.
        equal: Share of the subtractions that are of a number from itself.
        short: Share of the rows whose numbers have fewer digits, with zeros in front.
        published: Whether rows are enriched as the published models' were, instead of all these: two batches in
            five, and no borrow cascades.
        batches: Whether the rows of a batch are drawn one by one, `mixed`, or all have one operation and are all
            enriched or none of them, `alike`, as in the published training.
    """

    digits: int = 0
    operation: Literal["add", "sub", "mix"] = "mix"
    subtraction: float = 0.66
    nines: float = 0.0
    borrows: float = 0.0
    equal: float = 0.0
    short: float = 0.0
    published: bool = False
    batches: Literal["mixed", "alike"] = "mixed"

    def __post_init__(self) -> None:
        between("questions.digits", self.digits, 0, MAX_DIGITS + 1)
        if not 0 <= self.subtraction <= 1:
            fail("questions.subtraction", self.subtraction, "a share, 0 to 1")
        try:
            self.enrichment.check(self.digits or MAX_DIGITS)
        except ValueError as error:
            raise ValueError(f"questions: {error}") from None

    @property
    def enrichment(self) -> Enrichment:
        """What is made more frequent in training rows."""
        return Enrichment(
            nines=self.nines, borrows=self.borrows, equal=self.equal, short=self.short, published=self.published
        )

    @property
    def length(self) -> int:
        """Tokens of a question with its answer; 0 where there are no questions."""
        return 3 * self.digits + 4 if self.digits else 0

    @property
    def answer(self) -> int:
        """Tokens of an answer, its sign among them; 0 where there are no questions.

        >>> QuestionsRecipe(digits=6).length, QuestionsRecipe(digits=6).answer
        (22, 8)
        """
        return self.digits + 2 if self.digits else 0


def with_what_questions_say(table: Mapping[str, object]) -> Mapping[str, object]:
    """Return a recipe's tables with the fields of the model that follow from its questions, unless they are given.

    >>> with_what_questions_say({"questions": {"digits": 6}, "model": {"layers": 2}})["model"]
    {'context': 22, 'value_periods': [], 'layers': 2}
    """
    questions, model = table.get("questions"), table.get("model", {})
    if not (isinstance(questions, Mapping) and isinstance(model, Mapping)):
        return table
    digits = questions.get("digits")
    if not isinstance(digits, int) or not 0 < digits <= MAX_DIGITS:
        return table
    known = {"context": QuestionsRecipe(digits=digits).length, "value_periods": []}
    return {**table, "model": {**known, **model}}


def require_questions(recipe: "Recipe") -> None:
    """Refuse a recipe of questions in which something only makes sense for integer sequences.

    Raises:
        ValueError: It is one; the message names the field.
    """
    model, loss, length = recipe.model, recipe.loss, recipe.questions.length
    if model.context not in (length - 1, length):
        right = (
            f"{length}, the tokens of a question of {recipe.questions.digits} digits with its answer, as the published "
            f"models have it; or {length - 1}, as the last one is never read"
        )
        fail("model.context", model.context, right)
    if model.attention != "causal":
        fail("model.attention", model.attention, "'causal' for questions: an answer's digits must not be seen")
    try:
        require_fit(model, QUANTAMATHS_VOCABULARY)
    except ValueError as error:
        raise ValueError(f"model: {error}") from None
    if loss.kind != "cross-entropy":
        fail("loss.kind", loss.kind, "'cross-entropy' for questions: symbols have no distance")
    if loss.labels != "drawn":
        fail("loss.labels", loss.labels, "'drawn' for questions, whose answers are certain")
    if loss.targets != "prefixes":
        fail("loss.targets", loss.targets, "'prefixes' for questions: every token of the answer is learned")
    _require_default(recipe, "data", but="batch")
    _require_default(recipe, "curriculum")


def _require_default(recipe: "Recipe", section: str, but: str = "") -> None:
    """Refuse fields that would do nothing."""
    given = getattr(recipe, section)
    for field in fields(given):
        value = getattr(given, field.name)
        if field.name != but and value != getattr(type(given)(), field.name):
            fail(f"{section}.{field.name}", value, "left out for questions: it describes sequences of integers")
