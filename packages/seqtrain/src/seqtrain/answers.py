"""What a model, and the exact posterior, answer to the scored targets of some rows.

Everything is one flat array with an entry for each scored target. Shapes: N targets, R rows,
T context, M outcomes of all N distributions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen import Posterior, Rule
from seqmodel import IntegerVocabulary, SequenceModel
from seqtrain.evaluation import model_predictor
from seqtrain.mixture import Mixture
from seqtrain.protocols import IGNORE

_PREFIXES_AT_ONCE = 8192
"""The posterior lists some forty outcomes for each: a few megabytes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ideal:
    """Hold the exact posterior's answers to N targets.

    Attributes:
        classes: Its likeliest class, int64 (N,).
        sureness: The probability of that class, float64 (N,).
        log_losses: Minus the log-probability of the target, in nats, float64 (N,).
    """

    classes: NDArray[np.int64]
    sureness: NDArray[np.float64]
    log_losses: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """Hold N scored targets of R rows, and what was answered.

    Attributes:
        source: Where the rows come from.
        inputs: Tokens of the rows, int64 (R, T).
        families: Name of the family of each row's rule, str (R,).
        rules: The universe, family and rule of each row by index, int64 (R, 3).
        row: The row of each target, int64 (N,).
        position: How many terms were seen, 1 to T, int64 (N,).
        target: The right class, int64 (N,).
        classes: The model's answer, int64 (N,).
        log_losses: Minus its log-probability of the target, in nats, float64 (N,); NaN for a model
            that gives no probabilities.
        ideal: The posterior's answers; None where it is not known.
    """

    source: Mixture
    inputs: NDArray[np.int64]
    families: NDArray[np.str_]
    rules: NDArray[np.int64]
    row: NDArray[np.int64]
    position: NDArray[np.int64]
    target: NDArray[np.int64]
    classes: NDArray[np.int64]
    log_losses: NDArray[np.float64]
    ideal: Ideal | None

    @property
    def phase(self) -> NDArray[np.int64]:
        """Index of each target's phase in `source.phases`, int64 (N,)."""
        phase_N: NDArray[np.int64] = self.rules[self.row, 0]
        return phase_N

    def prefix(self, target: int) -> NDArray[np.int64]:
        """Return the tokens that a target was asked after, int64 (position,)."""
        tokens: NDArray[np.int64] = self.inputs[self.row[target], : self.position[target]]
        return tokens

    def rule(self, target: int) -> Rule:
        """Return the rule behind a target."""
        universe, family, rule = map(int, self.rules[self.row[target]])
        return self.source.universes[universe].rule(family, rule)


def answers_of(
    model: SequenceModel,
    source: Mixture,
    *,
    rows: int,
    vocabulary: IntegerVocabulary,
    posterior: Posterior | None,
) -> Answers:
    """Ask a model, and the posterior if there is one, for every scored target of a source's first rows.

    Args:
        model: In evaluation mode.
        source: Rows of the mixture that the posterior is of.
        rows: How many.
        vocabulary: What tokens mean. Without END in it, the posterior is told that a term follows.
        posterior: What can be known.
    """
    predict = model_predictor(model)
    parts: list[tuple[NDArray[np.int64], ...]] = []
    losses: list[NDArray[np.float64]] = []
    for step, count in _steps(source, rows):
        batches = source.batches(step, 1)
        said = predict(batches)
        targets_RT = batches.targets[0, :count]
        shape = batches.targets[0].shape
        scored = targets_RT != IGNORE
        row, column = np.nonzero(scored)
        families, rules = source.origins(step, 1)
        parts.append(
            (
                batches.inputs[0, :count],
                np.stack([batches.phases[0], families[0], rules[0]], axis=-1)[:count],
                row + step * source.rows,
                column + 1,
                targets_RT[scored],
                said.classes.reshape(shape)[:count][scored],
            )
        )
        losses.append(said.log_losses.reshape(shape)[:count][scored])
    inputs, rules_R3, row_N, position, target, classes = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Answers(
        source=source,
        inputs=inputs,
        families=_family_names(source, rules_R3),
        rules=rules_R3,
        row=row_N,
        position=position,
        target=target,
        classes=classes,
        log_losses=np.concatenate(losses),
        ideal=None if posterior is None else _ideal(posterior, inputs, row_N, position, target, vocabulary),
    )


def ideal_of(posterior: Posterior, source: Mixture, *, rows: int, vocabulary: IntegerVocabulary) -> tuple[float, float]:
    """Return accuracy and log-loss in nats of the posterior on a source's first rows."""
    right = asked = 0
    loss = 0.0
    for step, count in _steps(source, rows):
        batches = source.batches(step, 1)
        targets_RT = batches.targets[0, :count]
        row, column = np.nonzero(targets_RT != IGNORE)
        target = targets_RT[row, column]
        said = _ideal(posterior, batches.inputs[0], row, column + 1, target, vocabulary)
        right += int((said.classes == target).sum())
        loss += float(said.log_losses.sum())
        asked += len(target)
    return right / asked, loss / asked


def _steps(source: Mixture, rows: int) -> Iterator[tuple[int, int]]:
    """Yield the steps that hold the first rows, each with how many of its rows count."""
    for step in range(-(-rows // source.rows)):
        yield step, min(source.rows, rows - step * source.rows)


def _family_names(source: Mixture, rules_R3: NDArray[np.int64]) -> NDArray[np.str_]:
    names = [np.array([family.name for family in universe.families]) for universe in source.universes]
    found = np.empty(len(rules_R3), np.concatenate(names).dtype)
    for phase, of_phase in enumerate(names):
        chosen = rules_R3[:, 0] == phase
        found[chosen] = of_phase[rules_R3[chosen, 1]]
    return found


def _ideal(
    posterior: Posterior,
    inputs: NDArray[np.int64],
    row: NDArray[np.int64],
    position: NDArray[np.int64],
    target: NDArray[np.int64],
    vocabulary: IntegerVocabulary,
) -> Ideal:
    values = (inputs + vocabulary.low).tolist()
    pieces = [
        _asked(
            posterior,
            [values[r][:k] for r, k in zip(row[part].tolist(), position[part].tolist(), strict=True)],
            target[part],
            vocabulary,
        )
        for part in (slice(i, i + _PREFIXES_AT_ONCE) for i in range(0, len(row), _PREFIXES_AT_ONCE))
    ]
    classes, sureness, log_losses = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return Ideal(classes=classes, sureness=sureness, log_losses=log_losses)


def _asked(
    posterior: Posterior, prefixes: list[list[int]], target: NDArray[np.int64], vocabulary: IntegerVocabulary
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the likeliest class after each prefix, its probability, and the log-loss of the target."""
    found = posterior.batch(prefixes)
    end = vocabulary.end_token
    class_M = np.where(found.is_end, vocabulary.size, found.terms - vocabulary.low)
    weight_M = found.weights if end is not None else np.where(found.is_end, 0, found.weights)
    first, query_M = found.first[:-1], np.repeat(np.arange(len(found)), np.diff(found.first))
    total, heaviest = np.add.reduceat(weight_M, first), np.maximum.reduceat(weight_M, first)
    # Of several that are likeliest the first counts: the smallest term, END last.
    likeliest = np.flatnonzero(weight_M == heaviest[query_M])
    mode = likeliest[np.searchsorted(query_M[likeliest], np.arange(len(found)))]
    of_target = np.add.reduceat(np.where(class_M == target[query_M], weight_M, 0), first)
    return class_M[mode], heaviest / total, np.log(total) - np.log(of_target)
