"""The failures of a model that answers questions, as plain tables."""

from collections.abc import Iterator

from seqgen.arithmetic import OneOperation, possible_patterns
from seqtrain.failure_sets import CLASSES, KNOWN
from seqtrain.failures import Count, Failures
from seqtrain.failures_found import FailuresFound
from seqtrain.table import plain_table

_NOTE = """\
Failures per million questions with Clopper and Pearson's 95 % interval; an answer is wrong if any symbol of it is."""
_COUNTS = ("questions", "failures", "per million", "interval")
_KINDS = {"S": "carries", "M": "borrows, answer at least 0", "N": "borrows, answer negative"}
_EXAMPLES = 2
"""Wrong answers that are shown of each set."""


def failures_report(found: FailuresFound) -> str:
    """Return the failures by set, class of difficulty, pattern and place in the answer."""
    sections = [
        f"{found.questions:,} questions of {found.digits} digits, answered by greedy decoding",
        f"{plain_table(('', *_COUNTS), list(_sets(found)))}\n{_NOTE}",
    ]
    if classes := found.classes():
        rows = [[name, *_cells(count)] for name, count in classes.items()]
        sections.append(plain_table(("class", *_COUNTS), rows))
    if patterns := list(_patterns(found)):
        header = ("pattern of", "possible", "tried", "fewest times", "with failures", "failures", "worst")
        sections.append(plain_table(header, patterns))
    sections.append(plain_table(("place", "wrong"), list(_places(found))))
    if known := list(_known(found)):
        sections.append(plain_table(("known hard", "answered"), known))
    wrong = [each for failures, sort in _pairs(found) if sort != KNOWN for each in failures.wrong[:_EXAMPLES]]
    if wrong:
        rows = [[each.text, each.answer] for each in wrong]
        sections.append(plain_table(("some wrong answers", "answered"), rows))
    return "\n\n".join(sections)


def _sets(found: FailuresFound) -> Iterator[list[str]]:
    told = set()
    for failures, sort in _pairs(found):
        whole = found.of_sorts(sort) if sort in (CLASSES, KNOWN) else failures
        if whole is not None and whole.name not in told:
            told.add(whole.name)
            yield [whole.name, *_cells(whole.overall)]


def _patterns(found: FailuresFound) -> Iterator[list[str]]:
    for kind, counts in found.patterns().items():
        operation: OneOperation = "add" if kind == "S" else "sub"
        possible = len(possible_patterns(found.digits, operation))
        tried = [count.questions for count in counts.values()]
        failed = {pattern: count for pattern, count in counts.items() if count.failures}
        worst = "–"
        if failed:
            pattern = max(failed, key=lambda pattern: (failed[pattern].per_million, -pattern))
            worst = f"{pattern:0{found.digits}b}: {failed[pattern].failures:,} of {failed[pattern].questions:,}"
        yield [
            _KINDS[kind],
            f"{possible:,}",
            f"{len(counts):,}",
            f"{min(tried) if len(counts) == possible else 0:,}",
            f"{len(failed):,}",
            f"{sum(count.failures for count in failed.values()):,}",
            worst,
        ]


def _places(found: FailuresFound) -> Iterator[list[str]]:
    for place in range(found.digits + 2):
        wrong = sum(int(failures.places[place]) for failures in found.sets)
        yield ["sign" if place == 0 else f"A{found.digits + 1 - place}", f"{wrong:,}"]


def _known(found: FailuresFound) -> Iterator[list[str]]:
    for failures, sort in _pairs(found):
        if sort == KNOWN:
            yield [failures.name, failures.wrong[0].answer if failures.wrong else "right"]


def _pairs(found: FailuresFound) -> list[tuple[Failures, str]]:
    return list(zip(found.sets, found.sorts, strict=True))


def _cells(count: Count) -> list[str]:
    low, high = count.interval
    return [f"{count.questions:,}", f"{count.failures:,}", _rate(count.per_million), f"{_rate(low)} to {_rate(high)}"]


def _rate(per_million: float) -> str:
    return f"{per_million:,.0f}" if per_million >= 100 else f"{per_million:.1f}"
