"""Beam search: the continuations that are most probable as a whole."""

# V outcomes

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary
from seqserve.continuation import Beam
from seqserve.slots import Slots


@dataclass(frozen=True, kw_only=True)
class _Live:
    """A continuation that goes on, and the slot that holds it."""

    slot: int
    tokens: tuple[int, ...]
    score: float


def beam_search(
    slots: Slots, vocabulary: IntegerVocabulary, sequence: Sequence[int], steps: int, width: int
) -> list[Beam]:
    """Return the best continuations of up to `steps` terms that a beam of this width finds, best first.

    After each step the `width` continuations of the highest score are kept, those that have ended among
    them: an ended one keeps its score, as there is nothing after END. Width 1 is greedy decoding.

    Args:
        slots: As many as `width`, all empty.
        vocabulary: What tokens mean.
        sequence: Terms.
        steps: How many predictions at most, at least 1.
        width: At least 1.

    Raises:
        ValueError: The model predicts numbers.
    """
    slots.take(0, vocabulary.encode(sequence).tolist())
    live, ended = [_Live(slot=0, tokens=(), score=0.0)], list[tuple[float, tuple[int, ...]]]()
    for _ in range(steps):
        logits_BV, _, sureness_B = slots.read([one.slot for one in live])
        if np.isnan(sureness_B).any():
            raise ValueError("beam search: this model predicts a number and no probabilities to search by")
        # What has ended stands first: of equal scores it is kept, and then the lower token.
        scores = [np.array([score for score, _ in ended])]
        scores += [one.score + logarithms(logits_V) for one, logits_V in zip(live, logits_BV, strict=True)]
        outcomes = logits_BV.shape[1]
        kept, children = list[tuple[float, tuple[int, ...]]](), list[tuple[int, int, float]]()
        everything = np.concatenate(scores)
        for place in np.argsort(-everything, kind="stable")[:width].tolist():
            score = float(everything[place])
            parent, token = divmod(place - len(ended), outcomes)
            if place < len(ended):
                kept.append(ended[place])
            elif token == vocabulary.end_token:
                kept.append((score, live[parent].tokens))
            else:
                children.append((parent, token, score))
        live, ended = _continued(slots, live, children, width), kept
        if not live:
            break
    found = [Beam(terms=_terms(vocabulary, tokens), ended=True, score=score) for score, tokens in ended]
    found += [Beam(terms=_terms(vocabulary, one.tokens), ended=False, score=one.score) for one in live]
    return sorted(found, key=lambda beam: -beam.score)


def _continued(slots: Slots, live: list[_Live], children: list[tuple[int, int, float]], width: int) -> list[_Live]:
    """Give every child a slot: the first of each parent its parent's, the others a copy."""
    parents = {parent for parent, _, _ in children}
    taken = {live[parent].slot for parent in parents}
    spare = [slot for slot in range(width) if slot not in taken]
    for number, one in enumerate(live):
        if number not in parents:
            slots.clear(one.slot)
    found, settled = [], set[int]()
    for parent, token, score in children:
        slot = live[parent].slot
        if parent in settled:
            slot = spare.pop()
            slots.copy(live[parent].slot, slot)
        settled.add(parent)
        found.append(_Live(slot=slot, tokens=(*live[parent].tokens, token), score=score))
    for one in found:  # only now: a copy is of the parent
        slots.append(one.slot, one.tokens[-1])
    return found


def logarithms(logits_V: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the natural logarithms of the probabilities, float64.

    >>> np.exp(logarithms(np.log(np.array([1, 3], dtype=np.float32)))).round(6).tolist()
    [0.25, 0.75]
    """
    shifted = logits_V.astype(np.float64) - float(logits_V.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def _terms(vocabulary: IntegerVocabulary, tokens: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(token + vocabulary.low for token in tokens)
