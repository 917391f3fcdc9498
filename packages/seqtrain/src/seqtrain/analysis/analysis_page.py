"""The page about what a model's nodes do."""

from collections.abc import Iterator, Sequence

from seqtrain.analysis.algorithm import FOUND, Verdict
from seqtrain.analysis.algorithm_report import KIND_NAMES, ROW_NAMES, algorithm_rows, target_name
from seqtrain.analysis.findings import CLEAR, WEAK, Finding
from seqtrain.analysis.node_file import TaggedNode
from seqtrain.analysis.result import Analysis
from seqtrain.analysis.tags import AMBIGUOUS_FROM
from seqtrain.page import Cell, folded, heading, page, paragraph, pictures, table, tiles
from seqtrain.pictures import Picture
from seqtrain.shown import percent


def analysis_page(analysis: Analysis, tested: Sequence[Verdict], drawn: Sequence[Picture], name: str) -> str:
    """Return the page.

    Args:
        analysis: What was found.
        tested: The verdicts about the whole algorithm.
        drawn: The map, and the training loss where it is known.
        name: Of the model.
    """
    body = [
        heading(f"What the nodes of {name} do", 1),
        paragraph(_what(analysis)),
        tiles(_tiles(analysis, tested)),
        pictures(drawn[:1]),
        *_algorithm(analysis, tested),
        *_sub_tasks(analysis),
        heading("Every node that matters"),
        folded(f"{len(analysis.nodes)} nodes with their tags", _nodes(analysis.nodes)),
        *(() if len(drawn) < 2 else (heading("How it was trained"), pictures(drawn[1:]))),
        heading("How this is counted"),
        *map(paragraph, _counting(analysis)),
    ]
    return page(f"seqtrain: nodes of {name}", body)


def _what(analysis: Analysis) -> str:
    kinds = ", ".join(f"{KIND_NAMES[kind]} {percent(share)}" for kind, share in analysis.accuracies.items())
    said = (
        f"A model of {analysis.layers} layers with {analysis.heads} heads each that adds or subtracts numbers of "
        f"{analysis.layout.digits} digits. Of varied questions, hard ones as often as easy ones, it answers: {kinds}."
    )
    left_out = [KIND_NAMES[kind] for kind in "SMN" if kind not in analysis.kinds]
    return f"{said} {'; '.join(left_out).capitalize()}: not analysed, since most are wrong." if left_out else said


def _tiles(analysis: Analysis, tested: Sequence[Verdict]) -> Iterator[tuple[str, str]]:
    heads = {head for found in analysis.findings if found.clear for head in found.heads}
    yield f"{len(analysis.failures)}", "nodes without which something fails"
    yield f"{len(heads)}", "heads with a sub-task shown by patching"
    if tested:
        met = sum(verdict.status == FOUND for verdict in tested)
        yield f"{met} of {len(tested)}", "requirements of the algorithm met"


def _algorithm(analysis: Analysis, tested: Sequence[Verdict]) -> Iterator[str]:
    yield heading("The whole algorithm")
    if not tested:
        yield paragraph("There is nothing to test: the model answers no kind of questions.")
        return
    yield paragraph(
        "The published algorithm as a hypothesis: each digit is the sum or difference of its own column, changed by "
        "what is carried or borrowed into it, on which every lower column has a say before the digit is written. For "
        "each digit: how many of these requirements are met by heads that were shown to do that for this very digit."
    )
    kinds = list(dict.fromkeys(verdict.requirement.kind for verdict in tested))
    targets = list(reversed(analysis.layout.targets))
    rows = [
        [target_name(target, analysis.layout.digits), *(_met(tested, kind, target) for kind in kinds)]
        for target in targets
    ]
    header = ["digit of the answer", *(KIND_NAMES[kind] for kind in kinds)]
    yield table(header, rows, name="algorithm", caption="Requirements met, of those there are.")
    lacking = [
        row
        for row, verdict in zip(algorithm_rows(tested, analysis.layout.digits), tested, strict=True)
        if verdict.status != FOUND
    ]
    if lacking:
        yield folded(f"{len(lacking)} requirements that are not met", table(ROW_NAMES, _texts(lacking), name="lacking"))
    every = algorithm_rows(tested, analysis.layout.digits)
    yield folded("All requirements, and where they are met", table(ROW_NAMES, _texts(every), name="requirements"))


def _met(tested: Sequence[Verdict], kind: str, target: int) -> str | Cell:
    of = [v for v in tested if v.requirement.kind == kind and v.requirement.target == target]
    if not of:
        return ""
    met = sum(verdict.status == FOUND for verdict in of)
    text = f"{met} of {len(of)}"
    return Cell(text=text, kind="best") if met == len(of) else text


def _texts(rows: Sequence[Sequence[str]]) -> list[list[str | Cell]]:
    return [[row[0], *(Cell(text=cell, kind="text") for cell in row[1:])] for row in rows]


def _sub_tasks(analysis: Analysis) -> Iterator[str]:
    yield heading("Sub-tasks found")
    if not analysis.findings:
        yield paragraph("None.")
        return
    header = ["sub-task", "for", "heads", "as expected", "pairs"]
    digits = analysis.layout.digits
    clear = [found for found in analysis.findings if found.clear]
    weak = [found for found in analysis.findings if not found.clear]
    rows = [_row(found, digits) for found in clear]
    caption = f"In at least {percent(CLEAR, 0)} of the pairs of questions exactly the expected digits changed."
    yield table(header, rows, name="sub-tasks", caption=caption)
    if weak:
        shown = table(header, [_row(found, digits) for found in weak], name="weak")
        yield folded(f"{len(weak)} found weakly, in {percent(WEAK, 0)} to {percent(CLEAR, 0)} of the pairs", shown)


def _row(found: Finding, digits: int) -> list[str | Cell]:
    task = found.task if found.digit is None else f"A{found.digit}.{found.task}"
    heads = Cell(text=" + ".join(map(str, found.heads)), kind="text")
    return [task, target_name(found.target, digits), heads, percent(found.share, 0), f"{found.pairs}"]


def _nodes(nodes: Sequence[TaggedNode]) -> str:
    rows: list[list[str | Cell]] = [
        [str(tagged.node), Cell(text=", ".join(tagged.tags), kind="formula")] for tagged in nodes
    ]
    return table(["node", "tags"], rows, name="nodes")


def _counting(analysis: Analysis) -> Iterator[str]:
    yield (
        f"Ablation: on {len(analysis.questions)} questions, from each difficulty class in turn, a node is replaced by "
        "its mean over them, in its own layer and at its own position. A question fails if it was answered rightly "
        "before. Each digit is asked for after the right ones before it."
    )
    yield (
        "Patching: what heads read on one question is put in its place on another. It counts if the digit that the "
        "sub-task decides takes the expected value and nothing else changes, except to what the same sub-task makes "
        "of it. Where no head of a position does it alone, sets of them are tried, and in the end sets of heads of "
        "several positions."
    )
    yield (
        "Sub-tasks. SA: (D + D') mod 10; SC: D + D' of at least 10; SS: D + D' is 9; ST: less than nine, nine or more; "
        "MD: (D - D') mod 10; MB: D < D'; MT: more, equal or less; ND and NB: the same for D' - D; GT: the first "
        "unequal pair decides the sign; SGN: the sign chooses between D - D' and D' - D, or is itself decided; OPR: "
        "whether to add or subtract."
    )
    if analysis.layout.digits >= AMBIGUOUS_FROM:
        yield (
            "From nine digits on the tag Impact may be read in two ways (A10 is the digit 10, or the digits 1 and 0): "
            "analysis.json holds lists of numbers."
        )
