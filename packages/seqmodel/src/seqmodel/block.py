"""One layer: attention and feed-forward, each a branch into the residual stream."""

# N tokens of all rows, C d_model, F hidden size

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import dropout

from seqmodel.attention import Attention
from seqmodel.config import ModelConfig
from seqmodel.parts import NORMS, make_norm
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
        self.rate = config.dropout

    def forward(self, x_NC: Tensor, window: Window, asked: Window, layer: int) -> Tensor:
        """Return the residual stream after this layer: that of the tokens that are asked for."""
        parts: Any = self._modules
        norm = parts["attention_norm"]
        y_NC = parts["attention"].forward(self._before(x_NC, norm), window, asked, layer)
        x_NC = self._add(asked.rows_of(x_NC), y_NC, norm)
        if asked.observer is not None:
            x_NC = asked.show_rows(f"blocks.{layer}.middle", x_NC)
        norm = parts["feed_forward_norm"]
        y_NC = parts["feed_forward"].forward(self._before(x_NC, norm), asked, layer)
        x_NC = self._add(x_NC, y_NC, norm)
        if asked.observer is not None:
            x_NC = asked.show_rows(f"blocks.{layer}.residual", x_NC)
        return x_NC

    def _before(self, x_NC: Tensor, norm: nn.Module) -> Tensor:
        """Return what a branch reads."""
        return x_NC if self._after else self._normalise(x_NC, norm)

    def _add(self, x_NC: Tensor, y_NC: Tensor, norm: nn.Module) -> Tensor:
        """Add what a branch made to the residual stream."""
        x_NC = x_NC + (dropout(y_NC, self.rate) if self.rate and self.training else y_NC)
        return self._normalise(x_NC, norm) if self._after else x_NC


class FeedForward(nn.Module):
    """Two affine maps with the activation between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.hidden = nn.Linear(config.d_model, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.d_model)
        self._activation = config.activation

    def forward(self, x_NC: Tensor, window: Window, layer: int) -> Tensor:
        """Map (N, C) to (N, C)."""
        maps: Any = self._modules
        hidden_NF = window.affine(x_NC, maps["hidden"], self._activation)
        if window.observer is not None:
            hidden_NF = window.show_rows(f"blocks.{layer}.hidden", hidden_NF)
        return window.affine(hidden_NF, maps["output"])
