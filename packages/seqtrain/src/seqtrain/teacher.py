"""Exact labels: what the posterior says of the term after every prefix of a batch."""

# S steps, B rows, T positions, V classes

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from seqmodel import IntegerVocabulary, integers_of
from seqtrain.mixture import vocabulary_of
from seqtrain.possible import final_posterior
from seqtrain.recipe import Recipe
from seqtrain.targets import lengths


class Labeller(Protocol):
    """Label rows where they lie."""

    def of_steps(self, inputs: Tensor, targets: Tensor) -> Iterator[Tensor]:
        """Yield the labels of one step's rows after another's, of int64 (S, B, T) both; see `Teacher.labels`."""
        ...


def teacher_of(recipe: Recipe, device: torch.device) -> Labeller:
    """Return who labels a recipe's rows on a device."""
    if device.type == "cpu":
        return Teacher(recipe)
    from seqtrain.device_teacher import DeviceTeacher

    return DeviceTeacher(recipe, device)


class Teacher:
    """Know the next term as well as anybody can who knows the final mixture.

    Args:
        recipe: Names that mixture and the vocabulary.

    Raises:
        ValueError: Its rules cannot all be listed.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._posterior = final_posterior(recipe, "for the exact labels")
        self._vocabulary: IntegerVocabulary = integers_of(vocabulary_of(recipe))

    def labels(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the distribution of the class after each prefix of the rows.

        Args:
            inputs: Tokens, int64 (B, T).
            targets: int64 (B, T); behind a row's last scored one nothing is looked up.

        Returns:
            float32 (B, T, V): each row sums to 1, or is 0 where nothing was looked up. Without a class
            for END it is the distribution given that there is a next term.

        Raises:
            ValueError: No rule of the mixture explains a row.
        """
        rows, terms = inputs.shape
        vocabulary = self._vocabulary
        seen, terms_BT = lengths(targets).numpy(), inputs.numpy() + vocabulary.low
        found = self._posterior.along(terms_BT, seen)
        counts = np.diff(found.first)
        unexplained = (counts.reshape(rows, terms) == 0) & (np.arange(terms) < seen[:, None])
        if unexplained.any():
            raise unexplained_row(terms_BT[unexplained.any(1).argmax()].tolist())
        queries = np.repeat(np.arange(rows * terms), counts)
        classes, weights = found.terms - vocabulary.low, found.weights
        if vocabulary.end_token is None:
            weights = np.where(found.is_end, 0, weights)
            classes = np.where(found.is_end, 0, classes)
        else:
            classes = np.where(found.is_end, vocabulary.end_token, classes)
        sums = np.concatenate(
            [np.zeros(1, np.int64), np.cumsum(weights)]
        )  # differences are exact, even if it overflows
        totals = (sums[found.first[1:]] - sums[found.first[:-1]]).astype(np.float64)
        shares = (weights / np.maximum(totals, 1.0)[queries]).astype(np.float32)
        labels = torch.zeros(rows * terms * vocabulary.outputs)
        # Without a class for END its weight, 0 by now, must not overwrite a term's.
        kept = slice(None) if vocabulary.end_token is not None else ~found.is_end
        labels.numpy()[(queries * vocabulary.outputs + classes)[kept]] = shares[kept]
        return labels.view(rows, terms, -1)

    def of_steps(self, inputs: Tensor, targets: Tensor) -> Iterator[Tensor]:
        """Yield the labels of one step's rows, (B, T), after another's, of (S, B, T)."""
        return map(self.labels, inputs, targets)


def unexplained_row(terms: list[int]) -> ValueError:
    """Return the error of a row that has no exact labels."""
    return ValueError(f"no rule of the final mixture explains the row {terms}: it has no exact labels")
