"""What is done to each row of a pass by itself: maps, norms, activations."""

# M tokens, K inputs and N outputs of a map, C d_model, F hidden size

from typing import Any

import numpy as np

from seqserve.intrinsics import LANES, block_1x1, block_1x4, block_4x1, block_4x4, dot
from seqserve.kernel_cache import inlined
from seqserve.numerics import gelu, silu

PANEL = 4 * LANES
"""Columns of a map that are computed together."""

NORM_NONE, NORM_PRE, NORM_POST, NORM_RMS = range(4)
GELU, RELU, SILU = range(3)
_EPS = np.float32(1e-5)
_ONE = np.float32(1)
_ZERO = np.float32(0)


@inlined
def product(x: Any, rows: int, depth: int, panels: Any, bias: Any, y: Any) -> None:
    """Set y_MN = x_MK @ w_KN + bias_N; `panels` holds w as `kernel_weights.panels` lays it out."""
    x_step, y_step = x.shape[1], y.shape[1]
    column, width = 0, bias.shape[0]
    while column < width:
        w_at = depth * column
        wide = width - column >= PANEL
        row = 0
        while row < rows:
            x_at, y_at = row * x_step, row * y_step + column
            if row + 4 <= rows:
                if wide:
                    block_4x4(x, x_at, x_step, panels, w_at, PANEL, bias, column, 0, y, y_at, y_step, depth)
                else:
                    block_4x1(x, x_at, x_step, panels, w_at, LANES, bias, column, 0, y, y_at, y_step, depth)
                row += 4
            else:
                if wide:
                    block_1x4(x, x_at, 0, panels, w_at, PANEL, bias, column, 0, y, y_at, 0, depth)
                else:
                    block_1x1(x, x_at, 0, panels, w_at, LANES, bias, column, 0, y, y_at, 0, depth)
                row += 1
        column += PANEL if wide else LANES


@inlined
def normalise(kind: int, x: Any, rows: int, width: int, gain_bias: Any, ones: Any, y: Any) -> None:
    """Set y_MC to x_MC normalised over its first `width` numbers; what lies behind them is 0 and stays so."""
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
