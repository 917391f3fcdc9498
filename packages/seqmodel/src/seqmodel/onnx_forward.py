"""The forward pass as an ONNX graph: the formulas of `transformer.py`, without a cache.

It is written out, not traced: a tracer needs packages of its own, warns, and bakes in what its
example happens to be. That both compute the same is tested for every option on ONNX Runtime.
"""

# B batch, T tokens, S keys, C d_model, H heads, D head size, E half of it, F hidden size, V values

from collections.abc import Callable

import numpy as np

from seqmodel.config import ROTARY_BASE
from seqmodel.onnx_graph import Graph
from seqmodel.parts import NORM_EPS
from seqmodel.transformer import Transformer


class OnnxForward:
    """Write a model's forward pass into a graph, one method for each part.

    The methods take and return names of tensors in the graph.
    """

    def __init__(self, model: Transformer, graph: Graph) -> None:
        self._config = model.config
        self._graph = graph
        self._weights = {name: weight.detach().cpu().numpy() for name, weight in model.state_dict().items()}
        tables = {"values": model.embedding.values, "positions": model.embedding.positions}
        self._tables = {
            name: table.rows().detach().cpu().numpy() for name, table in tables.items() if table is not None
        }
        self._hidden_TS: str | None = None
        self._turns_TE: tuple[str, str] = ("", "")

    def write(self, tokens_BT: str, logits_BTV: str) -> None:
        """Add everything from the tokens to the logits."""
        add = self._graph.add
        length = add("Gather", add("Shape", tokens_BT), self._integers("one", 1))
        positions_T = add("Range", self._integers("zero", 0), length, self._integers("one", 1))
        if self._config.attention == "causal":
            self._hidden_TS = self._hidden(positions_T)
        if self._config.slides:
            self._turns_TE = self._turns(positions_T)
        x_BTC = self._look_up("values", tokens_BT)
        if "positions" in self._tables:
            x_BTC = add("Add", x_BTC, self._look_up("positions", positions_T))
        for layer in range(self._config.layers):
            x_BTC = self._branch(x_BTC, f"blocks.{layer}.attention", self._attention)
            x_BTC = self._branch(x_BTC, f"blocks.{layer}.feed_forward", self._feed_forward)
        if self._config.norm != "post":
            x_BTC = self._norm(x_BTC, "final_norm")
        self._affine(x_BTC, "output", result=logits_BTV)

    def _look_up(self, table: str, indices: str) -> str:
        """Take rows of a table; to ask for one that it does not have is an error."""
        return self._graph.add("Gather", self._graph.tensor(f"embedding.{table}", self._tables[table]), indices)

    def _hidden(self, positions_T: str) -> str:
        """Return 0 for each key that a query sees, else minus infinity: (T, S)."""
        add = self._graph.add
        queries_T1 = add("Unsqueeze", positions_T, self._integers("last", [-1]))
        seen_TS = add("LessOrEqual", positions_T, queries_T1)
        if self._config.slides:
            first_T1 = add("Sub", queries_T1, self._integers("context", self._config.context))
            seen_TS = add("And", seen_TS, add("Greater", positions_T, first_T1))
        return add("Where", seen_TS, self._numbers("seen", 0), self._numbers("unseen", -np.inf))

    def _turns(self, positions_T: str) -> tuple[str, str]:
        """Return cosines and sines of all angles, (T, E): found in float64, as far positions need."""
        add = self._graph.add
        half = self._config.head_size // 2
        frequencies_E = self._graph.tensor("frequencies", ROTARY_BASE ** -(np.arange(half) / half))
        positions_T1 = add("Unsqueeze", positions_T, self._integers("last", [-1]))
        angles_TE = add("Mul", add("Cast", positions_T1, to=self._graph.FLOAT64), frequencies_E)
        cos_TE, sin_TE = (add("Cast", add(wave, angles_TE), to=self._graph.FLOAT32) for wave in ("Cos", "Sin"))
        return cos_TE, sin_TE

    def _branch(self, x_BTC: str, name: str, branch: Callable[[str, str], str]) -> str:
        """Add a branch to the residual stream, with its normalisation before or after."""
        if self._config.norm == "post":
            return self._norm(self._graph.add("Add", x_BTC, branch(x_BTC, name)), f"{name}_norm")
        return self._graph.add("Add", x_BTC, branch(self._norm(x_BTC, f"{name}_norm"), name))

    def _attention(self, x_BTC: str, name: str) -> str:
        add, config = self._graph.add, self._config
        apart = self._integers("heads_apart", [0, 0, 3, config.heads, config.head_size])
        qkv_XBHTD = add("Transpose", add("Reshape", self._affine(x_BTC, f"{name}.qkv"), apart), perm=[2, 0, 3, 1, 4])
        q_BHTD, k_BHSD, v_BHSD = (
            add("Gather", qkv_XBHTD, self._integers(which, number), axis=0)
            for number, which in enumerate(("zero", "one", "two"))
        )
        if config.slides:
            q_BHTD, k_BHSD = self._rotate(q_BHTD), self._rotate(k_BHSD)
        q_BHTD = add("Mul", q_BHTD, self._numbers("scale", config.head_size**-0.5))
        scores_BHTS = add("MatMul", q_BHTD, add("Transpose", k_BHSD, perm=[0, 1, 3, 2]))
        if self._hidden_TS is not None:
            scores_BHTS = add("Add", scores_BHTS, self._hidden_TS)
        read_BHTD = add("MatMul", add("Softmax", scores_BHTS, axis=-1), v_BHSD)
        together = self._integers("heads_together", [0, 0, config.heads * config.head_size])
        read_BTC = add("Reshape", add("Transpose", read_BHTD, perm=[0, 2, 1, 3]), together)
        return self._affine(read_BTC, f"{name}.output")

    def _rotate(self, x_BHTD: str) -> str:
        """Turn every pair: its two dimensions lie in the two halves of a head."""
        add = self._graph.add
        cos_TE, sin_TE = self._turns_TE
        first_BHTE, second_BHTE = self._graph.split(x_BHTD, 2)
        turned = [
            add("Sub", add("Mul", first_BHTE, cos_TE), add("Mul", second_BHTE, sin_TE)),
            add("Add", add("Mul", second_BHTE, cos_TE), add("Mul", first_BHTE, sin_TE)),
        ]
        return add("Concat", *turned, axis=-1)

    def _feed_forward(self, x_BTC: str, name: str) -> str:
        hidden_BTF = self._activate(self._affine(x_BTC, f"{name}.hidden"))
        return self._affine(hidden_BTF, f"{name}.output")

    def _activate(self, x_BTF: str) -> str:
        add, activation = self._graph.add, self._config.activation
        if activation == "relu":
            return add("Relu", x_BTF)
        if activation == "silu":
            return add("Mul", x_BTF, add("Sigmoid", x_BTF))
        # x (1 + erf(x / sqrt 2)) / 2; Gelu itself came with opset 20.
        erf_BTF = add("Erf", add("Mul", x_BTF, self._numbers("root_half", 0.5**0.5)))
        halved_BTF = add("Mul", x_BTF, self._numbers("half", 0.5))
        return add("Mul", halved_BTF, add("Add", erf_BTF, self._numbers("unity", 1)))

    def _norm(self, x_BTC: str, name: str) -> str:
        add, norm = self._graph.add, self._config.norm
        if norm == "none":
            return x_BTC
        weight_C = self._weight(f"{name}.weight")
        if norm != "rms":
            return add("LayerNormalization", x_BTC, weight_C, self._weight(f"{name}.bias"), epsilon=NORM_EPS)
        mean_BT1 = add("ReduceMean", add("Mul", x_BTC, x_BTC), axes=[-1])
        size_BT1 = add("Sqrt", add("Add", mean_BT1, self._numbers("eps", NORM_EPS)))
        return add("Mul", add("Div", x_BTC, size_BT1), weight_C)

    def _affine(self, x: str, name: str, *, result: str | None = None) -> str:
        """Map with the weights of an `nn.Linear`, transposed once and for all."""
        product = self._graph.add("MatMul", x, self._graph.tensor(f"{name}.weight", self._weights[f"{name}.weight"].T))
        return self._graph.add("Add", product, self._weight(f"{name}.bias"), result=result)

    def _weight(self, name: str) -> str:
        return self._graph.tensor(name, self._weights[name])

    def _integers(self, name: str, values: int | list[int]) -> str:
        return self._graph.tensor(name, np.array(values, dtype=np.int64))

    def _numbers(self, name: str, value: float) -> str:
        return self._graph.tensor(name, np.array(value, dtype=np.float32))
