"""The compiled forward pass, and greedy decoding around it: one call for many rows and many steps."""

# B rows, M tokens of a pass, N steps, O outcomes

from seqserve.choosing import most_probable, sureness
from seqserve.kernel_attention import attention, keep
from seqserve.kernel_cache import inlined, kernel
from seqserve.kernel_data import Cache, Floats, Integers, Scratch, Weights
from seqserve.rows import NORM_POST, activate, add, normalise, product


@kernel
def decode(
    weights: Weights, cache: Cache, scratch: Scratch, slots: Integers, best: Integers, sure: Floats, logits: Floats
) -> None:
    """Continue the sequences in some slots greedily by as many tokens as `best` has columns, or up to END.

    A row's arithmetic does not depend on the other rows. The last prediction is not appended.

    Args:
        weights: The model.
        cache: Holds the sequences; each has a token that was not read yet.
        scratch: Room for as many tokens as there are rows, or more.
        slots: int64 (B,), different.
        best: int64 (B, N), takes the outcomes; -1 after END.
        sure: float32 (B, N), takes their probabilities.
        logits: float32 (B, O), takes those of the last prediction.
    """
    rows, steps = best.shape
    ended = 0
    for step in range(steps):
        count = gather(weights, cache, scratch, slots, best, step)
        while count:
            forward(weights, cache, scratch, count)
            count = gather(weights, cache, scratch, slots, best, step)
        found = scratch.last
        if weights.norm != NORM_POST:
            found = scratch.normed
            normalise(weights.norm, scratch.last, rows, weights.width, weights.norms[-1], scratch.ones, found)
        product(found, rows, weights.width, weights.head, weights.head_bias, logits)
        for row in range(rows):
            if step and (best[row, step - 1] == -1 or best[row, step - 1] == weights.end_token):
                best[row, step] = -1
                continue
            chosen = most_probable(logits[row], weights.outcomes)
            best[row, step] = chosen
            sure[row, step] = sureness(logits[row], weights.outcomes, scratch.shares)
            if chosen == weights.end_token:
                ended += 1
            elif step + 1 < steps:
                append(weights, cache, slots[row], chosen)
        if ended == rows:
            for row in range(rows):
                best[row, step + 1 :] = -1
            return


@inlined
def append(weights: Weights, cache: Cache, slot: int, token: int) -> None:
    """Continue a slot's sequence; a full window of absolute positions moves on and is to be read anew."""
    length = cache.lengths[slot]
    if length == weights.context and not weights.rotary:
        for i in range(1, length):
            cache.tokens[slot, i - 1] = cache.tokens[slot, i]
        length -= 1
        cache.read[slot] = 0
    cache.tokens[slot, length] = token
    cache.lengths[slot] = length + 1


@inlined
def gather(weights: Weights, cache: Cache, scratch: Scratch, slots: Integers, best: Integers, step: int) -> int:
    """Take what rows have not read, as many tokens as there is room for, and return how many these are."""
    room = scratch.tokens.shape[0]
    count = 0
    for row in range(slots.shape[0]):
        if step and (best[row, step - 1] == -1 or best[row, step - 1] == weights.end_token):
            continue
        slot = slots[row]
        # A ring holds two windows: a pass of more tokens would write over what its first ones see.
        first = cache.read[slot]
        behind = min(cache.lengths[slot], first + weights.context, first + room - count)
        for place in range(first, behind):
            scratch.tokens[count] = cache.tokens[slot, place]
            scratch.slots[count] = slot
            scratch.positions[count] = cache.first[slot] + place
            scratch.rows[count] = row if place == cache.lengths[slot] - 1 else -1
            count += 1
        cache.read[slot] = behind
        if weights.rotary and behind == cache.lengths[slot]:  # what was read is never read again
            cache.first[slot] += behind
            cache.lengths[slot] = cache.read[slot] = 0
    return count


@inlined
def forward(weights: Weights, cache: Cache, scratch: Scratch, count: int) -> None:
    """Run so many tokens through all layers; keep what follows the rows' last ones in `scratch.last`."""
    x, normed, branch = scratch.x, scratch.normed, scratch.branch
    width, norm = weights.width, weights.norm
    for m in range(count):
        token, position = scratch.tokens[m], scratch.positions[m]
        if weights.rotary:
            position = 0
        for i in range(x.shape[1]):
            x[m, i] = weights.values_VC[token, i] + weights.positions_PC[position, i]
    for layer in range(weights.layers):
        for half in range(2):
            gain_bias = weights.norms[2 * layer + half]
            if norm == NORM_POST:
                source = x
            else:
                normalise(norm, x, count, width, gain_bias, scratch.ones, normed)
                source = normed
            if half == 0:
                product(source, count, width, weights.qkv[layer], weights.qkv_bias[layer], scratch.qkv)
                keep(weights, cache, scratch, layer, count)
                if layer == weights.layers - 1:
                    count = only_asked(scratch, count)
                attention(weights, cache, scratch, layer, count)
                heads = scratch.read
                product(heads, count, heads.shape[1], weights.output[layer], weights.output_bias[layer], branch)
            else:
                hidden, bias = scratch.hidden, weights.hidden_out_bias[layer]
                product(source, count, width, weights.hidden_in[layer], weights.hidden_in_bias[layer], hidden)
                activate(weights.activation, hidden, count)
                product(hidden, count, weights.hidden, weights.hidden_out[layer], bias, branch)
            add(x, branch, count)
            if norm == NORM_POST:
                normalise(norm, x, count, width, gain_bias, scratch.ones, x)
    for m in range(count):
        for i in range(x.shape[1]):
            scratch.last[scratch.rows[m], i] = x[m, i]


@inlined
def only_asked(scratch: Scratch, count: int) -> int:
    """Move the tokens behind which an outcome is asked for to the front, and return how many these are.

    In the last layer, of the others only the keys and values are ever seen.
    """
    asked = 0
    for m in range(count):
        if scratch.rows[m] >= 0:
            if asked < m:
                scratch.slots[asked], scratch.positions[asked] = scratch.slots[m], scratch.positions[m]
                scratch.rows[asked] = scratch.rows[m]
                for i in range(scratch.x.shape[1]):
                    scratch.x[asked, i] = scratch.x[m, i]
                for i in range(scratch.qkv.shape[1]):
                    scratch.qkv[asked, i] = scratch.qkv[m, i]
            asked += 1
    return asked
