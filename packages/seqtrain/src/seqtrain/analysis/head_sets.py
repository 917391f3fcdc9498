"""The smallest set of heads of one position that does a sub-task."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from seqtrain.analysis.node import Node

Share = Callable[[Sequence[Node]], float]

HeadSet = tuple[Node, ...]


_SPARED = 0.05
"""By how much the share may fall when a head that helps no more is left out of a set that does not do it clearly."""


def acting_sets(heads: Sequence[Node], glance: Share, share: Share, *, clear: float, together: int) -> list[HeadSet]:
    """Return every head that does it alone, or else the best set of several.

    All pairs are tried; larger sets grow from the best pair, by the head that helps most. Heads that are not needed are
    left out again.

    Args:
        heads: Of one position.
        glance: In which share of a few questions heads do it.
        share: The same of all questions; asked only of heads that do it in half of the few.
        clear: Share from which on they do it.
        together: Heads in a set, at most.

    >>> from seqtrain.analysis.node import nodes_of
    >>> from seqmodel import ModelConfig
    >>> heads = [node for node in nodes_of(ModelConfig(layers=1), range(9, 10)) if not node.is_mlp]
    >>> needed = {heads[0], heads[2], heads[3]}
    >>> share = lambda chosen: len(needed & set(chosen)) / 3 - 0.5 * (heads[1] in chosen)
    >>> [[str(head) for head in chosen] for chosen in acting_sets(heads, share, share, clear=0.9, together=4)]
    [['P9L0H0', 'P9L0H2', 'P9L0H3']]
    """
    alone: list[HeadSet] = [(head,) for head in heads if glance([head]) >= 0.5]
    does_it = [chosen for chosen in alone if share(chosen) >= clear]
    if does_it:
        return does_it
    tries = [chosen for chosen in (*alone, *_growing(heads, glance, together)) if glance(chosen) >= 0.5]
    best = max(tries, key=share, default=())
    if not best:
        return []
    enough = min(clear, share(best) - _SPARED)
    return [_smallest(best, lambda chosen: share(chosen) >= enough)]


def _growing(heads: Sequence[Node], glance: Share, together: int) -> Iterator[HeadSet]:
    """Yield the best pair, and ever larger sets while they become better."""
    if together < 2 or len(heads) < 2:
        return
    best: HeadSet = max(combinations(heads, 2), key=glance)
    yield best
    while len(best) < together and glance(best) < 1:
        larger = [tuple(sorted((*best, head))) for head in heads if head not in best]
        next_best = max(larger, key=glance, default=best)
        if glance(next_best) <= glance(best):
            return
        best = next_best
        yield best


def _smallest(heads: HeadSet, does_it: Callable[[HeadSet], bool]) -> HeadSet:
    """Leave heads out as long as the others do it."""
    for head in heads:
        fewer = tuple(other for other in heads if other != head)
        if fewer and does_it(fewer):
            return _smallest(fewer, does_it)
    return heads
