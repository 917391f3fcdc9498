"""One recipe goes in at one end, and the next terms of a sequence come out at the other."""

import json
import sys
from pathlib import Path

from seqserve import Predictor

COMMANDS = Path(sys.executable).parent


def test_a_recipe_becomes_a_checkpoint_that_answers(run, tiny_recipe, tmp_path):
    run(COMMANDS / "seqtrain", "run", tiny_recipe, "--out", tmp_path / "run")
    checkpoint = tmp_path / "run" / "model.safetensors"

    info = json.loads(run(COMMANDS / "seqmodel", "info", checkpoint, "--json"))
    assert info["config"]["d_model"] == 16

    predict = (COMMANDS / "seqserve", "predict", "--model", checkpoint, "--steps", 4, "--json")
    answer = json.loads(run(*predict, 2, 4, 6, 8))
    (expected,) = Predictor.load(checkpoint).predict([[2, 4, 6, 8]], 4)
    assert answer["terms"] == list(expected.terms)
    assert len(answer["probabilities"]) == len(answer["terms"]) + answer["ended"] > 0
    assert all(0 <= term <= 255 for term in answer["terms"])
