"""The map of a model: positions across, layers and heads down, coloured by what a node does."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node_file import TaggedNode
from seqtrain.analysis.roles import ROLES, fail_percent, lines_of, roles_of, tasks_of
from seqtrain.pictures import GRID, INK, QUIET, SERIES, Picture, label, new_figure, painted

_COLOURS = dict(zip(ROLES, (SERIES[0], SERIES[1], SERIES[2], SERIES[3]), strict=True))

_DONE = 0.45
"""How opaque a cell is whose node does something known: text on it must stay readable."""

_PALEST, _DARKEST = 0.08, 0.4
"""How opaque a cell is without whose node hardly any question fails, and every one."""

_CELL = 0.5
"""Inches that a position takes at least."""


def map_picture(nodes: Sequence[TaggedNode], layout: Layout, layers: int, heads: int) -> Picture:
    """Return the map.

    Args:
        nodes: With all their tags.
        layout: Of the questions.
        layers: Of the model.
        heads: Of each layer.
    """
    rows = [(layer, is_mlp, number) for layer in range(layers) for is_mlp, number in _row_kinds(heads)]
    row_of = {row: place for place, row in enumerate(rows)}
    first = min((tagged.node.position for tagged in nodes), default=0)
    positions = range(first, layout.length - 1)
    figure = new_figure(max(12.6, 1.4 + _CELL * len(positions)), 1.7 + 0.42 * len(rows))
    axes = figure.subplots()
    for tagged in nodes:
        node = tagged.node
        row = row_of.get((node.layer, node.is_mlp, node.number))
        if row is not None and node.position in positions:
            _draw(axes, tagged, node.position, row)
    _frame(axes, positions, layout, [_row_name(*row) for row in rows], heads)
    legend = [Patch(facecolor=colour, alpha=_DONE, label=role) for role, colour in _COLOURS.items()]
    legend.append(Patch(facecolor=QUIET, alpha=_DARKEST, label="matters: the stronger, the more fails without it"))
    figure.legend(handles=legend, loc="outside upper left", ncols=len(legend))
    caption = (
        "What each head and feed-forward layer (MLP) does at each position. Above: the token that stands there; below: "
        "what is predicted from there. A coloured head was shown to do a sub-task by patching it from one question "
        "into another; a number is the per cent of varied questions that fail when a node is replaced by its mean."
    )
    return painted("map", figure, caption, wide=True)


def _row_kinds(heads: int) -> list[tuple[bool, int]]:
    return [*((False, head) for head in range(heads)), (True, 0)]


def _row_name(layer: int, is_mlp: bool, number: int) -> str:
    return f"L{layer} {'MLP' if is_mlp else f'H{number}'}"


def _draw(axes: Axes, tagged: TaggedNode, position: int, row: int) -> None:
    roles, percent = roles_of(tagged), fail_percent(tagged)
    left, top = position - 0.5, row - 0.5
    for place, role in enumerate(roles):
        width = 1 / len(roles)
        colour = _COLOURS[role]
        axes.add_patch(Rectangle((left + place * width, top), width, 1, color=colour, alpha=_DONE, linewidth=0))
    if not roles and percent is not None:
        shade = _PALEST + (_DARKEST - _PALEST) * percent / 100
        axes.add_patch(Rectangle((left, top), 1, 1, color=QUIET, alpha=shade, linewidth=0))
    lines = _shown(lines_of(tasks_of(tagged)))
    if lines:
        size = min(7.0, 7.0 * 9 / max(9, *map(len, lines)), 7.0 * 3 / max(3, len(lines)))
        axes.text(position, row, "\n".join(lines), ha="center", va="center", fontsize=size, color=INK)
    elif percent is not None:
        axes.text(position, row, str(percent or "<1"), ha="center", va="center", fontsize=6.5, color=INK)


def _shown(lines: list[str]) -> list[str]:
    """Return at most three lines."""
    return lines if len(lines) <= 3 else [*lines[:2], "…"]


def _frame(axes: Axes, positions: range, layout: Layout, rows: list[str], heads: int) -> None:
    axes.set_xlim(positions.start - 0.5, positions.stop - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False)
    for position in (*positions, positions.stop):
        axes.axvline(position - 0.5, color=GRID, linewidth=0.6, zorder=0)
    for row in range(len(rows) + 1):
        whole = row % (heads + 1) == 0
        axes.axhline(row - 0.5, color=QUIET if whole else GRID, linewidth=0.8 if whole else 0.6, zorder=0)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(list(positions), [_writes(layout, position) for position in positions])
    above = axes.secondary_xaxis("top")
    above.set_xticks(list(positions), [f"P{position}\n{layout.name(position)}" for position in positions])
    for every in (axes.xaxis, axes.yaxis, above.xaxis):
        every.set_tick_params(length=0)
    above.spines["top"].set_visible(False)
    label(axes, x="what is predicted from there", y="layer and head")


def _writes(layout: Layout, position: int) -> str:
    return layout.name(position + 1) if position >= layout.equals else ""
