"""The pictures of how a model stands beside what is possible, by position and by family."""

from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from seqtrain.pictures import INK, MODEL, POSSIBLE, QUIET, SERIES, Picture, label, new_figure, painted
from seqtrain.shown import signed
from seqtrain.standings import Standing, Standings

_DARKEST = 0.65
"""How opaque the cell that lacks most is: numbers on it must stay readable."""


def standing_pictures(standings: Standings) -> list[Picture]:
    """Return the pictures by position, by family and by both."""
    if standings.overall.possible_accuracy is None:
        return [_positions(standings), _families(standings)]
    return [_positions(standings), _gaps(standings), _families(standings), _cells(standings)]


def _positions(standings: Standings) -> Picture:
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    depths = list(standings.positions)
    every = [standings.positions[depth] for depth in depths]
    axes.plot(depths, [100 * each.accuracy for each in every], color=MODEL, marker="o", label="model")
    possible = [each.possible_accuracy for each in every if each.possible_accuracy is not None]
    if possible:
        axes.plot(depths, [100 * p for p in possible], color=POSSIBLE, marker="_", linestyle="--", label="possible")
    axes.set_xticks(depths)
    axes.set_ylim(0, 102)
    label(axes, x="position (terms seen)", y="accuracy (% of terms)")
    axes.legend()
    caption = f"How often the next term is right after so many terms, on {standings.rows:,} fresh rows."
    if possible:
        caption += (
            " After few terms many rules explain them, so that nobody can know: the dashed line is the exact "
            "posterior's accuracy on the same rows."
        )
    return painted("positions", figure, caption)


def _gaps(standings: Standings) -> Picture:
    figure = new_figure(6.2, 3.5)
    axes = figure.subplots()
    depths = list(standings.positions)
    every = standings.positions.values()
    gaps = [100 * (each.expected_gap or 0.0) for each in every]
    errors = [100 * (each.expected_gap_error or 0.0) for each in every]
    axes.axhline(0, color=QUIET, linewidth=1)
    axes.errorbar(depths, gaps, errors, color=MODEL, marker="o", linestyle="none", capsize=3)
    for depth, gap, error in zip(depths, gaps, errors, strict=True):
        axes.annotate(signed(gap), (depth, gap + error), (0, 4), textcoords="offset points", ha="center")
    axes.set_xticks(depths)
    axes.margins(y=0.15)
    label(axes, x="position (terms seen)", y="accuracy missing (percentage points)")
    caption = (
        "How many right answers in a hundred the model lacks to what is possible, position by position, as the exact "
        "posterior expects of the model's answers to these rows; bars are 95 % confidence intervals."
    )
    return painted("gaps", figure, caption)


def _families(standings: Standings) -> Picture:
    names = list(standings.families)
    figure = new_figure(12.6, 0.9 + 0.27 * len(names))
    axes = figure.subplots()
    phases = list(standings.phases)
    for row, name in enumerate(names):
        each = standings.families[name]
        colour = SERIES[phases.index(standings.phase_of_family[name]) % len(SERIES)]
        model = 100 * (each.accuracy if each.expected_accuracy is None else each.expected_accuracy)
        if each.expected_possible is not None:
            possible = 100 * each.expected_possible
            axes.plot([model, possible], [row, row], color=colour, linewidth=3, alpha=0.35, solid_capstyle="butt")
            axes.plot([possible], [row], color=INK, marker="|", markersize=11, linestyle="none")
        axes.plot([model], [row], color=colour, marker="o", linestyle="none")
        axes.annotate(_said(each), (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8.5)
    for k, phase in enumerate(phases):
        axes.plot([], [], color=SERIES[k % len(SERIES)], marker="o", linestyle="none", label=f"model, {phase}")
    if standings.overall.possible_accuracy is not None:
        axes.plot([], [], color=INK, marker="|", markersize=11, linestyle="none", label="possible")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    label(axes, x="accuracy (% of terms)", y="family of rules")
    figure.legend(loc="outside upper center", ncols=len(phases) + 1)
    caption = (
        "Accuracy on the rows of each family, over all positions, as the exact posterior expects it. The model is a "
        "dot, what is possible on the same rows is a line; on the right, the percentage points between them and the "
        "95 % confidence interval."
    )
    return painted("families", figure, caption, wide=True)


def _said(standing: Standing) -> str:
    if standing.expected_gap is None or standing.expected_gap_error is None:
        return f"{100 * standing.accuracy:.1f} %"
    return f"{signed(-100 * standing.expected_gap)} ± {100 * standing.expected_gap_error:.1f}"


def _cells(standings: Standings) -> Picture:
    names, depths = list(standings.cells), list(standings.positions)
    figure = new_figure(12.6, 0.8 + 0.27 * len(names))
    axes = figure.subplots()
    gaps = {
        (row, column): standings.cells[name][depth].expected_gap or 0.0
        for row, name in enumerate(names)
        for column, depth in enumerate(depths)
        if depth in standings.cells[name]
    }
    most = max(0.01, *gaps.values())
    for (row, column), gap in gaps.items():
        shade = _DARKEST * max(0.0, gap) / most
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=POSSIBLE, alpha=shade, linewidth=0))
        axes.annotate(signed(100 * gap), (column, row), ha="center", va="center", fontsize=8.5)
    axes.set_xticks(range(len(depths)), [str(depth) for depth in depths])
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(depths) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False)
    label(axes, x="position (terms seen)", y="family of rules")
    counts = [each.targets for row in standings.cells.values() for each in row.values()]
    caption = (
        "Where accuracy is missing: percentage points between the model and what is possible, as the exact posterior "
        "expects them on these rows, by family and position. The darker, the more. "
        f"Each number stands for {min(counts):,} to {max(counts):,} terms."
    )
    return painted("cells", figure, caption, wide=True)
