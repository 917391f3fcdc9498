"""What is done to each row of a pass by itself: maps, norms, activations."""

# M tokens, K inputs and N outputs of a map, C d_model, F hidden size

from typing import Any

import numpy as np

from seqserve.blocks import block_1x1, block_1x2, block_1x4, block_4x4, block_8x1, block_8x2
from seqserve.intrinsics import dot
from seqserve.kernel_cache import compiled, inlined
from seqserve.numerics import gelu, silu
from seqserve.vectors import LANES

PANEL = 4 * LANES
"""Columns of a map that are computed together."""

NORM_NONE, NORM_PRE, NORM_POST, NORM_RMS = range(4)
GELU, RELU, SILU = range(3)
_EPS = np.float32(1e-5)
_ONE = np.float32(1)
_ZERO = np.float32(0)


@compiled
def product(x: Any, rows: int, depth: int, panels: Any, bias: Any, y: Any) -> None:
    """Set y_MN = x_MK @ w_KN + bias_N; `panels` holds w as `kernel_weights.panels` lays it out.

    A block has 16 sums or more, as many as a processor can work on at a time; the fewer its columns, the more its rows.
    """
    x_row, y_row = x.shape[1], y.shape[1]
    column, width = 0, bias.shape[0]
    while column < width:
        w_at, left = depth * column, width - column
        row = 0
        if left >= PANEL:
            while row + 4 <= rows:
                x_at, y_at = row * x_row, row * y_row + column
                block_4x4(x, x_at, x_row, panels, w_at, 0, bias, column, 0, y, y_at, y_row, PANEL, depth)
                row += 4
            while row < rows:
                x_at, y_at = row * x_row, row * y_row + column
                block_1x4(x, x_at, 0, panels, w_at, 0, bias, column, 0, y, y_at, 0, PANEL, depth)
                row += 1
            column += PANEL
        elif left >= 2 * LANES:
            while row + 8 <= rows:
                x_at, y_at = row * x_row, row * y_row + column
                block_8x2(x, x_at, x_row, panels, w_at, 0, bias, column, 0, y, y_at, y_row, 2 * LANES, depth)
                row += 8
            while row < rows:
                x_at, y_at = row * x_row, row * y_row + column
                block_1x2(x, x_at, 0, panels, w_at, 0, bias, column, 0, y, y_at, 0, 2 * LANES, depth)
                row += 1
            column += 2 * LANES
        else:
            while row + 8 <= rows:
                x_at, y_at = row * x_row, row * y_row + column
                block_8x1(x, x_at, x_row, panels, w_at, 0, bias, column, 0, y, y_at, y_row, LANES, depth)
                row += 8
            while row < rows:
                x_at, y_at = row * x_row, row * y_row + column
                block_1x1(x, x_at, 0, panels, w_at, 0, bias, column, 0, y, y_at, 0, LANES, depth)
                row += 1
            column += LANES


@compiled
def normalise(kind: int, x: Any, rows: int, width: int, gain_bias: Any, ones: Any, y: Any) -> None:
    """Set y_MC to x_MC normalised over its first `width` numbers; what lies behind them is 0 and stays so.

    All rows are centred before any is scaled: work on one goes on while the sum of another is awaited.
    """
    step = x.shape[1]
    vectors = step // LANES
    gain, bias = gain_bias[0], gain_bias[1]
    count = np.float32(width)
    for row in range(rows):
        x_C, y_C = x[row], y[row]
        if kind == NORM_NONE:
            for i in range(step):
                y_C[i] = x_C[i]
        elif kind == NORM_RMS:
            scale = _ONE / np.sqrt(dot(x, row * step, x, row * step, vectors) / count + _EPS)
            for i in range(step):
                y_C[i] = x_C[i] * scale * gain[i]
        else:
            mean = dot(x, row * step, ones, 0, vectors) / count
            for i in range(width):
                y_C[i] = x_C[i] - mean
            for i in range(width, step):
                y_C[i] = _ZERO
    if kind in (NORM_PRE, NORM_POST):
        for row in range(rows):
            y_C = y[row]
            scale = _ONE / np.sqrt(dot(y, row * step, y, row * step, vectors) / count + _EPS)
            for i in range(step):
                y_C[i] = y_C[i] * scale * gain[i] + bias[i]


@inlined
def activate(kind: int, x: Any, rows: int) -> None:
    """Apply the activation to x_MF in place."""
    for row in range(rows):
        x_F = x[row]
        if kind == GELU:
            for i in range(x_F.shape[0]):
                x_F[i] = gelu(x_F[i])
        elif kind == RELU:
            for i in range(x_F.shape[0]):
                x_F[i] = x_F[i] if x_F[i] > _ZERO else _ZERO
        else:
            for i in range(x_F.shape[0]):
                x_F[i] = silu(x_F[i])


@inlined
def add(x: Any, y: Any, rows: int) -> None:
    """Add y_MC to x_MC."""
    for row in range(rows):
        x_C, y_C = x[row], y[row]
        for i in range(x_C.shape[0]):
            x_C[i] += y_C[i]
