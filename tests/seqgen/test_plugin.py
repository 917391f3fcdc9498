"""The Hypothesis plugin: other projects' tests get rules by type, and failures shrink to simple ones."""

import subprocess
import sys

import hypothesis
from hypothesis import strategies as st

from seqgen import Batch, Family, Rule, Span, phase
from seqgen.arithmetic import Questions
from seqgen.strategies import batches, families, questions, rules, spans

FRESH = """
import sys
from hypothesis import HealthCheck, given, settings, strategies as st
assert "seqgen.strategies" not in sys.modules
import seqgen
from seqgen.arithmetic import Questions

@settings(max_examples=5, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.from_type(seqgen.Rule), st.from_type(seqgen.Span), st.from_type(seqgen.Family), st.from_type(Questions))
def check(rule, span, family, questions):
    assert len(questions) >= 1
    assert rule.terms(4) == rule.terms(8)[:4]
    assert isinstance(span, seqgen.Span)
    assert len(family) >= 1

check()
print("found by type")
"""


def test_a_fresh_process_finds_strategies_through_the_entry_point() -> None:
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.returncode) == ("found by type\n", 0), done.stderr


def test_seqgen_does_not_import_hypothesis() -> None:
    program = "import sys, seqgen; assert not {'hypothesis', 'torch', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def found(strategy: st.SearchStrategy, condition: object = lambda _: True) -> object:
    settings = hypothesis.settings(database=None, derandomize=True, max_examples=500)
    return hypothesis.find(strategy, condition, settings=settings)  # type: ignore[arg-type]


def test_rules_shrink_to_the_simplest_family_and_parameters_near_zero() -> None:
    rule = found(rules())
    assert isinstance(rule, Rule)
    assert rule.family.name == "constant"
    assert set(rule.parameters.values()) == {0}


def test_a_failing_rule_shrinks_within_its_family() -> None:
    rule = found(rules(), lambda rule: rule.family.name == "arithmetic" and rule.terms(4)[-1] > 3)
    assert isinstance(rule, Rule)
    assert rule.terms(4)[-1] == 4
    assert sum(map(abs, rule.parameters.values())) <= 1 + 4


def test_families_spans_and_batches_shrink_to_small_ones() -> None:
    family = found(families())
    assert isinstance(family, Family)
    assert len(family) == 1
    span = found(spans())
    assert isinstance(span, Span)
    assert span.length == 1
    batch = found(batches(phase(1)), lambda batch: len(batch) > 0)
    assert isinstance(batch, Batch)
    assert len(batch) == 1
    assert batch.indices.tolist() == [0]


def test_questions_shrink_to_one_of_zeros() -> None:
    asked = found(questions())
    assert isinstance(asked, Questions)
    assert asked.texts() == ["0+0=+00"]


def test_long_cascades_are_drawn() -> None:
    drawn = set[str]()

    @hypothesis.settings(max_examples=2000, database=None, derandomize=True)
    @hypothesis.given(questions(digits=6))
    def collect(some: Questions) -> None:
        drawn.update(some.difficulties())

    collect()
    assert {"S2", "S3", "M2", "M3", "N2", "N3"} <= drawn
    assert {"S5", "M4+", "N4+"} & drawn
