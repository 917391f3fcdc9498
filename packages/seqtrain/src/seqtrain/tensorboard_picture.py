"""A picture of one figure by family and position, for TensorBoard: quick to draw and legible at a glance."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from seqtrain.metrics import Breakdown, Metrics

_LEFT, _TOP, _WIDTH, _HEIGHT = 200, 24, 58, 22
_PAPER, _INK, _FULL = (255, 255, 255), (28, 33, 40), (11, 99, 196)


def picture_of(figures: Breakdown[Metrics], figure: Callable[[Metrics], float]) -> NDArray[np.uint8]:
    """Return a table of shares in per cent, darker where they are larger: uint8 (height, width, 3).

    Args:
        figures: Of a source that knows the families of its rows.
        figure: A share, 0 to 1, of each group.
    """
    names, depths = list(figures.cells), list(figures.positions)
    size = _LEFT + _WIDTH * len(depths), _TOP + _HEIGHT * len(names)
    image = Image.new("RGB", size, _PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)

    def write(place: tuple[float, float], text: str, anchor: str = "mm", colour: tuple[int, ...] = _INK) -> None:
        draw.text(place, text, fill=colour, font=font, anchor=anchor)

    for column, depth in enumerate(depths):
        write((_LEFT + (column + 0.5) * _WIDTH, _TOP / 2), f"after {depth}")
    for row, name in enumerate(names):
        top = _TOP + row * _HEIGHT
        write((_LEFT - 8, top + _HEIGHT / 2), name, "rm")
        for column, depth in enumerate(depths):
            if depth not in figures.cells[name]:
                continue
            share, left = figure(figures.cells[name][depth]), _LEFT + column * _WIDTH
            shade = tuple(round(p + (f - p) * share) for p, f in zip(_PAPER, _FULL, strict=True))
            draw.rectangle((left, top, left + _WIDTH - 2, top + _HEIGHT - 2), fill=shade)
            text = f"{100 * share:.1f}"
            write((left + _WIDTH / 2, top + _HEIGHT / 2), text, colour=_PAPER if share > 0.5 else _INK)
    return np.asarray(image)
