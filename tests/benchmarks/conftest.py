"""How a benchmark runs: one of the packages' own commands, whose figures are kept beside pytest-benchmark's."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMANDS = Path(sys.executable).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="small sizes and few rounds, under three minutes in all")


@pytest.fixture
def quick(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--quick"))


@pytest.fixture
def measured(benchmark: Any) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a command of ours with `--json` and keeps what it says in the benchmark's file."""

    def measured(*command: object) -> dict[str, Any]:
        words = [str(COMMANDS / str(command[0])), *map(str, command[1:]), "--json"]

        def run() -> str:
            return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout

        figures: dict[str, Any] = json.loads(benchmark.pedantic(run, rounds=1, iterations=1))
        benchmark.extra_info["command"] = " ".join(map(str, command))
        benchmark.extra_info["figures"] = figures
        return figures

    return measured
