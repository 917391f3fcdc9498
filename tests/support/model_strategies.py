"""Hypothesis strategies for small transformers of every kind."""

from hypothesis import strategies as st

from seqmodel import IntegerVocabulary, ModelConfig, Transformer


@st.composite
def vocabularies(draw):
    low = draw(st.integers(-20, 20))
    return IntegerVocabulary(low=low, high=low + draw(st.integers(1, 40)), end=draw(st.booleans()))


@st.composite
def configs(draw, *, exact=False):
    """Draw any configuration, or one of those whose logits are exact on a CPU."""
    width = st.integers(1, 6).map(lambda n: 4 * n) if exact else st.integers(1, 24)
    d_model = draw(width)
    heads = draw(st.integers(1, 4))
    embeddings = ["learned", "tuple"] if d_model == 2 else ["learned"]
    embedding = draw(st.sampled_from(embeddings))
    periods = st.lists(st.integers(2, 30), max_size=5, unique=True).map(tuple)
    if exact:
        periods = periods.map(lambda chosen: chosen[len(chosen) % 2 :])
    return ModelConfig(
        context=draw(st.integers(1, 20)),
        d_model=d_model,
        layers=draw(st.integers(1, 3)),
        heads=heads,
        d_head=draw(width if d_model % heads or (exact and d_model % (4 * heads)) else st.none() | width),
        d_ff=draw(st.none() | width),
        norm=draw(st.sampled_from(["pre", "post", "rms", "none"])),
        activation=draw(st.sampled_from(["gelu", "relu"] if exact else ["gelu", "relu", "silu"])),
        embedding=embedding,
        positions=draw(st.sampled_from(embeddings)),
        value_periods=draw(periods) if embedding == "learned" else (),
        zero_output_projections=False,
    )


@st.composite
def models(draw, **options):
    """Draw a model with random weights, in evaluation mode."""
    config = draw(configs(**options))
    return Transformer(config, draw(vocabularies()), seed=draw(st.integers(0, 99))).eval()


def prompts_of(model, *, max_length=30, max_rows=6):
    """Return a strategy for batches of prompts, some longer than the model's window."""
    tokens = st.integers(0, model.vocabulary.size - 1)
    return st.lists(st.lists(tokens, min_size=1, max_size=max_length), min_size=1, max_size=max_rows)
