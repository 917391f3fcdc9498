"""The pipeline that others may copy trains, answers and serves, from a copy of its folder."""

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "pipeline"


def test_a_copy_of_the_pipeline_trains_answers_and_serves(tmp_path):
    folder = shutil.copytree(EXAMPLE, tmp_path / "copied")
    command = [sys.executable, "pipeline.py", "--steps", "20", "--serve", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = ""
            while (found := re.search(r"http://127\.0\.0\.1:(\d+) answers", said)) is None:
                line = process.stderr.readline()
                assert line, said
                said += line
            body = json.dumps({"sequences": [[7, 14, 18]], "steps": 3}).encode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{found[1]}/v1/predict", body, {"content-type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  (http, to this machine)
                (served,) = json.load(response)["continuations"]
        finally:
            process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert re.search(r"steps done after 20 steps; .*model\.safetensors holds 136,769 weights", printed)
    assert re.search(r"accuracy \d+\.\d\d%, possible 85\.06%\nlog-loss \d\.\d{4}, possible 0\.3873", printed)
    end = ["END"] if served["ended"] else []
    assert f"7 14 18 -> {' '.join([*map(str, served['terms']), *end])}\n" in printed


def test_the_pipeline_goes_on_with_more_steps_and_refuses_none_in_a_line(tmp_path):
    folder = shutil.copytree(EXAMPLE, tmp_path / "copied")

    def pipeline(steps: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "pipeline.py", "--steps", steps]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    assert "steps done after 5 steps" in pipeline("5").stdout
    assert "steps done after 8 steps" in pipeline("8").stdout
    refused = pipeline("0")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert refused.stderr.endswith("pipeline.py: error: budget.steps is 0; it must be 1 or more\n")
