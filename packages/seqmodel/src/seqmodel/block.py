"""One layer: attention and feed-forward, each a branch into the residual stream."""

# N tokens of all rows, C d_model, F hidden size

from typing import Any

from torch import Tensor, nn

from seqmodel.attention import Attention
from seqmodel.config import ModelConfig
from seqmodel.parts import ACTIVATIONS, NORMS, affine, make_norm
from seqmodel.window import Window


class Block(nn.Module):
    """Add what attention reads, then what the feed-forward layer makes of it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self._normalise = NORMS[config.norm]
        self._after = config.norm == "post"
        self.attention_norm = make_norm(config)
        self.attention = Attention(config)
        self.feed_forward_norm = make_norm(config)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_NC: Tensor, window: Window, layer: int) -> Tensor:
        """Return the residual stream after this layer."""
        x_NC = self._add(x_NC, "attention", window, layer)
        if window.observer is not None:
            x_NC = window.show_rows(f"blocks.{layer}.middle", x_NC)
        x_NC = self._add(x_NC, "feed_forward", window, layer)
        if window.observer is not None:
            x_NC = window.show_rows(f"blocks.{layer}.residual", x_NC)
        return x_NC

    def _add(self, x_NC: Tensor, name: str, window: Window, layer: int) -> Tensor:
        branch: Any = self._modules[name]
        norm: Any = self._modules[f"{name}_norm"]
        if self._after:
            return self._normalise(x_NC + self._dropped(branch.forward(x_NC, window, layer)), norm)
        return x_NC + self._dropped(branch.forward(self._normalise(x_NC, norm), window, layer))

    def _dropped(self, y_NC: Tensor) -> Tensor:
        return self.dropout(y_NC) if self.training else y_NC


class FeedForward(nn.Module):
    """Two affine maps with the activation between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.hidden = nn.Linear(config.d_model, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.d_model)
        self._activate = ACTIVATIONS[config.activation]

    def forward(self, x_NC: Tensor, window: Window, layer: int) -> Tensor:
        """Map (N, C) to (N, C)."""
        maps: Any = self._modules
        hidden_NF = self._activate(affine(x_NC, maps["hidden"]))
        if window.observer is not None:
            hidden_NF = window.show_rows(f"blocks.{layer}.hidden", hidden_NF)
        return affine(hidden_NF, maps["output"])
