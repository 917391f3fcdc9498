"""Anything with the right methods is an engine, or a predictor; nothing needs to inherit."""

import json

from seqserve import Continuation, Engine, Predictor, PredictorLike, Prompt
from seqserve.asked import Asked
from seqserve.predict_answers import writer_of
from seqserve.predict_command import answer


class Repeating:
    """An engine that repeats the last term."""

    low, high = 0, 9

    def decode(self, sequences, steps, strategy):
        return [Continuation(terms=(s[-1],) * steps, probabilities=(1.0,) * steps) for s in sequences]


class Silent:
    """A predictor that expects every sequence to end."""

    def predict(self, sequences, steps=1, *, strategy="cached"):
        return [Continuation(terms=(), probabilities=(1.0,), ended=True) for _ in sequences]


def test_a_predictor_runs_on_any_engine():
    engine: Engine = Repeating()
    assert [answer.terms for answer in Predictor(engine).predict([[3], [1, 2]], 2)] == [(3, 3), (2, 2)]


def test_the_command_runs_on_any_predictor():
    predictor: PredictorLike = Silent()
    batches = [[Prompt(terms=(1,)), Prompt(terms=(2,))], [Prompt(terms=(3,))]]
    advances: list[int] = []
    said: list[str] = []
    answer(writer_of(predictor, Asked(steps=4, as_json=True)), batches, show=said.append, done=advances.append)
    answers = [json.loads(line) for line in "".join(said).splitlines()]
    assert [given["sequence"] for given in answers] == [[1], [2], [3]]
    assert all(given["ended"] for given in answers)
    assert advances == [2, 1]


def test_a_table_in_several_batches_has_one_header():
    batches = [[Prompt(terms=(1,))], [Prompt(terms=(3,))]]
    said: list[str] = []
    answer(writer_of(Silent(), Asked()), batches, show=said.append, done=id)
    assert "".join(said).count("sequence") == 1
