"""Rotary positions: how far each pair of a head's dimensions is turned (Su et al. 2021, RoFormer).

The second half of a head's dimensions pairs with the first half, pair i turning by
position * 10000 ** (-2 i / head_size) radians (the layout of GPT-NeoX and TransformerLens).
"""

# B batch, T tokens, N tokens of all rows, H heads, D head size, E half of it, S positions of
# a block, X queries and keys

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel.config import ROTARY_BASE

_BLOCK = 64


def rotation(positions_BT: NDArray[np.int64], head_size: int) -> Tensor:
    """Return the cosines and sines of every pair's angle, float32 (2, B, T, E).

    Positions may be as large as float64 counts exactly: 2**53. Each is found in a block that is
    always computed as a whole, so that a position's bits do not depend on the others asked for.
    """
    blocks_BT, places_BT = np.divmod(positions_BT, _BLOCK)
    numbers, which_BT = np.unique(blocks_BT, return_inverse=True)
    tables = np.stack([_block(int(number), head_size) for number in numbers], axis=1)
    return torch.from_numpy(tables[:, which_BT.reshape(blocks_BT.shape), places_BT])


@lru_cache(maxsize=256)
def _block(number: int, head_size: int) -> NDArray[np.float32]:
    frequencies_E = ROTARY_BASE ** -(np.arange(head_size // 2) / (head_size // 2))
    positions_S = number * _BLOCK + np.arange(_BLOCK)
    angles_SE = positions_S[:, None] * frequencies_E
    return np.stack([np.cos(angles_SE), np.sin(angles_SE)]).astype(np.float32)


def rotate(x_XBHTD: Tensor, turns_2BTE: Tensor) -> Tensor:
    """Turn every pair of every head by its position's angles.

    >>> x = torch.tensor([1.0, 0.0]).view(1, 1, 1, 1, 2)
    >>> quarter = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
    >>> rotate(x, quarter).flatten().tolist()
    [0.0, 1.0]
    """
    first_XBHTE, second_XBHTE = x_XBHTD.chunk(2, dim=-1)
    cos_B1TE, sin_B1TE = turns_2BTE.unsqueeze(2)
    return torch.cat(
        [first_XBHTE * cos_B1TE - second_XBHTE * sin_B1TE, second_XBHTE * cos_B1TE + first_XBHTE * sin_B1TE], dim=-1
    )
