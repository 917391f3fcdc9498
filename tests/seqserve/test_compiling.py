"""Who waits for a compilation is told, and nobody waits who asks a service."""

import gc
import sys

import pytest
from standin_engine import StandInEngine

from seqserve import kernel_cache
from seqserve.compiled_engine import CompiledEngine
from seqserve.compiling import say_if_compiling, warm
from seqserve.service import worker
from seqserve.service.settings import Settings


def test_only_code_that_is_not_kept_is_announced(checkpoint, monkeypatch):
    engine, said = CompiledEngine.load(checkpoint), []
    monkeypatch.setattr(kernel_cache, "is_kept", lambda: True)
    say_if_compiling(engine, said.append)
    assert said == []
    monkeypatch.setattr(kernel_cache, "is_kept", lambda: False)
    say_if_compiling(StandInEngine(), said.append)
    assert said == []
    say_if_compiling(engine, said.append)
    assert said == ["compiling for this processor, once, for about 10 s..."]


def test_warming_leaves_nothing_behind():
    engine = StandInEngine()
    warm(engine)
    assert engine.step_sizes == [1]
    assert engine.batches[0].histories == {}


@pytest.fixture
def process_as_it_was():
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.unfreeze()


def test_a_service_is_warm_before_it_listens(checkpoint, monkeypatch, process_as_it_was):
    engine = StandInEngine()
    engine.name, engine.promise = "stand-in", "nothing"
    steps_before = []

    class Server:
        def __init__(self, *_arguments, **_options):
            self.server_state = None

        def run(self, sockets):
            steps_before.append((sockets, list(engine.step_sizes)))

    monkeypatch.setattr("seqserve.loading.load_engine", lambda *_, **__: engine)
    monkeypatch.setattr("seqserve.service.server.Server", Server)
    worker.work(Settings(model=checkpoint), "listener", lambda _: None)
    assert steps_before == [(["listener"], [1])]
