"""The same service on a local Ray cluster with two replicas: its answers are the library's, from both of them."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from symbol_models import knowing_model, saved

from seqserve import Predictor

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed (seqserve's extra `ray`)")
CLUSTER = Path(__file__).parents[1] / "support" / "ray_cluster.py"
WHOLE = "0123450-0345670=-00222220"


def on_cluster(model, arguments, bodies):
    """Ask a service on a cluster of its own, in a process of its own: Ray leaves threads and warnings behind."""
    asked = json.dumps({"arguments": {"model": model, **arguments}, "bodies": bodies})
    done = subprocess.run(
        [sys.executable, CLUSTER], input=asked, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@needs_ray
def test_two_replicas_answer_as_the_library_does(checkpoint, tmp_path):
    sequences = [[[n % 256, n * n % 256], [n]] for n in range(40)]
    bodies = [{"sequences": each, "steps": 5, "top": 2} for each in sequences]
    bodies += [
        {"sequences": [[999]]},
        {"sequences": [[1, 2]], "steps": 9},
        {"sequences": [[1, 2]], "steps": 3, "stream": True},
    ]
    found = on_cluster(checkpoint, {"replicas": "2", "cpus": "0.5", "steps": "8"}, bodies)
    library = Predictor.load(checkpoint)
    for each, (status, text) in zip(sequences, found["answers"], strict=False):
        expected = [answer.to_dict() for answer in library.predict(each, 5, top=2)]
        for answer in expected:
            answer["top"] = [[{"term": term, "probability": share} for term, share in step] for step in answer["top"]]
        assert (status, json.loads(text)) == (200, {"continuations": expected})
    (wrong, too_many, streamed) = found["answers"][len(sequences) :]
    assert wrong[0] == too_many[0] == 400
    assert "sequences[0][0]: expected int <= 255, got 999" in wrong[1]
    assert "steps: expected int <= 8, got 9" in too_many[1]
    assert streamed[1].count("event: term") == 3
    assert streamed[1].count("event: done") == 1
    assert found["replicas"] == 2
    assert found["info"]["limits"]["steps"] == 8
    assert found["health"] == {"status": "ok"}


@needs_ray
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"modle": "x"}, "there is no argument 'modle': known are model, engine"),
        ({"replicas": "two"}, "replicas: expected an integer above 0, got 'two'"),
        ({"cpus": "0"}, "cpus: expected a number above 0, got '0'"),
        ({"universe": "phase1"}, "'phase1' explains integers, and the model reads symbols"),
        ({"sequences": "2000"}, "sequences: expected at most the queue's 1024, got 2000"),
    ],
)
def test_impossible_arguments_are_refused_before_anything_starts(tmp_path, arguments, message):
    model = saved(knowing_model(WHOLE), tmp_path)
    program = f"from seqserve.ray_application import build; build({ ({'model': model} | arguments)!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
