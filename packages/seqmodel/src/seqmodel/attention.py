"""Attention: what each token reads from those it may see."""

# B batch, T new tokens, N all of them in rows, Q queries (T padded), S keys, H heads, D head size,
# C d_model, X queries, keys and values, A keys and values, R rows and heads

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, scaled_dot_product_attention

from seqmodel.config import ModelConfig
from seqmodel.padding import ROW_MULTIPLE, pad_rows
from seqmodel.rotary import rotate
from seqmodel.window import Window

FEW = 32
"""Single queries, over all rows and heads, up to which torch's fused kernel is faster than its parts
(measured on a CPU at 32 keys: 5 against 11 microseconds for 2, 197 against 120 for 512)."""


SHORT = 16
"""Keys up to which a softmax is faster with all rows and heads behind each, copying included (measured on a CPU in
bfloat16, 4 heads of 32, whole attention there and back: at 8 keys 4.5 against 5.3 ms, at 36 keys 3.9 against 2.8)."""


class Attention(nn.Module):
    """Let every token read the tokens of its window that it may see."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.heads * config.head_size
        self.heads = config.heads
        self.head_size = config.head_size
        self.rotary = config.slides
        self.qkv = nn.Linear(config.d_model, 3 * width)
        self.output = nn.Linear(width, config.d_model)
        self.rate = config.dropout

    def forward(self, x_NC: Tensor, window: Window, asked: Window, layer: int) -> Tensor:
        """Return what the heads of the tokens that are asked for read, projected back: (N, C)."""
        maps: Any = self._modules
        qkv_NX = window.real(window.affine(x_NC, maps["qkv"]))
        qkv_XBHTD = qkv_NX.view(window.batch, window.steps, 3, self.heads, self.head_size).permute(2, 0, 3, 1, 4)
        if self.rotary:
            qkv_XBHTD = torch.cat([rotate(qkv_XBHTD[:2], window.turns_2BTE), qkv_XBHTD[2:]])
        if self.training and asked.bare:
            return asked.affine(self._learn(qkv_XBHTD, asked), maps["output"])
        k_BHSD, v_BHSD = window.extend(layer, qkv_XBHTD.narrow(0, 1, 2), asked.keys)
        q_BHTD = asked.of(qkv_XBHTD.select(0, 0), dim=2)
        free = not (asked.exact or self.training or asked.observer is not None)
        if free and (asked.steps == 1 or asked.keys % ROW_MULTIPLE == 0):
            read_BTHD = self._read_freely(q_BHTD, k_BHSD, v_BHSD, asked)
        else:
            read_BTHD = self._read(q_BHTD, k_BHSD, v_BHSD, asked, layer)
        return asked.affine(asked.padded(read_BTHD.reshape(asked.tokens, -1)), maps["output"])

    def _read(self, q_BHTD: Tensor, k_BHSD: Tensor, v_BHSD: Tensor, window: Window, layer: int) -> Tensor:
        """Attend with torch's plain operators, whose sums keep to one order.

        At short windows they are as fast as the fused kernel, in bfloat16 faster.
        """
        steps, head_size = q_BHTD.shape[-2:]
        q_BHQD = pad_rows(q_BHTD * head_size**-0.5, window.queries)
        # Keys before queries: over a last dimension as short as a window, torch's softmax is many
        # times slower.
        scores_BHSQ = k_BHSD @ q_BHQD.transpose(-2, -1)
        scores_BHSQ = scores_BHSQ + window.hidden_B1QS.transpose(-2, -1)
        pattern_BHQS = dropout(scores_BHSQ.softmax(dim=-2), self.rate, self.training).transpose(-2, -1)
        if window.observer is not None:
            pattern_BHTS = window.show(f"blocks.{layer}.pattern", pattern_BHQS[..., :steps, :])
            pattern_BHQS = pad_rows(pattern_BHTS, window.queries)
        read_BTHD = (pattern_BHQS @ v_BHSD)[..., :steps, :].transpose(1, 2)
        return read_BTHD if window.observer is None else window.show(f"blocks.{layer}.heads", read_BTHD)

    def _learn(self, qkv_XBHTD: Tensor, asked: Window) -> Tensor:
        """Attend where gradients are wanted: one copy, and no slice of keys that has a gradient of its own; (N, H D).

        Measured forward and backward in bfloat16, 512 rows of 8 tokens, 4 heads of 32: 5.3 ms, `_read` 6.5.
        """
        q_RTD, k_RTD, v_RTD = qkv_XBHTD.reshape(3, -1, *qkv_XBHTD.shape[3:]).unbind()
        q_RTD = asked.of(q_RTD, dim=1)
        hidden_1ST = asked.hidden_B1QS[0].transpose(1, 2)
        scores_RST = torch.baddbmm(hidden_1ST, k_RTD, q_RTD.transpose(1, 2), alpha=self.head_size**-0.5)
        # Keys before queries: see `_read`.
        if asked.keys <= SHORT:
            pattern_RTS = scores_RST.transpose(0, 1).softmax(dim=0).permute(1, 2, 0)
        else:
            pattern_RTS = scores_RST.softmax(dim=1).transpose(1, 2)
        if self.rate:
            pattern_RTS = dropout(pattern_RTS, self.rate)
        read_BHTD = torch.bmm(pattern_RTS, v_RTD).view(asked.batch, self.heads, asked.steps, -1)
        return read_BHTD.transpose(1, 2).reshape(asked.tokens, -1)

    def _read_freely(self, q_BHTD: Tensor, k_BHSD: Tensor, v_BHSD: Tensor, window: Window) -> Tensor:
        """Attend where the order of sums is free, in fewer operators; of single queries, (B, H D).

        Several have keys that fill whole vectors: over other last dimensions torch's softmax is slow.
        """
        batch, steps, keys = window.batch, window.steps, window.keys
        rows = batch * self.heads
        if steps == 1 and rows <= FEW:
            return scaled_dot_product_attention(q_BHTD, k_BHSD, v_BHSD, window.hidden_B1QS).view(batch, -1)
        hidden_RTS = window.hidden_B1QS[0]  # of all rows alike
        if len(window.hidden_B1QS) > 1:
            hidden_RTS = window.hidden_B1QS.expand(batch, self.heads, steps, keys).reshape(rows, steps, keys)
        q_RTD, k_RSD = q_BHTD.reshape(rows, steps, -1), k_BHSD.reshape(rows, keys, -1)
        scores_RTS = torch.baddbmm(hidden_RTS, q_RTD, k_RSD.transpose(1, 2), alpha=self.head_size**-0.5)
        read_RTD = torch.bmm(scores_RTS.softmax(dim=-1), v_BHSD.reshape(rows, keys, -1))
        return read_RTD.view(batch, -1) if steps == 1 else read_RTD.view(batch, self.heads, steps, -1).transpose(1, 2)
