"""The smallest set of heads that does a sub-task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from seqtrain.analysis.node import Node

HeadSet = tuple[Node, ...]

Share = Callable[[HeadSet], float]
"""In which share of some questions heads do it."""

_SPARED = 0.05
"""By how much the share may fall when a head that helps no more is left out of a set that does not do it clearly."""

_PROMISING = 0.25
"""Share of the few questions from which on a set may grow by heads of other positions."""


def acting_sets(
    by_position: Mapping[int, Sequence[Node]], glance: Share, share: Share, *, clear: float, together: int
) -> list[HeadSet]:
    """Return which heads do it.

    At each position every head that does it alone; or else the best set of several heads: all pairs are tried, and
    larger sets grow from the best one, by the head that helps most. If none does it clearly at any position, one set
    grows by heads of any position from the best head of all, or else from the best set. Heads that are not needed are
    left out again.

    Args:
        by_position: The heads to try.
        glance: The share of a few questions.
        share: The share of all questions; asked only of heads that do it in half of the few.
        clear: Share from which on they do it.
        together: Heads in a set, at most.

    Returns:
        Sets that do it clearly, and, unless one of several positions does, the best tries that do not.

    >>> from seqtrain.analysis.node import nodes_of
    >>> from seqmodel import ModelConfig
    >>> heads = [node for node in nodes_of(ModelConfig(layers=1), range(9, 10)) if not node.is_mlp]
    >>> needed = {heads[0], heads[2], heads[3]}
    >>> share = lambda chosen: len(needed & set(chosen)) / 3 - 0.5 * (heads[1] in chosen)
    >>> [[str(head) for head in chosen] for chosen in acting_sets({9: heads}, share, share, clear=0.9, together=4)]
    [['P9L0H0', 'P9L0H2', 'P9L0H3']]
    """
    best: dict[int, HeadSet] = {}
    found: list[HeadSet] = []
    for position, heads in by_position.items():
        alone: list[HeadSet] = [(head,) for head in heads]
        does_it = [chosen for chosen in alone if glance(chosen) >= 0.5 and share(chosen) >= clear]
        sets = [*alone, *(() if does_it else _growing(_best_pair(heads, glance, together), heads, glance, together))]
        best[position] = max(sets, key=glance)
        tries = [chosen for chosen in sets if glance(chosen) >= 0.5]
        found += does_it or ([_pruned(max(tries, key=share), share, clear)] if tries else [])
    if any(share(chosen) >= clear for chosen in found):
        return found
    every = [head for heads in by_position.values() for head in heads]
    singles: list[HeadSet] = [(head,) for head in every]
    for start in (max(singles, key=glance), max(best.values(), key=glance)):
        if glance(start) >= _PROMISING:
            *_, largest = _growing(start, every, glance, together)
            if glance(largest) >= clear and share(largest) >= clear:
                return [_pruned(largest, share, clear)]
    return found


def _best_pair(heads: Sequence[Node], glance: Share, together: int) -> HeadSet:
    return max(combinations(heads, 2), key=glance) if together > 1 and len(heads) > 1 else ()


def _growing(start: HeadSet, heads: Sequence[Node], glance: Share, together: int) -> Iterator[HeadSet]:
    """Yield a set, and ever larger ones while they become better."""
    best = start
    while best:
        yield best
        if len(best) >= together or glance(best) == 1:
            return
        larger = [tuple(sorted((*best, head))) for head in heads if head not in best]
        next_best = max(larger, key=glance, default=best)
        if glance(next_best) <= glance(best):
            return
        best = next_best


def _pruned(heads: HeadSet, share: Share, clear: float) -> HeadSet:
    """Leave heads out as long as the others do it."""
    enough = min(clear, share(heads) - _SPARED)
    for head in heads:
        fewer = tuple(other for other in heads if other != head)
        if fewer and share(fewer) >= enough:
            return _pruned(fewer, share, clear)
    return heads
