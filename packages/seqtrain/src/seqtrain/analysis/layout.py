"""Where the digits of a question and of its answer stand."""

from dataclasses import dataclass
from typing import Self

from seqmodel import QUANTAMATHS_VOCABULARY, ModelConfig
from seqmodel.vocabularies import Vocabulary


@dataclass(frozen=True)
class Layout:
    """Say which position holds what, for questions of so many digits.

    Digits are counted from 0, the lowest. Those of the answer go up to `digits`, where a carry comes out, and
    `digits + 1` stands for the answer's sign, as in the published tags.

    >>> layout = Layout(6)
    >>> layout.length, layout.equals, layout.answer(layout.sign), layout.written_at(0)
    (22, 13, 14, 20)
    >>> [layout.name(position) for position in (0, 6, 12, 13, 14, 15, 21)]
    ['D5', '±', "D'0", '=', 'sign', 'A6', 'A0']
    """

    digits: int

    @classmethod
    def of(cls, config: ModelConfig, vocabulary: Vocabulary) -> Self:
        """Return the layout of the questions that a model was made for.

        Raises:
            ValueError: It was made for something else.
        """
        if vocabulary != QUANTAMATHS_VOCABULARY:
            raise ValueError(
                "the analysis is of models that answer questions of addition and subtraction, whose symbols are "
                f"{QUANTAMATHS_VOCABULARY.symbols!r}; this model reads {vocabulary}"
            )
        if config.slides or config.attention != "causal" or config.head != "classes":
            raise ValueError(
                "the analysis needs causal attention, absolute positions and classes, got "
                f"attention={config.attention!r}, positions={config.positions!r}, head={config.head!r}"
            )
        digits, rest = divmod(config.context - 4, 3)
        if rest or digits < 1:
            raise ValueError(
                f"context {config.context} is no question with its answer: questions of n digits take 3 n + 4 tokens"
            )
        return cls(digits)

    @property
    def length(self) -> int:
        """How many tokens a question with its answer has."""
        return 3 * self.digits + 4

    @property
    def sign(self) -> int:
        """By which number the answer's sign is called among its digits."""
        return self.digits + 1

    @property
    def targets(self) -> range:
        """All that is answered: the digits from the lowest on, then the sign."""
        return range(self.digits + 2)

    @property
    def operation(self) -> int:
        """The position of + or -."""
        return self.digits

    @property
    def equals(self) -> int:
        """The position of =, from where the sign is predicted."""
        return 2 * self.digits + 1

    def first(self, digit: int) -> int:
        """Return the position of a digit of the first number."""
        return self.digits - 1 - digit

    def second(self, digit: int) -> int:
        """Return the position of a digit of the second number."""
        return 2 * self.digits - digit

    def answer(self, target: int) -> int:
        """Return the position of a digit of the answer, or of its sign."""
        return 3 * self.digits + 3 - target

    def written_at(self, target: int) -> int:
        """Return the position from which a digit of the answer, or its sign, is predicted: the one before it."""
        return self.answer(target) - 1

    def column(self, target: int) -> int:
        """Return where a target stands in a row of `Questions.answers`, whose first token is the sign."""
        return self.digits + 1 - target

    def written_from(self, position: int) -> range:
        """Return the targets that are predicted at this position or behind it, the lowest first."""
        return range(min(self.digits + 2, max(0, self.written_at(0) - position + 1)))

    def name(self, position: int) -> str:
        """Return what stands at a position: D5 of the first number, D'5 of the second, A5 of the answer."""
        if position < self.operation:
            return f"D{self.first(position)}"
        if position == self.operation:
            return "±"
        if position < self.equals:
            return f"D'{self.second(0) - position}"
        if position == self.equals:
            return "="
        target = self.answer(0) - position
        return "sign" if target == self.sign else f"A{target}"
