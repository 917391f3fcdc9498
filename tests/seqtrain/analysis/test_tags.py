from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtrain.analysis.tags import AMBIGUOUS_FROM, attention_tags, impact_of, impact_tag, percentages, task_of, task_tag


@given(st.integers(1, AMBIGUOUS_FROM - 1), st.data())
def test_impacts_of_few_digits_are_read_back(digits: int, data: st.DataObject) -> None:
    impact = data.draw(st.sets(st.integers(0, digits + 1), min_size=1))
    assert impact_of(impact_tag(impact), digits) == tuple(sorted(impact, reverse=True))


@pytest.mark.parametrize("digits", [9, 11])
def test_impacts_of_many_digits_are_read_back_or_known_to_be_ambiguous(digits: int) -> None:
    texts: dict[str, list[tuple[int, ...]]] = {}
    for size in range(1, 4):
        for impact in combinations(range(digits + 1, -1, -1), size):
            texts.setdefault(impact_tag(impact), []).append(impact)
    # Longer impacts that read alike are told apart from these by no reader either.
    for tag, impacts in texts.items():
        found = impact_of(tag, digits)
        assert found is None or impacts == [found]
        if len(impacts) > 1:
            assert found is None
    assert impact_of("Impact:A10", digits) is None
    assert impact_of("Impact:A2", digits) == (2,)


def test_a_tag_that_is_no_impact_has_no_reading() -> None:
    for tag in ("Impact:A12", "Impact:A9", "Impact:A3x", "Impact:A33"):
        assert impact_of(tag, digits=5) is None


@given(st.integers(0, 20), st.sampled_from(["SA", "ST", "MT", "NB", "STC"]))
def test_digits_are_told_apart_whole(digit: int, task: str) -> None:
    assert task_of(task_tag(task, digit)) == (task, digit)
    assert task_of(task_tag(task, digit, clear=False)) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_four_strongest_sources_are_told(weights: list[float]) -> None:
    total = sum(weights) or 1
    shares = [weight / total for weight in weights]
    told = percentages(attention_tags(shares))
    assert len(told) == min(4, sum(share >= 0.01 for share in shares))
    others = [share for position, share in enumerate(shares) if position not in told]
    for position, percent in told.items():
        assert percent == round(100 * shares[position])
        assert shares[position] >= max((s for s in others), default=0) - 1e-12
