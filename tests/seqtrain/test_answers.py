"""Answers by greedy decoding: those of the decoder, and as many right ones as after the true symbols."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.arithmetic import Questions, QuestionStream
from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary, ModelConfig, Transformer, decode
from seqtrain import evaluate
from seqtrain.answers import answers_of
from seqtrain.fused_adam import FusedAdam
from seqtrain.model_predictor import model_predictor
from seqtrain.question_source import QuestionSource
from seqtrain.recipe import QuestionsRecipe


def model_of(digits, seed=0, **fields):
    config = ModelConfig(
        context=3 * digits + 4, d_model=8, layers=2, heads=2, value_periods=(), zero_output_projections=False
    )
    return Transformer(ModelConfig.from_dict(config.to_dict() | fields), QUANTAMATHS_VOCABULARY, seed=seed).eval()


@settings(max_examples=25)
@given(
    digits=st.integers(1, 6),
    count=st.integers(0, 12),
    at_once=st.integers(1, 13),
    seed=st.integers(0, 3),
    positions=st.sampled_from(["learned", "rotary"]),
    spare=st.booleans(),
)
def test_answers_are_those_of_the_decoder(digits, count, at_once, seed, positions, spare):
    model = model_of(digits, seed, positions=positions, context=3 * digits + 3 + spare)
    questions = QuestionStream(digits, "mix", seed).questions(5, count)
    told = []
    found = answers_of(model, questions, rows_at_once=at_once, watch=told.append)
    expected = decode(model, questions.prompts().tolist(), digits + 2)
    assert found.shape == (count, digits + 2)
    assert found.tolist() == [list(each.tokens) for each in expected]
    assert sum(told) == count
    assert all(1 <= more <= at_once for more in told)


class Adder:
    """Answer rightly whatever it reads, but for one place where `slip` of the first number is added to a digit."""

    training = False
    vocabulary = QUANTAMATHS_VOCABULARY

    def __init__(self, digits, slips):
        self.config = ModelConfig(context=3 * digits + 4)
        self.device = torch.device("cpu")
        self.digits, self.slips, self.seen = digits, slips, None

    def new_cache(self, slots):
        class Cache:
            def clear(self, _):
                pass

        cache = Cache()
        cache.slots = slots
        return cache

    def __call__(self, tokens_BT, *, cache=None, slots=None, lengths=None, last=0):
        if tokens_BT.shape[1] > 1:
            self.seen = tokens_BT.numpy()
        else:
            self.seen = np.concatenate([self.seen, tokens_BT.numpy()], axis=1)
        asked = Questions.parse(
            [QUANTAMATHS_VOCABULARY.decode(row[: 2 * self.digits + 2]) for row in self.seen.tolist()]
        )
        place = self.seen.shape[1] - 2 * self.digits - 2
        right_B = asked.answers()[:, place].astype(np.int64)
        if place == self.digits:
            right_B = np.where(asked.first_ND[:, 0] < self.slips, (right_B + 1) % 10, right_B)
        return torch.nn.functional.one_hot(torch.from_numpy(right_B), 15).float()[:, None]


def test_right_answers_are_right_and_a_slip_is_seen():
    questions = QuestionStream(3, "mix", 1).questions(0, 100)
    assert np.array_equal(answers_of(Adder(3, 0), questions, rows_at_once=100), questions.answers())
    wrong = (answers_of(Adder(3, 4), questions, rows_at_once=7) != questions.answers()).any(1)
    assert np.array_equal(wrong, questions.first_ND[:, 0] < 4)


def test_as_many_answers_are_right_as_after_the_true_symbols(trained_adder):
    source = QuestionSource(QuestionsRecipe(digits=1, operation="add"), rows=50, purpose="told", seed=0)
    questions = source.questions(0, 200)
    right = (answers_of(trained_adder, questions) == questions.answers()).all(1).mean()
    figures = evaluate(model_predictor(trained_adder), source, rows=200, terms=15).overall
    assert 0 < right < 1
    assert figures.teacher_forced == pytest.approx(right)


@pytest.fixture(scope="module")
def trained_adder():
    """A model that has half learned to add two digits."""
    model = model_of(1, d_model=16).train()
    groups = [{"params": list(model.parameters()), "weight_decay": 0.0}]
    optimiser = FusedAdam(groups, lr=0.01, betas=(0.9, 0.99), eps=1e-8, decoupled=True)
    source = QuestionSource(QuestionsRecipe(digits=1, operation="add"), rows=64, purpose="train", seed=0)
    for step in range(60):
        rows = source.batches(step, 1)
        outputs = model(torch.from_numpy(rows.inputs[0]), last=3)
        loss = torch.nn.functional.cross_entropy(
            outputs.flatten(0, 1), torch.from_numpy(rows.targets[0, :, -3:]).flatten()
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def test_a_model_that_cannot_answer_is_refused():
    questions = Questions.parse(["12+34="])
    with pytest.raises(ValueError, match=r"model is IntegerVocabulary.*; it must be one that reads the symbols"):
        answers_of(Transformer(ModelConfig(context=10, d_model=8, heads=1), IntegerVocabulary()).eval(), questions)
    with pytest.raises(ValueError, match=r"model\.context is 7; it must be at least 9 for questions of 2 digits"):
        answers_of(model_of(1), questions)
    with pytest.raises(ValueError, match="training mode"):
        answers_of(model_of(2).train(), questions)
    with pytest.raises(ValueError, match="rows_at_once is 0; it must be 1 or more"):
        answers_of(model_of(2), questions, rows_at_once=0)
