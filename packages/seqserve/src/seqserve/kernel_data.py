"""What the kernel works on: three tuples of arrays, made once and filled by it."""

# V input tokens, P places of a window, L layers, C d_model, H heads, D head size, W = H * D, F hidden size,
# O outcomes; padded with zeros to a multiple of LANES. R slots, M tokens of a pass.

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Weights(NamedTuple):
    """A model: its sizes, and its weights as the kernel reads them.

    Maps lie in panels of columns, each panel contiguous: see `kernel_weights.panels`.
    """

    context: int
    places: int
    width: int
    layers: int
    heads: int
    head_size: int
    padded_head: int
    hidden: int
    outcomes: int
    end_token: int  # -1: there is none
    norm: int
    activation: int
    rotary: bool
    frequencies: NDArray[np.float64]  # (D / 2,) of rotary positions, radians a position
    values_VC: Floats
    positions_PC: Floats
    norms: Floats  # (2 * L + 1, 2, C): before attention and feed-forward of each layer, last; gain and bias
    qkv: Floats  # (L, C * 3 W)
    qkv_bias: Floats
    output: Floats  # (L, W * C)
    output_bias: Floats
    hidden_in: Floats  # (L, C * F)
    hidden_in_bias: Floats
    hidden_out: Floats  # (L, F * C)
    hidden_out_bias: Floats
    head: Floats  # (C * O)
    head_bias: Floats


class Cache(NamedTuple):
    """Sequences in slots: tokens that are to be read, and keys and values of those that were.

    A slot's `first` is the position of its first token here, `read` how many of its tokens have been read.
    """

    tokens: Integers  # (R, capacity)
    lengths: Integers
    read: Integers
    first: Integers
    keys: Floats  # (L, R, H, D, places): what one query multiplies lies together
    values: Floats  # (L, R, H, places, D)


class Scratch(NamedTuple):
    """Room for one pass of at most M tokens."""

    tokens: Integers  # (M,), as the next three
    slots: Integers
    positions: Integers
    rows: Integers  # the row whose next outcome is wanted after this token, or -1
    x: Floats  # (M, C), as the next two
    normed: Floats
    branch: Floats
    qkv: Floats  # (M, 3 W)
    read: Floats  # (M, W)
    hidden: Floats  # (M, F)
    last: Floats  # (M, C), of the rows' last tokens
    scores: Floats  # (H, places)
    turned: Floats  # (places,)
    totals: Floats  # (H,)
    shares: Floats  # (O,)
    ones: Floats
    zeros: Floats
