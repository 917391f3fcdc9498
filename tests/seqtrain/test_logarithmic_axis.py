"""Numbers beside a logarithmic axis: enough to read by, and never so many that they overlap."""

from itertools import pairwise

import pytest

from seqtrain.pictures import house_style, label, logarithmic, new_figure, painted


@pytest.mark.parametrize(("low", "high"), [(0.5, 2.1), (0.02, 5.6), (1e-4, 3.0), (2e-7, 12.0)])
def test_a_curve_of_any_reach_has_a_handful_of_numbers(low, high):
    with house_style():
        figure = new_figure(6.2, 3.5)
        axes = figure.subplots()
        axes.plot([0, 1], [low, high])
        logarithmic(axes)
        label(axes, x="step", y="loss")
        painted("curve", figure, "A curve.")
        bottom, top = axes.get_ylim()
        renderer = figure.canvas.get_renderer()
        shown = [text for text in axes.get_yticklabels() if bottom <= text.get_position()[1] <= top]
        boxes = sorted((text.get_window_extent(renderer) for text in shown), key=lambda box: box.y0)
    assert len(boxes) >= 3
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))
