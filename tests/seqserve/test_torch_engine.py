"""A prediction is the model's own naive decoding of the sequence alone, whatever is asked beside it."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, load_checkpoint
from seqserve import Continuation, Predictor
from seqserve.torch_engine import TorchEngine


def random_model(seed: int, *, end: bool) -> Transformer:
    """Return a model without training; where it knows END, it is drawn to it."""
    config = ModelConfig(context=6, d_model=8, layers=2, heads=2, zero_output_projections=False)
    vocabulary = IntegerVocabulary(low=-3, high=12, end=end)
    model = Transformer(config, vocabulary, seed=seed).eval()
    if end:
        with torch.no_grad():
            model.output.bias[vocabulary.end_token] += 0.5
    return model


MODELS = [random_model(seed, end=end) for end in (True, False) for seed in range(4)]

sequences = st.lists(st.lists(st.integers(-3, 12), min_size=1, max_size=14), min_size=1, max_size=9)


def decode_alone(model: Transformer, sequence: list[int], steps: int) -> Continuation:
    """Decode one sequence as plainly as it can be done: the last terms in, the likeliest next one out."""
    terms: list[int] = []
    probabilities: list[float] = []
    for _ in range(steps):
        window = [*sequence, *terms][-model.config.context :]
        tokens = torch.from_numpy(model.vocabulary.encode(window))
        with torch.inference_mode():
            distribution = model(tokens[None])[0, -1].softmax(dim=-1)
        best = int(distribution.argmax())
        probabilities.append(float(distribution[best]))
        if best == model.vocabulary.end_token:
            return Continuation(terms=tuple(terms), probabilities=tuple(probabilities), ended=True)
        terms.extend(model.vocabulary.decode([best]))
    return Continuation(terms=tuple(terms), probabilities=tuple(probabilities))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(MODELS),
    sequences,
    st.integers(1, 10),
    st.sampled_from(["cached", "naive", "parallel"]),
    st.integers(1, 9),
)
def test_an_answer_is_the_naive_decoding_of_its_sequence_alone(model, sequences, steps, strategy, batch_size):
    predictor = Predictor(TorchEngine(model), batch_size=batch_size)
    answers = predictor.predict(sequences, steps, strategy=strategy)
    for sequence, answer in zip(sequences, answers, strict=True):
        assert answer == decode_alone(model, sequence, steps)


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(MODELS), sequences, st.randoms())
def test_the_order_of_the_sequences_changes_only_the_order_of_the_answers(model, sequences, random):
    predictor = Predictor(TorchEngine(model))
    order = random.sample(range(len(sequences)), len(sequences))
    answers = predictor.predict(sequences, 5)
    shuffled = predictor.predict([sequences[number] for number in order], 5)
    for number, answer in zip(order, shuffled, strict=True):
        assert answer == answers[number]


def test_these_models_end_at_once_or_later_or_never():
    prompts = [[first] for first in range(-3, 13)]
    answers = [answer for model in MODELS for answer in Predictor(TorchEngine(model)).predict(prompts, 10)]
    lengths = {len(answer.terms) for answer in answers if answer.ended}
    assert {0, 1} < lengths
    assert not all(answer.ended for answer in answers)


def test_a_loaded_checkpoint_answers_as_its_model_does(checkpoint):
    model = load_checkpoint(checkpoint).model
    (answer,) = Predictor.load(checkpoint, engine="torch").predict([[2, 4, 6, 8]], 12)
    assert answer == decode_alone(model, [2, 4, 6, 8], 12)


def test_a_model_with_full_attention_answers_with_the_default_strategy():
    config = ModelConfig(context=6, d_model=8, layers=1, heads=2, attention="full", zero_output_projections=False)
    predictor = Predictor(TorchEngine(Transformer(config, IntegerVocabulary(low=-3, high=12, end=False)).eval()))
    assert predictor.predict([[1, 2]], 3) == predictor.predict([[1, 2]], 3, strategy="naive")
