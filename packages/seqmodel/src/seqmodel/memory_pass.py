"""The forward pass of `seqmodel.transformer`, `embedding` and `block` in bytes, written as these are.

The same names are alive at the same time: what changes there changes here.
"""

# B batch, T new tokens, N all of them in rows (B * T, padded), C d_model, F hidden size,
# V classes or input tokens, P positions

from collections.abc import Mapping
from dataclasses import replace

from seqmodel.config import ModelConfig
from seqmodel.memory_attention import AttentionPass
from seqmodel.memory_extent import ROW_MULTIPLE, Extent
from seqmodel.memory_operators import Operators
from seqmodel.memory_sizes import FLOAT32, Room, Value
from seqmodel.parameters import value_feature_width
from seqmodel.vocabularies import Vocabulary


class ForwardPass:
    """One pass of a model with weights of these sizes.

    Args:
        last: Whether only what follows each row's last token is asked for.
    """

    def __init__(
        self,
        config: ModelConfig,
        vocabulary: Vocabulary,
        weights: Mapping[str, Value],
        operators: Operators,
        extent: Extent,
        *,
        last: bool,
    ) -> None:
        self._config = config
        self._vocabulary = vocabulary
        self._weights = weights
        self._ops = operators
        self._extent = extent
        self._asked = replace(extent, steps=1) if last else extent
        self._attention = AttentionPass(config, operators, extent)

    def logits(self) -> Value:
        """Run all of it; return what the model says, (B, T, V) in float32."""
        config, ops, extent, asked = self._config, self._ops, self._extent, self._asked
        table = self._longer_table()
        x_BTC = ops.dropout("embedding", self._embed(), config.dropout)
        padded = extent.rows > extent.tokens
        x_NC = ops.result("embedding", extent.rows * config.d_model, x_BTC.width) if padded else x_BTC
        for layer in range(config.layers):
            x_NC = self._block(x_NC, f"blocks.{layer}", self._asked if layer == config.layers - 1 else extent)
        kind = "none" if config.norm == "post" else config.norm
        normal_NC = ops.norm(kind, "final norm", x_NC, self._of("final_norm"))
        logits_NV = ops.affine("logits", normal_NC, config.d_model, *self._of("output"))
        del normal_NC
        if asked.rows > asked.tokens:
            logits_NV = ops.view("logits", logits_NV, logits_NV.numbers // asked.rows * asked.tokens, gradient=None)
        logits_BTV = ops.to_width("logits", logits_NV, FLOAT32)
        ops.end_autocast()
        del table
        return logits_BTV

    def _of(self, module: str) -> list[Value]:
        """Return a module's weights: a matrix or scale, and a bias where there is one."""
        names = (f"{module}.weight", f"{module}.bias")
        return [self._weights[name] for name in names if name in self._weights]

    def _longer_table(self) -> Room | None:
        """Make a table of what is seen where a row is longer than the model's own has room for."""
        extent, memory = self._extent, self._ops.memory
        longest = max(extent.queries, extent.keys)
        if extent.queries <= extent.places + ROW_MULTIPLE and extent.keys <= extent.places:
            return None
        numbers = (longest + ROW_MULTIPLE) * longest
        table = Room(memory, numbers * FLOAT32)
        Room(memory, numbers * (FLOAT32 + 2))  # zeros to be masked; what is seen, and what not
        return table

    def _embed(self) -> Value:
        config, ops, width = self._config, self._ops, self._config.d_model
        features = value_feature_width(config, self._vocabulary)
        table_VC = self._table("values", self._vocabulary.size, features)
        x_BTC = ops.result("embedding", self._extent.tokens * width, table_VC.width, [table_VC])
        del table_VC
        if not config.slides:
            table_PC = self._table("positions", config.context, 1)
            rows_TC = ops.view("embedding", table_PC, self._extent.steps * width, gradient=table_PC.size)
            x_BTC = ops.add("embedding", x_BTC, rows_TC)
        return x_BTC

    def _table(self, kind: str, things: int, features: int) -> Value:
        vectors, maps = self._of(f"embedding.{kind}.vectors"), self._of(f"embedding.{kind}.map")
        fixed = Value(things * features, FLOAT32)
        if not maps:
            return vectors[0] if vectors else Value(things * self._config.d_model, FLOAT32)
        if not vectors:
            return self._ops.affine("embedding", fixed, features, maps[0])
        return self._ops.affine_of_fixed("embedding", fixed, maps[0], vectors[0])

    def _block(self, x_NC: Value, name: str, asked: Extent) -> Value:
        ops, config, after = self._ops, self._config, self._config.norm == "post"
        for kind in ("attention", "feed_forward"):
            norm, label = self._of(f"{name}.{kind}_norm"), kind.replace("_", "-")
            normal = f"{label} norm"
            y_NC = self._branch(x_NC if after else ops.norm(config.norm, normal, x_NC, norm), f"{name}.{kind}", asked)
            if asked.tokens < self._extent.tokens and kind == "attention":
                x_NC = self._rows_of(x_NC, asked)
            x_NC = ops.add(label, x_NC, ops.dropout(f"{label} dropout", y_NC, config.dropout))
            if after:
                x_NC = ops.norm("post", normal, x_NC, norm)
        return x_NC

    def _rows_of(self, x_NC: Value, asked: Extent) -> Value:
        """Return the residual stream of the last tokens, which lie in that of all."""
        width = self._config.d_model
        if asked.rows > asked.tokens:
            return self._ops.result("attention", asked.rows * width, x_NC.width)
        return self._ops.view("attention", x_NC, asked.rows * width, gradient=None)

    def _branch(self, x_NC: Value, name: str, asked: Extent) -> Value:
        if name.endswith("attention"):
            return self._attention.run(x_NC, asked, self._of(f"{name}.qkv"), self._of(f"{name}.output"))
        config, ops = self._config, self._ops
        weights = self._of(f"{name}.hidden")
        hidden_NF = ops.affine("feed-forward hidden", x_NC, config.d_model, *weights)
        if ops.tape is not None or ops.autocast or not asked.has_large(asked.tokens * weights[0].numbers):
            hidden_NF = ops.activate(config.activation, "activation", hidden_NF)
        return ops.affine("feed-forward output", hidden_NF, config.hidden_size, *self._of(f"{name}.output"))
