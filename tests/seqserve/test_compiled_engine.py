"""The compiled engine: the torch engine's tokens, and the same bits whatever the batch, strategy and threads."""

import re
import subprocess
import sys
import threading
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models
from running_traffic import assert_answered_as_if_alone, play, sequences_of, traffic

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, save_checkpoint
from seqmodel.checkpoint import content_of
from seqserve import Predictor, compiled_engine
from seqserve.compiled_engine import CompiledEngine
from seqserve.slotted_engine import numbered
from seqserve.torch_engine import TorchEngine

NEAR_TIE = 1e-4


def runnable():
    return models(attention="causal", head="classes")


def engine_of(model, **options):
    return CompiledEngine(content_of(model, {}), **options)


def lead(model, sequence):
    """Return how far the best logit lies above the second after a sequence."""
    tokens = torch.from_numpy(numbered(model.vocabulary).encode(sequence))
    if not model.config.slides:
        tokens = tokens[-model.config.context :]
    with torch.inference_mode():
        logits = model(tokens[None])[0, -1]
    best = logits.topk(2).values
    return float(best[0] - best[1])


@settings(max_examples=40)
@pytest.fixture(scope="module", autouse=True)
def threads_for_little():
    """Let threads share batches that are not worth it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_engine, "_WORTH_A_THREAD", 1)
        patch.setattr(compiled_engine, "_PART", 3)
        yield


@given(st.data())
def test_its_tokens_are_the_torch_engines(data):
    model = data.draw(runnable())
    sequences = data.draw(sequences_of(model))
    steps = data.draw(st.integers(1, 30))
    found = engine_of(model).decode(sequences, steps, "cached")
    for sequence, ours, theirs in zip(
        sequences, found, TorchEngine(model).decode(sequences, steps, "cached"), strict=True
    ):
        outcomes = [[*answer.terms, *([None] if answer.ended else [])] for answer in (ours, theirs)]
        for place, (own, other) in enumerate(zip(*outcomes, strict=False)):
            if own != other:
                assert lead(model, [*sequence, *theirs.terms[:place]]) <= NEAR_TIE
                break
            assert ours.probabilities[place] == pytest.approx(theirs.probabilities[place], rel=1e-4)


@given(st.data())
def test_its_bits_depend_on_nothing_but_the_sequence(data):
    model = data.draw(runnable())
    sequences = data.draw(sequences_of(model))
    steps = data.draw(st.integers(1, 20))
    engine = engine_of(model, threads=2)
    expected = [engine.decode([sequence], steps, "cached")[0] for sequence in sequences]
    for strategy in ("cached", "naive", "parallel"):
        assert engine.decode(sequences, steps, strategy) == expected
    order = data.draw(st.permutations(range(len(sequences))))
    shuffled = engine.decode([sequences[number] for number in order], steps, "cached")
    assert shuffled == [expected[number] for number in order]


@settings(max_examples=40)
@given(st.data())
def test_whoever_joins_is_answered_as_if_alone(data):
    model = data.draw(runnable())
    engine = engine_of(model)
    joined = play(engine.open(4), *data.draw(traffic(model)), top=3)
    assert_answered_as_if_alone(engine, joined)
    for _, predictions in joined:
        for prediction in predictions:
            assert prediction.top[0] == (prediction.term, prediction.probability)
            assert len(prediction.top) == min(3, model.vocabulary.outputs)


def random_model(*, end=True, **options):
    config = ModelConfig(context=8, d_model=16, layers=2, heads=2, zero_output_projections=False, **options)
    return Transformer(config, IntegerVocabulary(low=-3, high=60, end=end), seed=1).eval()


@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_more_sequences_than_one_call_holds(positions):
    model = random_model(positions=positions)
    draw = torch.Generator().manual_seed(1)
    lengths = torch.randint(1, 100, (150,), generator=draw).tolist()
    sequences = [torch.randint(-3, 61, (length,), generator=draw).tolist() for length in lengths]
    engine = engine_of(model, threads=3)
    answers = engine.decode(sequences, 12, "cached")
    for number in (0, 63, 64, 127, 128, 149):
        assert answers[number] == engine.decode([sequences[number]], 12, "cached")[0]
    batch = engine.open(150)
    slots = [batch.join(sequence) for sequence in sequences]
    first = batch.step(slots)
    assert [prediction.term for prediction in first] == [
        answer.terms[0] if answer.terms else None for answer in answers
    ]


def test_rotary_positions_go_on_for_ever():
    engine = engine_of(random_model(positions="rotary", end=False))
    sequence = [n * n % 60 for n in range(1000)]
    (whole,) = engine.decode([sequence], 200, "cached")
    assert engine.decode([[*sequence, *whole.terms[:77]]], 5, "cached")[0].terms == whole.terms[77:82]


def test_a_class_of_minus_infinity_is_never_chosen():
    model = random_model()
    with torch.no_grad():
        model.output.bias[5:] = -torch.inf
    (answer,) = engine_of(model).decode([[1, 2, 3]], 20, "cached")
    assert set(answer.terms) <= set(range(-3, 2))
    batch = engine_of(model).open(1)
    (prediction,) = batch.step([batch.join([1, 2, 3])], top=65)
    assert sum(share for _, share in prediction.top[:5]) == pytest.approx(1)
    assert {share for _, share in prediction.top[5:]} == {0.0}


@pytest.mark.parametrize(
    ("options", "vocabulary", "reason"),
    [
        ({"attention": "full"}, IntegerVocabulary(), "attention 'full' has no past that could be kept"),
        ({"head": "regression"}, IntegerVocabulary(end=False), "head 'regression' predicts a number and no classes"),
    ],
)
def test_what_it_cannot_run_is_left_to_torch(tmp_path, options, vocabulary, reason):
    model = Transformer(ModelConfig(d_model=16, layers=1, heads=2, **options), vocabulary)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, model, provenance={})
    assert isinstance(Predictor.load(path).engine, TorchEngine)
    with pytest.raises(ValueError, match=re.escape(f"the compiled engine cannot run this model: {reason}")):
        Predictor.load(path, engine="compiled")


def test_an_engine_is_chosen_by_name(checkpoint):
    assert isinstance(Predictor.load(checkpoint).engine, CompiledEngine)
    assert isinstance(Predictor.load(checkpoint, engine="torch").engine, TorchEngine)
    with pytest.raises(ValueError, match="engine: expected one of 'auto', 'compiled', 'torch', got 'gpu'"):
        Predictor.load(checkpoint, engine="gpu")
    with pytest.raises(ValueError, match="threads: expected at least 1, got -1"):
        Predictor.load(checkpoint, engine="compiled", threads=-1)


def test_it_needs_no_torch(checkpoint):
    program = (
        "import sys; from seqserve import Predictor; import seqserve.compiled_engine;"
        f"answer, = Predictor.load({checkpoint!r}).predict([[2, 4, 6, 8]], 3);"
        "print(len(answer.probabilities), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "False"]


def test_the_command_needs_no_torch(checkpoint):
    program = (
        "import sys; from seqserve.cli import main;"
        f"main(['predict', '2', '4', '6', '8', '--model', {checkpoint!r}]); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(("rows", "shared"), [(1, False), (40, False), (4000, True)])
def test_threads_share_only_what_is_worth_it(monkeypatch, rows, shared):
    monkeypatch.setattr(compiled_engine, "_WORTH_A_THREAD", 1 << 24)
    engine = engine_of(random_model(), threads=2)
    taken = []
    submit = engine._pool.submit
    monkeypatch.setattr(engine._pool, "submit", lambda work: taken.append(work) or submit(work))
    assert len(engine.decode([[1, 2, 3]] * rows, 2, "cached")) == rows
    assert len(taken) == shared


def test_an_error_in_another_thread_is_raised(monkeypatch):
    engine = engine_of(random_model(), threads=2)
    own = threading.get_ident()
    read = engine._read_part

    def fails_elsewhere(tokens, lengths, steps):
        if threading.get_ident() != own:
            raise MemoryError("no memory left")
        time.sleep(0.01)  # the other one gets a part
        return read(tokens, lengths, steps)

    monkeypatch.setattr(engine, "_read_part", fails_elsewhere)
    with pytest.raises(MemoryError):
        engine.decode([[1]] * 100, 1, "cached")
