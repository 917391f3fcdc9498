"""Exact labels: the posterior itself, and the mean of what drawn terms teach."""

import numpy as np
import pytest
import torch

from seqgen import Posterior, universe
from seqtrain import IGNORE, Mixture, Trainer, make_loss, recipe_from_dict
from seqtrain.drawing import training_batches
from seqtrain.recipe import LossRecipe
from seqtrain.teacher import Teacher

TABLE = {
    "model": {"context": 4, "d_model": 8, "layers": 1, "heads": 1, "value_periods": [2, 3]},
    "data": {"batch": 8, "high": 30},
    "loss": {"labels": "posterior"},
    "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
    "validation": {"every": 10, "rows": 8, "final_rows": 40, "ceiling": False},
    # A cosine knows the budget's end: with a constant rate a halted run is the same as a whole one.
    "schedule": {"kind": "constant", "warmup": 1},
    "budget": {"steps": 6},
    "run": {"threads": 1, "log_every": 2, "save_every": 3},
}


def recipe(**sections):
    return recipe_from_dict(TABLE | {name: TABLE.get(name, {}) | fields for name, fields in sections.items()})


@pytest.fixture(scope="module")
def posterior():
    return Posterior.of(universe("phase1", length=5, low=0, high=30))


@pytest.mark.parametrize("end", [True, False])
def test_a_label_is_the_posterior_of_its_prefix(posterior, end):
    taught = recipe(data={"end": end})
    batch = Mixture.of(taught, purpose="train").batches(0, 2)
    inputs, targets = batch.inputs.reshape(-1, 4), batch.targets.reshape(-1, 4)
    labels = Teacher(taught).labels(torch.from_numpy(inputs), torch.from_numpy(targets)).numpy()
    assert labels.shape == (16, 4, 31 + end)
    for row, labels_TV, row_targets in zip(inputs.tolist(), labels, targets.tolist(), strict=True):
        for k, (label_V, target) in enumerate(zip(labels_TV, row_targets, strict=True)):
            if target == IGNORE:
                continue
            known = posterior.next(row[: k + 1])
            expected = np.zeros(31 + end)
            for outcome, weight in zip(known.outcomes, known.weights, strict=True):
                if end or outcome is not None:
                    expected[31 if outcome is None else outcome] = weight
            np.testing.assert_allclose(label_V, expected / expected.sum(), rtol=1e-6)
            assert label_V[target] > 0


def test_nothing_is_looked_up_behind_a_rows_last_target():
    labels = Teacher(recipe()).labels(torch.tensor([[30, 30, 30, 30]]), torch.tensor([[31, IGNORE, IGNORE, IGNORE]]))
    assert labels.sum(-1).tolist() == [[1, 0, 0, 0]]


def test_a_row_of_no_rule_has_no_label():
    with pytest.raises(ValueError, match=r"no rule of the final mixture explains the row \[0, 30, 7, 29\]"):
        Teacher(recipe()).labels(torch.tensor([[0, 30, 7, 29]]), torch.tensor([[30, 7, 29, 1]]))


@pytest.mark.parametrize("positions", ["scored", "rows", "weighted"])
def test_the_loss_is_the_mean_of_the_losses_of_targets_drawn_by_the_labels(positions):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 2, 3, generator=generator)
    labels = torch.randn(2, 2, 3, generator=generator).softmax(-1)
    labels[1, 1] = 0
    loss = make_loss(LossRecipe(labels="posterior", positions=positions), 3)
    drawn = make_loss(LossRecipe(positions=positions), 3)
    targets = torch.tensor([[0, 0], [0, IGNORE]])
    mean = torch.zeros(())
    for a in range(3):
        for b in range(3):
            for c in range(3):
                probability = labels[0, 0, a] * labels[0, 1, b] * labels[1, 0, c]
                mean += probability * drawn(logits, torch.tensor([[a, b], [c, IGNORE]]), None)
    torch.testing.assert_close(loss(logits, targets, labels), mean)


def test_training_learns_from_labels_and_goes_on_to_the_same_bits(tmp_path):
    def last_weights(folder, *budgets):
        for steps in budgets:
            Trainer(recipe(budget={"steps": steps}, stopping={"restore": "last"}), folder).run()
        return (folder / "model.safetensors").read_bytes()

    taught = recipe()
    batch = next(training_batches(taught, Mixture.of(taught, purpose="train"), 0, Teacher(taught)))
    assert batch.labels is not None
    assert batch.labels.shape == (8, 4, 32)
    whole, halted = last_weights(tmp_path / "whole", 6), last_weights(tmp_path / "halted", 3, 6)
    drawn = recipe(loss={"labels": "drawn"}, stopping={"restore": "last"})
    Trainer(drawn, tmp_path / "drawn").run()
    assert whole == halted
    assert whole != (tmp_path / "drawn" / "model.safetensors").read_bytes()


def test_labels_are_refused_where_there_are_none(tmp_path):
    with pytest.raises(ValueError, match=r"loss.labels is 'posterior'; .* 'drawn' with loss.kind 'distance'"):
        recipe(loss={"kind": "distance"})
    with pytest.raises(ValueError, match=r"loss.labels is 'posterior'; .* 'phase2' a part of the last stage"):
        recipe(curriculum={"stages": [{"shares": {"phase1": 1, "phase2": 1}}, {"start": 1, "shares": {"phase1": 1}}]})
    rows = Mixture.of(recipe(), purpose="train")
    with pytest.raises(ValueError, match=r"loss.labels is 'posterior'; it must be 'drawn' with a source of one's own"):
        Trainer(recipe(), tmp_path, source=rows)
