"""From a family of sequences to a service: know what is possible, train, compare, ask, serve.

Copy this folder, change `own.py` to the sequences you care about, and run it in the folder:

    python pipeline.py                 # trains for some seconds, prints figures and answers
    python pipeline.py --serve 8000    # and answers over HTTP until Ctrl-C
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from own import LastDigit

from seqgen import Ceiling, Ceilings, Posterior, Universe
from seqmodel import read_checkpoint
from seqserve import Predictor
from seqserve.cli import main as seqserve_command
from seqtrain import Recipe, Result, Trainer, recipe_from_dict

QUESTIONS = [[7, 14, 18], [1, 2], [100, 97, 108]]
"""Sequences to continue when training is over."""


def possible() -> Ceiling:
    """Return the best accuracy and the least loss that any predictor can have on the family."""
    return Ceilings.of(Posterior.of(Universe([LastDigit()]))).overall()


def recipe(steps: int) -> Recipe:
    """Return what to train, and how: only what differs from the defaults."""
    return recipe_from_dict(
        {
            "model": {"d_model": 64, "layers": 2},
            "data": {"batch": 128},
            "loss": {"labels": "posterior"},
            "optimiser": {"kind": "muon", "learning_rate": 0.01, "matrix_learning_rate": 0.03, "momentum": 0.95},
            "curriculum": {"stages": [{"shares": {"own:LastDigit": 1}}]},
            "validation": {"every": 100, "final_rows": 2000},
            "budget": {"steps": steps},
        }
    )


def train(out: Path, steps: int) -> Result:
    """Train in a folder, or go on there where training was interrupted or had fewer steps."""
    return Trainer(recipe(steps), out).run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the pipeline and return an exit status."""
    parser = argparse.ArgumentParser(description="Train a model on a family of one's own, and let it answer.")
    parser.add_argument("--steps", type=int, default=400, help="training steps (default: 400)")
    parser.add_argument("--out", type=Path, default=Path("runs/pipeline"), help="the run's folder")
    parser.add_argument("--serve", metavar="PORT", help="answer over HTTP on this port when training is over")
    options = parser.parse_args(arguments)

    best = possible()
    try:
        result = train(options.out, options.steps)
    except ValueError as error:  # steps that are none, or a folder with a run of another recipe
        parser.error(str(error))
    checkpoint = options.out / "model.safetensors"
    trained = read_checkpoint(checkpoint)
    weights = sum(tensor.size for tensor in trained.tensors.values())
    print(f"{result.reason} after {result.step} steps; {checkpoint} holds {weights:,} weights")
    if result.scores is not None and best.accuracy is not None:
        figures = result.scores.model.overall
        print(f"accuracy {figures.accuracy:.2%}, possible {float(best.accuracy):.2%}")
        print(f"log-loss {figures.log_loss:.4f}, possible {best.loss:.4f}")

    predictor = Predictor.load(checkpoint)
    for question, answer in zip(QUESTIONS, predictor.predict(QUESTIONS, steps=3), strict=True):
        end = " END" if answer.ended else ""
        print(*question, "->", *answer.terms, end=f"{end}\n")

    if options.serve is not None:
        return seqserve_command(
            ["serve", "--model", str(checkpoint), "--universe", "own:LastDigit", "--port", options.serve]
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
