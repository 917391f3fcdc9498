"""Hypothesis strategies for small transformers of every kind."""

import torch
from hypothesis import strategies as st

from seqmodel import IntegerVocabulary, ModelConfig, SymbolVocabulary, Transformer

POSITIONS = ("learned", "tuple", "rotary")
LETTERS = "0123456789+-=*\\abcdefghijklm"


@st.composite
def integer_vocabularies(draw):
    low = draw(st.integers(-20, 20))
    return IntegerVocabulary(low=low, high=low + draw(st.integers(1, 40)), end=draw(st.booleans()))


def symbol_vocabularies():
    texts = st.lists(st.sampled_from(LETTERS), min_size=1, unique=True).map("".join)
    return texts.map(lambda symbols: SymbolVocabulary(symbols=symbols))


def vocabularies():
    """Return a strategy for vocabularies, three of four of integers: these have more options."""
    return st.integers(0, 3).flatmap(lambda kind: integer_vocabularies() if kind else symbol_vocabularies())


def sizes(step):
    return st.integers(1, 24 // step).map(lambda count: step * count)


@st.composite
def architectures(draw, *, exact=False, **fixed):
    """Draw a configuration and a vocabulary it fits.

    Of embedding, positions, attention and head each may be fixed. With `exact` only those are drawn
    whose logits are exact on a CPU: widths are multiples of 4.
    """
    vocabulary = draw(vocabularies())
    numbers = isinstance(vocabulary, IntegerVocabulary)
    every = ("learned", "frequency", "number-theoretic", "binary", "tuple")
    heads = ("classes", "regression") if numbers and not vocabulary.end else ("classes",)
    chosen = {
        "embedding": draw(st.sampled_from(every if numbers else ("learned", "binary"))),
        "positions": draw(st.sampled_from(("learned", "tuple") if "full" in fixed.values() else POSITIONS)),
        "head": draw(st.sampled_from(heads)),
    } | fixed
    rotary = chosen["positions"] == "rotary"
    if "attention" not in fixed:
        chosen["attention"] = "causal" if rotary else draw(st.sampled_from(("causal", "causal", "full")))
    step = 4 if exact else 1
    d_model = draw(sizes(4 if exact else 2 if chosen["embedding"] == "frequency" else 1))
    head_count = draw(st.integers(1, 4))
    head_step = 4 if exact else 2 if rotary else 1
    head_sizes = sizes(head_step)
    if d_model % (head_count * head_step) == 0:
        head_sizes = st.none() | head_sizes
    periods = st.lists(st.integers(2, 30), max_size=5, unique=True).map(tuple)
    config = ModelConfig(
        **chosen,
        context=draw(st.integers(1, 20)),
        d_model=d_model,
        layers=draw(st.integers(1, 3)),
        heads=head_count,
        d_head=draw(head_sizes),
        d_ff=draw(st.none() | sizes(step)),
        dropout=draw(st.sampled_from((0.0, 0.1, 0.5))),
        norm=draw(st.sampled_from(("pre", "post", "rms", "none"))),
        activation=draw(st.sampled_from(("gelu", "relu", "silu"))),
        value_periods=draw(periods) if numbers and chosen["embedding"] == "learned" else (),
        initialisation=draw(st.sampled_from(("uniform", "gpt2", "scaled"))),
        zero_output_projections=draw(st.booleans()),
    )
    return config, vocabulary


def configs(**options):
    """Return a strategy for configurations; see `architectures`."""
    return architectures(**options).map(lambda drawn: drawn[0])


@st.composite
def models(draw, **options):
    """Draw a model in evaluation mode, every weight of it random: biases and norms too."""
    config, vocabulary = draw(architectures(**options))
    return shaken(Transformer(config, vocabulary, seed=draw(st.integers(0, 99))))


def shaken(model):
    """Add noise to all weights, so that none is 0 or 1; return the model in evaluation mode."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=generator)
    return model.eval()


def prompts_of(model, *, max_length=30, max_rows=6):
    """Return a strategy for batches of prompts, some longer than the model's window."""
    tokens = st.integers(0, model.vocabulary.size - 1)
    return st.lists(st.lists(tokens, min_size=1, max_size=max_length), min_size=1, max_size=max_rows)
