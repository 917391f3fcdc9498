import pytest

from seqtrain.analysis.algorithm import FOUND, MISSING, PARTLY, WEAKLY, counts, digits_of, joined, kinds_of, verdicts
from seqtrain.analysis.evidence import evidence_of_findings, evidence_of_tags
from seqtrain.analysis.hypothesis import requirements
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node
from seqtrain.analysis.node_file import TaggedNode


def adder(digits: int) -> list[TaggedNode]:
    """Return nodes as the published files of adders have them: carries early, each digit's sum where it is written."""
    layout = Layout(digits)
    nodes = [TaggedNode(Node(layout.second(digit), 0, False, digit), (f"Algo:A{digit}.ST",)) for digit in range(digits)]
    for digit in range(digits):
        tags = (f"Impact:A{digit}", f"Algo:A{digit}.SA", "Math.Add:S012")
        nodes.append(TaggedNode(Node(layout.written_at(digit), 0, False, 0), tags))
    return sorted(nodes, key=lambda tagged: tagged.node)


def statuses(nodes: list[TaggedNode], digits: int) -> dict[tuple[int, str], str]:
    found = verdicts(evidence_of_tags(nodes, digits), digits, "S")
    return {(verdict.requirement.target, verdict.requirement.meaning): verdict.status for verdict in found}


@pytest.mark.parametrize("digits", [2, 5, 11])
def test_an_adder_has_the_whole_algorithm(digits: int) -> None:
    nodes = adder(digits)
    assert digits_of(nodes) == digits
    assert kinds_of(nodes) == "S"
    found = statuses(nodes, digits)
    assert set(found.values()) == {FOUND}
    assert len(found) == digits + digits * (digits + 1) // 2


@pytest.mark.parametrize("lost", range(22))
def test_what_one_node_did_is_missing_without_it(lost: int) -> None:
    nodes = adder(11)
    gone = nodes.pop(lost)
    digit = int(gone.tags[-1].removeprefix("Algo:A").split(".")[0]) if gone.tags[-1].startswith("Algo") else None
    found = statuses(nodes, 11)
    missing = {what for what, status in found.items() if status == MISSING}
    if digit is None:
        digit = int(gone.tags[0].removeprefix("Impact:A"))
        assert missing == {(digit, "D + D' of its own column")}
    else:
        # A1 is another digit than A10 and A11.
        assert missing == {(target, f"the carry out of column {digit}") for target in range(digit + 1, 12)}


def test_a_node_that_comes_too_late_or_has_no_impact_there_does_not_count() -> None:
    layout = Layout(3)
    carry = "the carry out of column 0"
    late = TaggedNode(Node(layout.written_at(2), 0, False, 1), ("Algo:A0.ST",))
    assert statuses([late], 3)[3, carry] == MISSING
    assert statuses([late], 3)[2, carry] == FOUND
    elsewhere = TaggedNode(Node(layout.equals, 0, False, 1), ("Impact:A3", "Algo:A0.ST"))
    assert statuses([elsewhere], 3)[3, carry] == FOUND
    assert statuses([elsewhere], 3)[2, carry] == MISSING


def test_parts_and_weak_signs_are_no_more_than_that() -> None:
    at = Node(Layout(3).written_at(2), 0, False, 0)
    carry = (2, "the carry out of column 1")
    assert statuses([TaggedNode(at, ("Algo:A1.SC",))], 3)[carry] == PARTLY
    assert statuses([TaggedNode(at, ("Algo:A1.SC", "Algo:A1.SS"))], 3)[carry] == FOUND
    assert statuses([TaggedNode(at, ("Algo:A1.ST.Weak",))], 3)[carry] == WEAKLY
    assert statuses([TaggedNode(at, ("Algo:A0.SC",))], 3)[2, "the carry out of column 0"] == FOUND


def test_findings_count_for_their_own_digit_alone() -> None:
    finding = {"task": "ST", "digit": 0, "target": 2, "heads": ["P7L0H1", "P7L0H3"], "share": 1.0}
    found = verdicts(evidence_of_findings([finding, finding | {"target": 3, "share": 0.8}]), 3, "S")
    status = {v.requirement.target: v for v in found if v.requirement.meaning == "the carry out of column 0"}
    assert (status[1].status, status[2].status, status[3].status) == (MISSING, FOUND, WEAKLY)
    assert list(map(str, status[2].nodes)) == ["P7L0H1", "P7L0H3"]


def test_a_mixed_model_needs_all_of_it() -> None:
    needed = {(r.kind, task) for r in requirements(4, "SMN") for way in r.ways for task, _ in way}
    assert needed == {
        *(("S", task) for task in ("SA", "ST", "SC", "SS")),
        *(("M", task) for task in ("MD", "MT", "MB")),
        *(("N", task) for task in ("ND", "NB")),
        ("sign", "GT"),
        ("sign", "SGN"),
        ("mix", "OPR"),
    }
    assert {r.target for r in requirements(4, "SMN") if r.kind == "mix"} == set(range(6))
    # Nothing is borrowed into A_n; a model of one operation needs not know which.
    assert all(r.target < 4 for r in requirements(4, "MN") if "borrow" in r.meaning)
    assert not any(r.kind == "mix" for r in requirements(4, "MN"))


def test_tags_of_both_files_are_joined_once() -> None:
    node = Node(9, 0, False, 1)
    both = joined([TaggedNode(node, ("Fail%:3", "Algo:A0.SA"))], [TaggedNode(node, ("Algo:A0.SA", "Algo:A1.ST"))])
    assert both == [TaggedNode(node, ("Fail%:3", "Algo:A0.SA", "Algo:A1.ST"))]


def test_the_number_of_digits_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="last node is at position 18"):
        digits_of([TaggedNode(Node(18, 0, False, 0), ())])
    with pytest.raises(ValueError, match="give --digits"):
        digits_of([])


def test_counts_are_of_every_status() -> None:
    found = verdicts(evidence_of_tags(adder(3)[1:], 3), 3, "S")
    assert sum(counts(found).values()) == len(found)
    assert set(counts(found)) == {FOUND, PARTLY, WEAKLY, MISSING}
