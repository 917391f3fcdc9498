"""Causal attention in plain matrix products."""

# B batch, T new tokens, Q queries (T padded), S context, C d_model, H heads, D head size

import torch
from torch import Tensor, nn

from seqmodel.config import ModelConfig
from seqmodel.linear import RowwiseLinear
from seqmodel.padding import pad_rows
from seqmodel.window import Window


class Attention(nn.Module):
    """Let every token read the tokens up to itself.

    The fused kernel is left alone: for one query it sums in another order than for many, so that
    a cached step would differ from the whole window.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.heads * config.head_size
        self.heads = config.heads
        self.qkv = RowwiseLinear(config.d_model, 3 * width)
        self.output = RowwiseLinear(width, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTC: Tensor, window: Window, layer: int) -> Tensor:
        """Return what the heads read, projected back: (B, T, C)."""
        qkv_BTAHD = self.qkv(x_BTC).unflatten(-1, (3, self.heads, -1))
        q_BHTD, k_BHTD, v_BHTD = qkv_BTAHD.permute(2, 0, 3, 1, 4)
        k_BHSD, v_BHSD = window.extend(layer, k_BHTD, v_BHTD)

        steps, head_size = q_BHTD.shape[-2:]
        q_BHQD = pad_rows(q_BHTD * head_size**-0.5, window.queries)
        # Keys before queries: over a last dimension as short as a window, torch's softmax is many
        # times slower.
        scores_BHSQ = k_BHSD @ q_BHQD.transpose(-2, -1)
        pattern_BHSQ = scores_BHSQ.masked_fill(window.hidden_B1SQ, -torch.inf).softmax(dim=-2)
        read_BHQD = self.dropout(pattern_BHSQ).transpose(-2, -1) @ v_BHSD
        read_BTHD = read_BHQD[..., :steps, :].transpose(1, 2)
        y_BTC: Tensor = self.output(read_BTHD.flatten(-2))
        return y_BTC
