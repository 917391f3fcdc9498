"""Exact labels: what the posterior says of the term after every prefix of a batch."""

# B rows, T positions, V classes

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel import IntegerVocabulary, integers_of
from seqtrain.mixture import vocabulary_of
from seqtrain.possible import final_posterior
from seqtrain.recipe import Recipe
from seqtrain.targets import lengths


class Teacher:
    """Know the next term as well as anybody can who knows the final mixture.

    Args:
        recipe: Names that mixture and the vocabulary.

    Raises:
        ValueError: Its rules cannot all be listed.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._posterior = final_posterior(recipe)
        self._vocabulary: IntegerVocabulary = integers_of(vocabulary_of(recipe))

    def labels(self, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> Tensor:
        """Return the distribution of the class after each prefix of the rows.

        Args:
            inputs: Tokens, (B, T).
            targets: (B, T); behind a row's last scored one nothing is looked up.

        Returns:
            float32 (B, T, V): each row sums to 1, or is 0 where nothing was looked up. Without a class
            for END it is the distribution given that there is a next term.

        Raises:
            ValueError: No rule of the mixture explains a row.
        """
        rows, terms = inputs.shape
        vocabulary = self._vocabulary
        seen = lengths(targets)
        found = self._posterior.along(inputs + vocabulary.low, seen)
        counts = np.diff(found.first)
        unexplained = (counts.reshape(rows, terms) == 0) & (np.arange(terms) < seen[:, None])
        if unexplained.any():
            row = inputs[unexplained.any(1).argmax()] + vocabulary.low
            raise ValueError(f"no rule of the final mixture explains the row {row.tolist()}: it has no exact labels")
        queries = np.repeat(np.arange(rows * terms), counts)
        classes, weights = found.terms - vocabulary.low, found.weights.astype(np.float64)
        if vocabulary.end_token is None:
            weights = np.where(found.is_end, 0.0, weights)
            classes = np.where(found.is_end, 0, classes)
        else:
            classes = np.where(found.is_end, vocabulary.end_token, classes)
        totals = np.bincount(queries, weights, minlength=rows * terms)
        shares = (weights / np.maximum(totals, 1.0)[queries]).astype(np.float32)
        labels = torch.zeros(rows * terms * vocabulary.outputs)
        # Without a class for END its weight, 0 by now, must not overwrite a term's.
        kept = slice(None) if vocabulary.end_token is not None else ~found.is_end
        labels.numpy()[(queries * vocabulary.outputs + classes)[kept]] = shares[kept]
        return labels.view(rows, terms, -1)
