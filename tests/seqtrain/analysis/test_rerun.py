import numpy as np
import torch
from handmade_arithmetic import Handmade
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.arithmetic import Questions, QuestionStream
from seqmodel import QUANTAMATHS_VOCABULARY, Hooks, ModelConfig, Observed, Transformer
from seqtrain.analysis.rerun import Rerun

DIGITS = 3

CONFIG = ModelConfig(
    context=3 * DIGITS + 4, d_model=16, layers=2, heads=2, value_periods=(), zero_output_projections=False
)
MODEL = Transformer(CONFIG, QUANTAMATHS_VOCABULARY, seed=3).eval()
MODEL.exact = False
QUESTIONS = QuestionStream(DIGITS, "mix", 5).questions(0, 20)


def answered(model: Transformer, hooks: Hooks, questions: Questions) -> np.ndarray:
    """Return the answers of a whole pass without a cache."""
    tokens_NT = torch.from_numpy(questions.tokens().astype(np.int64))
    with torch.no_grad():
        logits_NTV = Observed(model, hooks)(tokens_NT)
    return logits_NTV[:, 2 * DIGITS + 1 : -1].argmax(-1).numpy()


PLACES = st.tuples(
    st.integers(0, 3 * DIGITS + 2), st.sampled_from(["blocks.0.heads", "blocks.1.heads", "blocks.0.hidden"])
)


@settings(max_examples=12)
@given(st.lists(PLACES, min_size=1, max_size=6))
def test_answers_are_those_of_a_whole_pass_whatever_was_asked_before(places: list[tuple[int, str]]) -> None:
    rerun = Rerun(MODEL, QUESTIONS)
    assert (rerun.answers_NA == answered(MODEL, Hooks(CONFIG), QUESTIONS)).all()
    for position, place in places:
        hooks = Hooks(CONFIG)
        hooks.replace(place, 3.0, positions=position)
        assert (rerun.answers(hooks, position) == answered(MODEL, hooks, QUESTIONS)).all()


def test_what_is_replaced_changes_answers_from_there_on() -> None:
    rerun = Rerun(MODEL, QUESTIONS)
    hooks = Hooks(CONFIG)
    hooks.replace("blocks.0.hidden", 30.0, positions=9)
    changed_NA = rerun.answers(hooks, 9) != rerun.answers_NA
    assert not changed_NA[:, :2].any()
    assert changed_NA[:, 2:].any()


def test_right_answers_are_counted() -> None:
    assert Rerun(Handmade(2).model, QuestionStream(2, "mix", 0).questions(0, 50)).right_N.all()
    assert not Rerun(MODEL, QUESTIONS).right_N.any()
