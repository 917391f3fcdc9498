"""Each term of a sequence but the first is asked for exactly once, after as many others as can be."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import IntegerVocabulary
from seqtrain.sequence_reading import ReadSequence
from seqtrain.windows import Cut, windows_of

DIGITS = IntegerVocabulary(low=-4, high=5)
OVERFLOWS = ("truncate", "reject", "wrap", "saturate")


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=5),
    st.integers(1, 9),
)
def test_every_target_is_asked_for_once_after_all_the_terms_that_fit(sequences, context):
    lengths, ended = (np.array(column) for column in zip(*sequences, strict=True))
    asked = []
    for sequence, start, length, skipped in zip(*windows_of(lengths, ended, context), strict=True):
        assert 1 <= length <= context + 1
        assert start + length <= lengths[sequence]
        for seen in range(1 + skipped, context + 1):
            is_end = seen == length and ended[sequence]
            if seen < length or is_end:
                assert not is_end or start + length == lengths[sequence]
                asked.append((sequence, start + seen, is_end))
        full = min(context, lengths[sequence] - 1 + ended[sequence])
        assert length - (not (ended[sequence] and length <= context)) == full, "as many terms as there are"
    expected = [(i, k, False) for i, (length, _) in enumerate(sequences) for k in range(1, length)]
    expected += [(i, length, True) for i, (length, ends) in enumerate(sequences) if ends]
    assert sorted(asked) == sorted(expected)


@given(st.lists(st.integers(-30, 30) | st.integers(-(2**80), 2**80)), st.booleans(), st.sampled_from(OVERFLOWS))
def test_terms_outside_the_vocabulary_are_dealt_with_as_seqgen_does(terms, ended, overflow):
    cut = Cut(vocabulary=DIGITS, context=3, overflow=overflow)
    found = cut.fitted(ReadSequence(terms, ended))
    inside = [-4 <= term <= 5 for term in terms]
    if all(inside):
        assert found == (ReadSequence(terms, ended) if terms else None)
    elif overflow == "wrap":
        assert found == ReadSequence([(term + 4) % 10 - 4 for term in terms], ended)
    elif overflow == "saturate":
        assert found == ReadSequence([sorted((-4, term, 5))[1] for term in terms], ended)
    elif overflow == "truncate" and inside[0]:
        assert found == ReadSequence(terms[: inside.index(False)], ended=True)
    else:
        assert found is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 1.0])
def test_the_parts_have_all_hashes_between_them(share):
    ranges = sorted(Cut(vocabulary=DIGITS, context=3, held_out=share).limits().values())
    assert [ranges[0][0], ranges[-1][1]] == [0, 2**64]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(ranges))
    limits = Cut(vocabulary=DIGITS, context=3, held_out=share).limits()
    held = limits["evaluation"][1] - limits["validation"][0]
    assert held == int(2**64 * Fraction(str(share)))
