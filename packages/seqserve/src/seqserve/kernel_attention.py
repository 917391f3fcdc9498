"""Attention of the kernel: the keys and values of every token are kept, then each reads those that it sees."""

# M tokens of a pass, D head size, S places of a slot

import math
from typing import Any

import numpy as np

from seqserve.blocks import block_1x1, block_1x2, block_2x1, block_2x2, block_4x1, block_4x2
from seqserve.intrinsics import exponentials, scale
from seqserve.kernel_cache import compiled, inlined
from seqserve.kernel_data import Cache, Scratch, Weights
from seqserve.vectors import LANES

TOGETHER = 8
"""Tokens whose scores are held at a time."""


@inlined
def attention(weights: Weights, cache: Cache, scratch: Scratch, layer: int, count: int) -> None:
    """Set the first `count` rows of `scratch.read` to what the heads read.

    Some tokens at a time go through each stage together: none waits for the end of another's sums.
    """
    for first in range(0, count, TOGETHER):
        behind = min(first + TOGETHER, count)
        for m in range(first, behind):
            compare(weights, cache, scratch, layer, m, (m - first) * weights.heads)
        for i in range((behind - first) * weights.heads):
            at = i * scratch.scores.shape[1]
            seen = min(scratch.positions[first + i // weights.heads] + 1, weights.context)
            scratch.totals[i] = exponentials(scratch.scores, at, seen, scratch.scores, at)
        for m in range(first, behind):
            collect(weights, cache, scratch, layer, m, (m - first) * weights.heads)


@inlined
def keep(weights: Weights, cache: Cache, scratch: Scratch, layer: int, count: int) -> None:
    """Put tokens' keys and values into their slots; with rotary positions, turn keys and queries first."""
    padded = weights.padded_head
    for m in range(count):
        qkv, slot, position = scratch.qkv[m], scratch.slots[m], scratch.positions[m]
        place = position % weights.places
        for head in range(weights.heads):
            q_at = head * padded
            k_at = q_at + weights.heads * padded
            v_at = k_at + weights.heads * padded
            if weights.rotary:
                turn(qkv, q_at, position, weights.frequencies)
                turn(qkv, k_at, position, weights.frequencies)
            for i in range(weights.head_size):
                cache.keys[layer, slot, head, i, place] = qkv[k_at + i]
            for i in range(padded):
                cache.values[layer, slot, head, place, i] = qkv[v_at + i]


@inlined
def turn(x: Any, at: int, position: int, frequencies: Any) -> None:
    """Turn the pairs of a head by a position's angles, as `seqmodel.rotary` does."""
    half = frequencies.shape[0]
    for i in range(half):
        angle = position * frequencies[i]
        cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        first, second = x[at + i], x[at + half + i]
        x[at + i] = first * cosine - second * sine
        x[at + half + i] = second * cosine + first * sine


@inlined
def compare(weights: Weights, cache: Cache, scratch: Scratch, layer: int, m: int, first: int) -> None:
    """Set rows of `scratch.scores`, from the first on, to the products of a token's queries and the keys it sees.

    They lie in the order of time; a slot's places are a ring.
    """
    padded, places, step = weights.padded_head, weights.places, cache.keys.shape[4]
    position = scratch.positions[m]
    count = min(position + 1, weights.context)
    oldest = (position + 1 - count) % places
    used = min(oldest + count, places)
    scores, apart, row = scratch.scores, scratch.scores.shape[1], padded * step
    k_at = (layer * cache.keys.shape[1] + scratch.slots[m]) * weights.heads * row
    q_at, s_at = m * scratch.qkv.shape[1], first * apart
    sums(
        weights.heads, scratch.qkv, q_at, padded, cache.keys, k_at, row, step,
        scratch.zeros, 0, 0, scores, s_at, apart, used, weights.head_size,
    )  # fmt: skip
    if oldest:
        turned = scratch.turned
        for head in range(first, first + weights.heads):
            here = scores[head]
            for i in range(used):
                turned[i] = here[i]
            for i in range(used - oldest):
                here[i] = turned[oldest + i]
            for i in range(used - oldest, count):
                here[i] = turned[i - used + oldest]


@inlined
def collect(weights: Weights, cache: Cache, scratch: Scratch, layer: int, m: int, first: int) -> None:
    """Set a token's row of `scratch.read` to the values that it sees, weighted by rows of `scratch.scores`."""
    padded, places, step = weights.padded_head, weights.places, cache.keys.shape[4]
    position = scratch.positions[m]
    count = min(position + 1, weights.context)
    oldest = (position + 1 - count) % places
    before_end = min(count, places - oldest)
    scores, apart, row, out = scratch.scores, scratch.scores.shape[1], padded * step, scratch.read
    v_at = (layer * cache.keys.shape[1] + scratch.slots[m]) * weights.heads * row
    s_at, out_at = first * apart, m * out.shape[1]
    sums(
        weights.heads, scores, s_at, apart, cache.values, v_at + oldest * padded, row, padded,
        scratch.zeros, 0, 0, out, out_at, padded, padded, before_end,
    )  # fmt: skip
    if before_end < count:
        sums(
            weights.heads, scores, s_at + before_end, apart, cache.values, v_at, row, padded,
            out, out_at, padded, out, out_at, padded, padded, count - before_end,
        )  # fmt: skip
    for head in range(weights.heads):
        scale(out, out_at + head * padded, padded // LANES, np.float32(1) / scratch.totals[first + head])


@compiled
def sums(
    heads: int, x: Any, x_at: int, x_row: int, w: Any, w_at: int, w_row: int, w_step: int,
    start: Any, start_at: int, start_row: int, y: Any, y_at: int, y_row: int, width: int, depth: int,
) -> None:  # fmt: skip
    """Set y_HN = start_HN + x_HK @ w_HKN, N being `width` to a multiple of LANES, from these places of arrays on."""
    head = 0
    while head < heads:
        left = heads - head
        for column in range(0, width, 2 * LANES):
            x_h, w_h = x_at + head * x_row, w_at + head * w_row + column
            s_h, y_h = start_at + head * start_row + column, y_at + head * y_row + column
            wide = width - column > LANES
            if left >= 4 and wide:
                block_4x2(x, x_h, x_row, w, w_h, w_row, start, s_h, start_row, y, y_h, y_row, w_step, depth)
            elif left >= 4:
                block_4x1(x, x_h, x_row, w, w_h, w_row, start, s_h, start_row, y, y_h, y_row, w_step, depth)
            elif left >= 2 and wide:
                block_2x2(x, x_h, x_row, w, w_h, w_row, start, s_h, start_row, y, y_h, y_row, w_step, depth)
            elif left >= 2:
                block_2x1(x, x_h, x_row, w, w_h, w_row, start, s_h, start_row, y, y_h, y_row, w_step, depth)
            elif wide:
                block_1x2(x, x_h, 0, w, w_h, 0, start, s_h, 0, y, y_h, 0, w_step, depth)
            else:
                block_1x1(x, x_h, 0, w, w_h, 0, start, s_h, 0, y, y_h, 0, w_step, depth)
        head += 4 if left >= 4 else 2 if left >= 2 else 1
