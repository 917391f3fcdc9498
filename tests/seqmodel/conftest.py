import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """Promise what is promised: equal bits hold in one thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
