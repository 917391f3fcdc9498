"""Drawing: one picture as SVG that follows a page's light or dark colours, and as PNG.

Pictures are drawn in the colours of `COLOURS`; in the SVG each becomes a variable of the page's style.
"""

import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

COLOURS = {
    "ink": "#1c2128",
    "quiet": "#5c6670",
    "grid": "#e3e7eb",
    "paper": "#fffffe",
    "series-1": "#0b63c4",
    "series-2": "#c2500a",
    "series-3": "#0f7f5f",
    "series-4": "#8447b5",
    "series-5": "#a8326e",
    "series-6": "#7d6a00",
}
"""The colours of a light page by name. `page.css` gives them again, and those of a dark one."""

SERIES = tuple(colour for name, colour in COLOURS.items() if name.startswith("series-"))
INK, QUIET, GRID, PAPER = (COLOURS[name] for name in ("ink", "quiet", "grid", "paper"))
MODEL, POSSIBLE = SERIES[:2]

_DOTS_PER_INCH = 144

_SOME_DECADES, _MANY_DECADES = 1.5, 3.5
"""From here on a logarithmic axis has room for two numbers a decade, and for one."""

_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same picture everywhere
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and scaled
    "text.color": INK,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Hold a picture.

    Attributes:
        name: Of its file, without an ending.
        caption: What one sees in it.
        svg: To stand in a page.
        png: To stand beside it, in light colours.
        wide: Whether it takes the whole width of the page.
    """

    name: str
    caption: str
    svg: str
    png: bytes
    wide: bool = False


@contextmanager
def house_style() -> Iterator[None]:
    """Make what is drawn in the block look alike; how others draw is left as it was."""
    with mpl.rc_context(_STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches; 6.2 is half a page's width. No window is opened for it."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def label(axes: Axes, *, x: str, y: str) -> None:
    """Name both axes; each label ends with its unit, where there is one."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def logarithmic(axes: Axes) -> None:
    """Let the values, which are drawn already, grow by factors upwards, with numbers that people write: 0.5, 0.7, 1.

    The further they reach, the fewer of these stand beside the axis.
    """
    axes.set_yscale("log")
    low, high = axes.dataLim.intervaly
    decades = math.log10(high / low) if 0 < low < high else 0.0
    subs = (
        (1.0,) if decades > _MANY_DECADES else (1.0, 3.0) if decades > _SOME_DECADES else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    )
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def painted(name: str, figure: Figure, caption: str, *, wide: bool = False) -> Picture:
    """Return a finished figure as a picture.

    Raises:
        ValueError: An axis that is shown has no label.
    """
    for axes in figure.axes:
        if not (axes.get_xlabel() and axes.get_ylabel()):
            raise ValueError(f"picture {name!r}: each axis needs a label")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=_DOTS_PER_INCH, facecolor=PAPER)
    return Picture(name=name, caption=caption, svg=_svg(name, figure), png=png.getvalue(), wide=wide)


def _svg(name: str, figure: Figure) -> str:
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    # What a page has no use for: other documents' names, fixed sizes, comments.
    svg = re.sub(r'<metadata>.*?</metadata>|<!--.*?-->| xmlns(:xlink)?="[^"]*"', "", svg, flags=re.DOTALL)
    svg = re.sub(r'<svg ([^>]*?)(width|height)="[^"]*" ?', r"<svg \1", svg, count=1)
    svg = re.sub(r'<svg ([^>]*?)(width|height)="[^"]*" ?', r"<svg \1", svg, count=1)
    # Several pictures stand in one page, so that names must differ between them.
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{name}-", svg)
    svg = svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
    for role, colour in COLOURS.items():
        svg = svg.replace(colour, f"var(--{role})")
    return svg.strip()
