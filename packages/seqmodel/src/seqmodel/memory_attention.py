"""The forward pass of `seqmodel.attention` and `rotary` in bytes, written as these are."""

# B batch, T new tokens, N all of them in rows (B * T, padded), C d_model, Q queries (T padded),
# S keys, H heads, D head size, X queries, keys and values, A keys and values

from collections.abc import Sequence

from seqmodel.config import ModelConfig
from seqmodel.memory_extent import ROW_MULTIPLE, Extent
from seqmodel.memory_operators import Operators
from seqmodel.memory_sizes import FLOAT32, Room, Value

FEW, SHORT = 32, 16
"""As in `seqmodel.attention`, which imports torch."""


class AttentionPass:
    """Attention of one pass, in any layer."""

    def __init__(self, config: ModelConfig, operators: Operators, extent: Extent) -> None:
        self._config = config
        self._ops = operators
        self._extent = extent
        self._width = config.heads * config.head_size
        self._pairs = extent.batch * config.heads
        self._hidden = Value(1, FLOAT32)  # a part of a table: only its type matters

    def run(self, x_NC: Value, asked: Extent, qkv: Sequence[Value], output: Sequence[Value]) -> Value:
        """Return what the heads of the tokens asked for read, projected back, given the weights of both maps."""
        ops, extent = self._ops, self._extent
        qkv_NX = ops.affine("queries, keys, values", x_NC, self._config.d_model, *qkv)
        numbers = 3 * extent.tokens * self._width
        qkv_XBHTD = ops.view("heads", qkv_NX, numbers, gradient=numbers * qkv_NX.width)
        if self._config.slides:
            qkv_XBHTD = self._turned(qkv_XBHTD)
        if ops.tape is not None and self._config.attention == "causal" and not extent.exact:
            return ops.affine("attention output", self._learn(qkv_XBHTD), self._width, *output)
        k_BHSD, v_BHSD = self._extended(qkv_XBHTD)
        q_BHTD = ops.view("queries", qkv_XBHTD, asked.tokens * self._width, gradient=qkv_XBHTD.size)
        keys = asked.keys if extent.slots else extent.keys
        free = not asked.exact and ops.tape is None
        if free and (asked.steps == 1 or keys % ROW_MULTIPLE == 0):
            read_BHTD = self._read_freely(q_BHTD, k_BHSD, v_BHSD, asked, keys)
        else:
            read_BHTD = self._read(q_BHTD, k_BHSD, v_BHSD, asked)
        apart = self._config.heads > 1 and asked.steps > 1
        read_NC = ops.contiguous("attention read", read_BHTD) if apart else read_BHTD
        if asked.rows > asked.tokens:
            read_NC = ops.result("attention read", asked.rows * self._width, read_NC.width)
        return ops.affine("attention output", read_NC, self._width, *output)

    def _extended(self, qkv_XBHTD: Value) -> tuple[Value, Value]:
        """Return keys and values: the new ones, or all that a cache holds."""
        ops, extent = self._ops, self._extent
        one = self._pairs * extent.keys * self._config.head_size
        if extent.slots:
            # All slots are read where they lie, some of them are copied out.
            copied = 0 if extent.batch == extent.slots else 2 * self._pairs * extent.places * self._config.head_size
            store = Room(ops.memory, copied * FLOAT32)
            return Value(one, FLOAT32, store), Value(one, FLOAT32, store)
        kv_ABHTD = ops.view("keys, values", qkv_XBHTD, qkv_XBHTD.numbers // 3 * 2, gradient=qkv_XBHTD.size)
        if extent.keys > extent.steps:
            kv_ABHTD = ops.result("keys, values", 2 * one, kv_ABHTD.width)
        k_BHSD, v_BHSD = ops.views("keys, values", kv_ABHTD, [one, one], gradient=kv_ABHTD.size)
        return k_BHSD, v_BHSD

    def _read(self, q_BHTD: Value, k_BHSD: Value, v_BHSD: Value, asked: Extent) -> Value:
        ops, extent, head_size = self._ops, self._extent, self._config.head_size
        read = self._pairs * asked.queries * head_size
        padded = asked.queries > asked.steps
        # What a map made has the heads inside each token, so that heads of several rows cannot be
        # merged; where they were turned, padded or cached they have been copied already.
        apart = extent.batch > 1 and self._config.heads > 1 and not self._config.slides
        keys_apart = apart and not extent.slots and extent.keys == extent.steps
        q_BHQD = ops.result("queries", q_BHTD.numbers, q_BHTD.width, [q_BHTD])
        if padded:
            q_BHQD = ops.result("queries", read, q_BHTD.width)
        queries_apart = apart and asked.steps > 1 and not padded
        scores = self._pairs * extent.keys * asked.queries
        scores_BHSQ = self._product("scores", (k_BHSD, keys_apart), (q_BHQD, queries_apart), scores)
        scores_BHSQ = ops.add("scores", scores_BHSQ, self._hidden)
        pattern_BHQS = ops.softmax("attention pattern", scores_BHSQ)
        pattern_BHQS = ops.dropout("attention pattern", pattern_BHQS, self._config.dropout)
        read_BHQD = self._product("attention read", (pattern_BHQS, False), (v_BHSD, keys_apart), read)
        return ops.view("attention read", read_BHQD, q_BHTD.numbers, gradient=None) if padded else read_BHQD

    def _learn(self, qkv_XBHTD: Value) -> Value:
        ops, one, heads = self._ops, qkv_XBHTD.numbers // 3, self._config.heads
        apart = self._extent.batch > 1 and heads > 1 and not self._config.slides
        qkv_XRTD = ops.contiguous("queries, keys, values", qkv_XBHTD) if apart else qkv_XBHTD
        q_RTD, k_RTD, v_RTD = ops.views("queries, keys, values", qkv_XRTD, [one] * 3, gradient=qkv_XRTD.size)
        q_RTD, k_RTD = ops.for_product("scores", q_RTD), ops.for_product("scores", k_RTD)
        numbers = self._pairs * self._extent.steps**2
        scores_RST = ops.result(
            "scores", numbers, q_RTD.width, [q_RTD, k_RTD], saved=[q_RTD, k_RTD], scratch=q_RTD.size
        )
        pattern_RTS = ops.softmax("attention pattern", scores_RST, turned=self._extent.steps <= SHORT)
        pattern_RTS = ops.dropout("attention pattern", pattern_RTS, self._config.dropout)
        read_RTD = self._product("attention read", (pattern_RTS, False), (v_RTD, False), one)
        return ops.contiguous("attention read", read_RTD) if heads > 1 and self._extent.steps > 1 else read_RTD

    def _read_freely(self, q_BHTD: Value, k_BHSD: Value, v_BHSD: Value, asked: Extent, keys: int) -> Value:
        ops, extent = self._ops, self._extent
        if asked.steps == 1 and self._pairs <= FEW:
            casts = [ops.for_product("attention read", value) for value in (q_BHTD, k_BHSD, v_BHSD)]
            return ops.result("attention read", q_BHTD.numbers, casts[0].width)
        apart = extent.batch > 1 and self._config.heads > 1 and not self._config.slides
        q_RTD = ops.contiguous("queries", q_BHTD) if apart else q_BHTD
        keys_apart = apart and not extent.slots
        k_RSD = ops.contiguous("keys", k_BHSD) if keys_apart else k_BHSD
        numbers = self._pairs * asked.steps * keys
        hidden = ops.for_product("scores", Value(numbers, FLOAT32))
        scores_RTS = self._product("scores", (q_RTD, False), (k_RSD, False), numbers)
        del hidden
        pattern_RTS = ops.softmax("attention pattern", scores_RTS)
        return self._product("attention read", (pattern_RTS, False), (v_BHSD, keys_apart), q_BHTD.numbers)

    def _product(self, name: str, a: tuple[Value, bool], b: tuple[Value, bool], numbers: int) -> Value:
        """Multiply the matrices of every head; those that lie apart are copied together first."""
        ops = self._ops
        (x, x_apart), (y, y_apart) = a, b
        x, y = ops.for_product(name, x), ops.for_product(name, y)
        x = ops.contiguous(name, x) if x_apart else x
        y = ops.contiguous(name, y) if y_apart else y
        return ops.product(name, x, y, numbers)

    def _turned(self, qkv_XBHTD: Value) -> Value:
        """Turn queries and keys by their positions, and join them with the values."""
        ops, one = self._ops, qkv_XBHTD.numbers // 3
        pair = ops.view("rotary", qkv_XBHTD, 2 * one, gradient=qkv_XBHTD.size)
        first, second = ops.views("rotary", pair, [one, one], gradient=pair.size)
        left = self._less(self._times_table(first), self._times_table(second))
        right = ops.add("rotary", self._times_table(second), self._times_table(first))
        turned = ops.result("rotary", 2 * one, FLOAT32, [(left, None), (right, None)])
        del left, right
        values = ops.view("rotary", qkv_XBHTD, one, gradient=qkv_XBHTD.size)
        widened = ops.widened(values, FLOAT32)
        joined = ops.result("rotary", 3 * one, FLOAT32, [(turned, None), (values, None)])
        del widened
        return joined

    def _times_table(self, x: Value) -> Value:
        widened = self._ops.widened(x, FLOAT32)
        made = self._ops.result("rotary", x.numbers, FLOAT32, [x])
        del widened
        return made

    def _less(self, x: Value, y: Value) -> Value:
        return self._ops.result("rotary", x.numbers, FLOAT32, [(x, None), y])
