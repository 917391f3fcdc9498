"""What listing the rules of a recipe's universes takes, at most: for rows, exact labels and ceilings."""

from dataclasses import dataclass

from seqgen import Universe, universe
from seqgen.packing import Packing
from seqtrain.recipe import Recipe

_INDEX = 8
"""Bytes of a rule's index among the parameters of its family."""

_SORTED = 5 + 10
"""Bytes of a sorted rule's order and shared symbols; of its family and of the weight before it."""

_GROUP = 4
"""Bytes of where a group of rows with a common prefix begins; exact labels also need where its parts do."""

_CEILING = 190
"""Bytes a rule that sums over the whole posterior take besides, some twenty int64: 140 to 180 were measured."""


@dataclass(frozen=True, kw_only=True)
class UniverseMemory:
    """Hold bytes, all of them bounds.

    Attributes:
        rules: How many there are in the final mixture.
        rows: Tables of all rows: a stream that is asked for many keeps one; there are three, with short steps four.
        posterior: The sorted rows, and where each prefix begins.
        ceiling: What the exact figures take at their fullest moment, the posterior included.
        gpu_rows: Tables of all rows on a GPU that draws rows itself.
        gpu_posterior: The posterior's tree on a GPU that looks up exact labels itself.
    """

    rules: int = 0
    rows: int = 0
    posterior: int = 0
    ceiling: int = 0
    gpu_rows: int = 0
    gpu_posterior: int = 0


def universe_memory(recipe: Recipe) -> UniverseMemory:
    """Return what a recipe's universes take; nothing where its rows are questions, or lie in a file.

    Universes are listed for that, one after the other: some seconds for ten million rules. A universe that is too
    large to be listed has no table and no posterior.

    >>> from seqtrain.recipe import DataRecipe
    >>> universe_memory(Recipe(data=DataRecipe(train="mine.jsonl", held_out=0.1))).rows
    0
    """
    if recipe.data.train or recipe.questions.digits:
        return UniverseMemory()
    final = recipe.curriculum.stages[-1].shares
    names = sorted({name for stage in recipe.curriculum.stages for name, share in stage.shares.items() if share})
    found = {name: _universe(recipe, name) for name in names}
    listed = {name: each for name, each in found.items() if all(family.listed for family in each.families)}
    table = {name: len(each) * (_row_bytes(each) if each.worth_a_table else _INDEX) for name, each in listed.items()}
    mixed = [name for name in names if final.get(name)]
    streams = 3 if recipe.data.short_terms else 2
    rows = sum(table.values()) + streams * sum(table.get(name, 0) for name in mixed)
    # Of universes that cannot all be listed the processor draws the rows; short steps have tables of their own.
    gpu_rows = sum(map(_gpu_row_bytes, listed.values())) * (streams - 1) if len(listed) == len(found) else 0
    if not set(mixed) <= listed.keys():
        return UniverseMemory(rows=rows)
    rules = sum(len(listed[name]) for name in mixed)
    some = listed[mixed[0]]
    length = some.span.length
    packing = Packing(some.span)
    kept = _row_bytes(some) + 8 * packing.words + _SORTED
    return UniverseMemory(
        rules=rules,
        rows=rows,
        posterior=rules * (kept + 2 * _GROUP * length),
        ceiling=rules * (kept + _GROUP * length + _CEILING),
        gpu_rows=gpu_rows,
        gpu_posterior=sum(_node_bytes(some) * min(rules, (packing.end + 1) ** depth) for depth in range(1, length + 1)),
    )


def _universe(recipe: Recipe, name: str) -> Universe:
    data = recipe.data
    return universe(name, length=recipe.model.context + 1, low=data.low, high=data.high, overflow=data.overflow)


def _row_bytes(of: Universe) -> int:
    """Return the bytes of a rule in the table: terms, their number, and its index."""
    return of.span.length * of.span.dtype.itemsize + 1 + _INDEX


def _gpu_row_bytes(of: Universe) -> int:
    """Return the bytes of a universe's table on a GPU: terms, and their number."""
    return len(of) * (of.span.length + 1) * _gpu_integer(of.low, of.high)


def _node_bytes(of: Universe) -> int:
    """Return the bytes of a node of the posterior's tree on a GPU: where it begins, its symbol and its weight."""
    return 4 + _gpu_integer(0, Packing(of.span).end) + 8


def _gpu_integer(low: int, high: int) -> int:
    return 2 if low >= -(2**15) and high < 2**15 else 8
