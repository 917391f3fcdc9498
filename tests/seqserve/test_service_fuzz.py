"""A fuzz of the running service from its own OpenAPI document: no fault, and no answer but those described."""

import subprocess
import sys
from pathlib import Path

import pytest
from running_service import RunningService
from symbol_models import question_model, saved

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
# On a busy machine torch, which shows the attention, is loaded for longer than a request may take by default.
SMALL = ("--deadline", "200", "--max-sequences", "4", "--max-steps", "12", "--max-length", "30", "--universe", "none")


@pytest.mark.parametrize("kind", ["integers", "symbols"])
def test_the_service_keeps_to_its_document(checkpoint, tmp_path, kind):
    model = checkpoint if kind == "integers" else saved(question_model(seed=1), tmp_path)
    with RunningService("--model", model, *SMALL) as service:
        # The first question for attention loads torch: it must not be a fuzz's, which waits for less.
        assert service.ask("POST", "/v1/attention", {"sequence": [1] if kind == "integers" else "1"}, 200)[0] == 200
        command = [SCHEMATHESIS, "run", f"http://127.0.0.1:{service.port}/openapi.json", "--checks=all", "--no-color"]
        options = ["--phases=coverage,fuzzing", "--max-examples=12", "--seed=1", "--generation-database=none"]
        options += ["--request-timeout=60", "--warnings=off", "--suppress-health-check=all"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout[-4000:]
        assert "Tested: 7" in done.stdout  # every path but that of the document itself
        assert service.ask("GET", "/healthz")[0] == 200
        status, said = service.end()
    assert (status, "Traceback" in said) == (0, False)
