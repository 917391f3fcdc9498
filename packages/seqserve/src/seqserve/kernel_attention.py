"""Attention of the kernel: the keys and values of every token are kept, then each reads those that it sees."""

# M tokens of a pass, D head size, S places of a slot

import math
from typing import Any

import numpy as np

from seqserve.intrinsics import LANES, block_1x1, block_1x2, dot, largest
from seqserve.kernel_cache import inlined
from seqserve.kernel_data import Cache, Scratch, Weights
from seqserve.numerics import exponential


@inlined
def attention(weights: Weights, cache: Cache, scratch: Scratch, layer: int, count: int) -> None:
    """Set the first `count` rows of `scratch.read` to what the heads read."""
    for m in range(count):
        keep(weights, cache, scratch, layer, m)
    for m in range(count):
        for head in range(weights.heads):
            attend(weights, cache, scratch, layer, head, m)


@inlined
def keep(weights: Weights, cache: Cache, scratch: Scratch, layer: int, m: int) -> None:
    """Put a token's keys and values into its slot; with rotary positions, turn keys and queries first."""
    padded, qkv = weights.padded_head, scratch.qkv[m]
    slot, position = scratch.slots[m], scratch.positions[m]
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
def sums(
    x: Any,
    x_at: int,
    w: Any,
    w_at: int,
    w_step: int,
    start: Any,
    start_at: int,
    y: Any,
    y_at: int,
    width: int,
    depth: int,
) -> None:
    """Set y_N = start_N + x_K @ w_KN, N being `width` to a multiple of LANES, from these places of arrays on."""
    column = 0
    while column < width:
        first, w_first, last = start_at + column, w_at + column, y_at + column
        if width - column > LANES:
            block_1x2(x, x_at, 0, w, w_first, w_step, start, first, 0, y, last, 0, depth)
        else:
            block_1x1(x, x_at, 0, w, w_first, w_step, start, first, 0, y, last, 0, depth)
        column += 2 * LANES


@inlined
def attend(weights: Weights, cache: Cache, scratch: Scratch, layer: int, head: int, m: int) -> None:
    """Read the keys and values that a token sees, from the oldest on, round the ring of its slot's places."""
    padded, places, step = weights.padded_head, weights.places, cache.keys.shape[4]
    position = scratch.positions[m]
    count = min(position + 1, weights.context)
    oldest = (position + 1 - count) % places
    before_end = min(count, places - oldest)
    row = ((layer * cache.keys.shape[1] + scratch.slots[m]) * weights.heads + head) * padded * step
    q_at = m * scratch.qkv.shape[1] + head * padded
    out_at = m * scratch.read.shape[1] + head * padded
    scores, pattern, ones, zeros = scratch.scores, scratch.pattern, scratch.ones, scratch.zeros

    used = min(oldest + count, places)
    sums(scratch.qkv, q_at, cache.keys, row, step, zeros, 0, scores, 0, used, weights.head_size)
    found = scores
    if oldest:  # the ring's order is not that of time
        found = pattern
        for i in range(before_end):
            pattern[i] = scores[oldest + i]
        for i in range(before_end, count):
            pattern[i] = scores[i - before_end]

    highest = largest(found, 0, count)
    vectors = (count + LANES - 1) // LANES
    for i in range(vectors * LANES):
        pattern[i] = exponential(found[i] - highest) if i < count else np.float32(0)
    share = np.float32(1) / dot(pattern, 0, ones, 0, vectors)
    for i in range(vectors * LANES):
        pattern[i] *= share

    out, rest = scratch.read, count - before_end
    sums(pattern, 0, cache.values, row + oldest * padded, padded, zeros, 0, out, out_at, padded, before_end)
    if rest:
        sums(pattern, before_end, cache.values, row, padded, out, out_at, out, out_at, padded, rest)
