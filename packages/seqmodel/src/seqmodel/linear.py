"""Affine maps whose rows do not notice each other."""

# N rows, C features

from torch import Tensor, nn
from torch.nn.functional import linear

from seqmodel.padding import pad_rows, padded_length


class RowwiseLinear(nn.Linear):
    """Map every row by itself: its result does not depend on how many rows there are.

    That is what makes a cached step, a whole window, and any batch around it give the same bits
    on a CPU.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (named by nn.Linear)
        """Map (..., in_features) to (..., out_features)."""
        x_NC = input.flatten(0, -2)
        rows = len(x_NC)
        y_NC = linear(pad_rows(x_NC, padded_length(rows)), self.weight, self.bias)
        return y_NC[:rows].view(*input.shape[:-1], self.out_features)
