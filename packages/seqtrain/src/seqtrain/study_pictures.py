"""The pictures of a study: each decision's options beside its base, and all of them at a glance."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from seqtrain.pictures import QUIET, SERIES, Picture, label, new_figure, painted
from seqtrain.study_figures import Figures, Noise, noise
from seqtrain.study_file import Decision, Study, folder_name

_ROW = 0.27
"""Inches that an option takes."""

_PANELS = (("share", "accuracy, % of what is possible", 100.0), ("regret", "regret, nats a term", 1.0))


def study_pictures(study: Study, figures: Sequence[Figures]) -> list[Picture]:
    """Return one picture for each base, of all its decisions, and then one for each decision."""
    overviews = []
    for base in study.bases:
        decisions = [each for each in study.decisions if each.base == base]
        if decisions:
            overviews.append(_picture(f"overview-{base}", decisions, figures, f"All decisions around {base!r}."))
    return [
        *overviews,
        *(_picture(picture_name(each), [each], figures, f"{each.title}.") for each in study.decisions),
    ]


def picture_name(decision: Decision) -> str:
    """Return the name of a decision's picture.

    >>> picture_name(Decision(title="Feed-forward width", base="default", options={"32": ()}))
    'default-feed-forward-width'
    """
    return folder_name(f"{decision.base}-{decision.title}")


def _picture(name: str, decisions: Sequence[Decision], figures: Sequence[Figures], caption: str) -> Picture:
    rows = [row for decision in decisions for row in _rows(decision, figures, named=len(decisions) > 1)]
    figure = new_figure(9.2, 0.9 + _ROW * len(rows))
    for axes, (field, title, scale) in zip(figure.subplots(1, 2, sharey=True), _PANELS, strict=True):
        _panel(axes, rows, noise(figures, decisions[0].base, field), field, scale)
        if field == "regret":  # from a tenth to tens of nats
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        label(axes, x=title, y="option")
    figure.axes[0].set_yticks(range(len(rows)), [text for text, _, _ in rows])
    figure.axes[1].yaxis.label.set_visible(False)
    figure.axes[0].set_ylim(len(rows) - 0.5, -0.5)
    about = "The band is what the base reaches with different seeds; its own option is the hollow mark."
    return painted(name, figure, f"{caption} {about}", wide=True)


def _rows(decision: Decision, figures: Sequence[Figures], *, named: bool) -> list[tuple[str, Figures | None, Decision]]:
    """Return what stands in each row: its text, and its run; None for the base's own option."""
    found = {each.option: each for each in figures if each.base == decision.base and each.decision == decision.title}
    head = f"{decision.title}: " if named else ""
    options = [(option, found.get(option), decision) for option in decision.options]
    return [(f"{head}{decision.ships}", None, decision), *options]


def _panel(
    axes: Axes, rows: Sequence[tuple[str, Figures | None, Decision]], own: Noise | None, field: str, scale: float
) -> None:
    if own is not None:
        axes.axvspan(scale * own.low, scale * own.high, color=SERIES[0], alpha=0.18, linewidth=0)
    for place, (_, run, _) in enumerate(rows):
        if run is None:
            if own is not None:
                axes.plot(scale * own.mean, place, "o", color=SERIES[0], markerfacecolor="none")
            if place:
                axes.axhline(place - 0.5, color=QUIET, linewidth=0.5)
            continue
        value = getattr(run, field)
        if value is None:
            axes.text(0.02, place, "not defined", color=QUIET, va="center", transform=axes.get_yaxis_transform())
        else:
            axes.plot(scale * value, place, "o", color=SERIES[1])
