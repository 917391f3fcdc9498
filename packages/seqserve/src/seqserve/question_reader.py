"""Questions for models of symbols, as people and programs write them.

A line holds one question; what follows `#` is its label. A line that starts with `"` or `{` is JSON: a text, or an
object whose "sequence" is one. Blank lines and lines with only a comment are skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seqserve.expressions import Expressions
from seqserve.line_reader import LineReader, Number, Prompt, ReadingError


@dataclass(frozen=True, kw_only=True)
class QuestionReader(LineReader):
    """Read questions that a model of symbols knows; anything else raises ReadingError.

    >>> from seqmodel import SymbolVocabulary
    >>> known = Expressions(symbols=SymbolVocabulary(symbols="0123456789+-="), digits=3)
    >>> QuestionReader(expressions=known).read_line("12+34 # forty-six", place="examples.txt:1").question.text
    '012+034='
    """

    json_begins = ('"', "{")
    expressions: Expressions

    def read_arguments(self, arguments: Sequence[str]) -> list[Prompt]:
        """Read one question in several arguments, or several questions in one argument each.

        >>> from seqmodel import SymbolVocabulary
        >>> known = Expressions(symbols=SymbolVocabulary(symbols="0123456789+-="), digits=3)
        >>> reader = QuestionReader(expressions=known)
        >>> [[one.question.text for one in reader.read_arguments(given)] for given in (["1", "+", "2"], ["1+2", "3-4"])]
        [['001+002='], ['001+002=', '003-004=']]
        """
        if self._is_question(arguments[0]) and not self._is_question(" ".join(arguments)):
            return [self.of_text(text, f"argument {number}") for number, text in enumerate(arguments, 1)]
        return super().read_arguments(arguments)

    def _is_question(self, text: str) -> bool:
        try:
            self.expressions.read(text.strip())
        except ValueError:
            return False
        return True

    def of_text(self, text: str, place: str) -> Prompt:
        """Read a question."""
        try:
            question = self.expressions.read(text.strip())
        except ValueError as error:
            raise ReadingError(f"{place}: {error}") from None
        return Prompt(terms=question.tokens, question=question)

    def of_json(self, value: object, place: str) -> Prompt:
        """Read a question that is a JSON text."""
        if isinstance(value, Number) or not isinstance(value, str):
            raise ReadingError(f'{place}: expected a text, or an object whose "sequence" is one')
        return self.of_text(value, place)
