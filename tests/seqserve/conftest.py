"""Tiny random models, quick to make and as undecided as a model can be."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Promise what is promised: the torch engine's equal bits hold in one thread, the compiled one's in any."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a random model of the terms -5..255, with END and a context of 8."""
    from seqmodel import IntegerVocabulary, ModelConfig, Transformer, save_checkpoint

    config = ModelConfig(d_model=16, layers=1, heads=2, zero_output_projections=False)
    model = Transformer(config, IntegerVocabulary(low=-5, high=255), seed=0)
    path = tmp_path_factory.mktemp("models") / "random.safetensors"
    save_checkpoint(path, model, provenance={})
    return str(path)
