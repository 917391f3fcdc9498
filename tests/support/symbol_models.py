"""Tiny models of symbols, quick to make: as undecided as a model can be, or sure of one sum's digits."""

from pathlib import Path

from seqmodel import QUANTAMATHS_VOCABULARY, ModelConfig, Transformer, save_checkpoint


def question_model(digits: int = 7, *, seed: int = 0) -> Transformer:
    """Return a random model of questions with numbers of so many digits."""
    config = ModelConfig(
        context=3 * digits + 4,
        d_model=16,
        layers=2,
        heads=2,
        embedding="learned",
        positions="learned",
        activation="relu",
        value_periods=(),
        zero_output_projections=False,
    )
    return Transformer(config, QUANTAMATHS_VOCABULARY, seed=seed).eval()


def knowing_model(expression: str) -> Transformer:
    """Return a model that knows one expression by heart: whatever it reads at a place, it predicts what follows there.

    Positions alone reach the output, each symbol has a direction of its own.
    """
    import torch

    config = ModelConfig(
        context=len(expression),
        d_model=16,
        layers=1,
        heads=1,
        embedding="learned",
        positions="learned",
        norm="none",
        value_periods=(),
    )
    model = Transformer(config, QUANTAMATHS_VOCABULARY, seed=0).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        following = QUANTAMATHS_VOCABULARY.encode(expression[1:] + expression[:1])
        for place, token in enumerate(following.tolist()):
            model.get_parameter("embedding.positions.vectors.weight")[place, token] = 8.0
        for token in range(QUANTAMATHS_VOCABULARY.size):
            model.get_parameter("output.weight")[token, token] = 1.0
    return model


def saved(model: Transformer, folder: Path) -> str:
    """Save a model in a folder and return its path."""
    path = folder / "symbols.safetensors"
    save_checkpoint(path, model, provenance={})
    return str(path)
