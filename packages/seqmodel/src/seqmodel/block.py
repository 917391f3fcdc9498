"""One layer: attention and feed-forward, each a branch into the residual stream."""

# B batch, T tokens, C d_model

from collections.abc import Callable

from torch import Tensor, nn

from seqmodel.attention import Attention
from seqmodel.config import Activation, ModelConfig
from seqmodel.linear import RowwiseLinear
from seqmodel.window import Window

NORM_EPS = 1e-5


class Block(nn.Module):
    """Add what attention reads, then what the feed-forward layer makes of it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.normalise_after = config.norm == "post"
        self.attention_norm = make_norm(config)
        self.attention = Attention(config)
        self.feed_forward_norm = make_norm(config)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)
        if config.zero_output_projections:
            for projection in (self.attention.output, self.feed_forward.output):
                nn.init.zeros_(projection.weight)
                nn.init.zeros_(projection.bias)

    def forward(self, x_BTC: Tensor, window: Window, layer: int) -> Tensor:
        """Return the residual stream after this layer."""
        if self.normalise_after:
            x_BTC = self.attention_norm(x_BTC + self.dropout(self.attention(x_BTC, window, layer)))
            x_BTC = self.feed_forward_norm(x_BTC + self.dropout(self.feed_forward(x_BTC)))
        else:
            x_BTC = x_BTC + self.dropout(self.attention(self.attention_norm(x_BTC), window, layer))
            x_BTC = x_BTC + self.dropout(self.feed_forward(self.feed_forward_norm(x_BTC)))
        return x_BTC


class FeedForward(nn.Module):
    """Two affine maps with the activation between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.hidden = RowwiseLinear(config.d_model, config.hidden_size)
        self.activation = make_activation(config.activation)
        self.output = RowwiseLinear(config.hidden_size, config.d_model)

    def forward(self, x_BTC: Tensor) -> Tensor:
        """Return y_BTC."""
        y_BTC: Tensor = self.output(self.activation(self.hidden(x_BTC)))
        return y_BTC


def make_norm(config: ModelConfig) -> nn.Module:
    """Return the norm of one branch."""
    if config.norm == "none":
        return nn.Identity()
    if config.norm == "rms":
        return nn.RMSNorm(config.d_model, eps=NORM_EPS)
    return nn.LayerNorm(config.d_model, eps=NORM_EPS)


def make_activation(activation: Activation) -> nn.Module:
    """Return the non-linear map of the hidden layer."""
    activations: dict[Activation, Callable[[], nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU}
    return activations[activation]()
