"""Functions of one number, float32 in and out, made of IEEE operations alone: the same bits wherever they run."""

from typing import Any

import numpy as np

from seqserve.intrinsics import exponential, fused
from seqserve.kernel_cache import inlined

_ONE, _HALF = np.float32(1), np.float32(0.5)
_ROOT_HALF = np.float32(0.5**0.5)
_ERF_END = np.float32(4)  # from here on erf is 1 to the last bit but one
_EIGHTH = np.float32(0.125)
# erf(x) / x as a polynomial in x**2 / 8 - 1, interpolated at 17 Chebyshev nodes of -1..1 with 40 digits.
_E0, _E1, _E2, _E3, _E4, _E5, _E6, _E7, _E8 = (
    np.float32(coefficient)
    for coefficient in (
        0.353531003, -0.176576167, 0.131675094, -0.107713282, 0.0902100876, -0.0746883675, 0.0598717295,
        -0.0460103303, 0.0331549309,
    )
)  # fmt: skip
_E9, _E10, _E11, _E12, _E13, _E14, _E15, _E16 = (
    np.float32(coefficient)
    for coefficient in (
        -0.0216723196, 0.014041013, -0.0100730574, 0.00541988993, -0.0010855289, 0.00071375561, -0.00137052045,
        0.000572087069,
    )
)  # fmt: skip


@inlined
def erf(x: Any) -> Any:
    """Return the error function, within 2e-7."""
    u = fused(x * x, _EIGHTH, -_ONE)
    p = fused(u, fused(u, fused(u, fused(u, _E16, _E15), _E14), _E13), _E12)
    p = fused(u, fused(u, fused(u, fused(u, p, _E11), _E10), _E9), _E8)
    p = fused(u, fused(u, fused(u, fused(u, p, _E7), _E6), _E5), _E4)
    p = fused(u, fused(u, fused(u, fused(u, p, _E3), _E2), _E1), _E0)
    inside = x * p
    return inside if abs(x) < _ERF_END else (_ONE if x > np.float32(0) else -_ONE)


@inlined
def gelu(x: Any) -> Any:
    """Return x times the normal distribution function."""
    return _HALF * x * (_ONE + erf(x * _ROOT_HALF))


@inlined
def silu(x: Any) -> Any:
    """Return x times the logistic function."""
    small = exponential(-abs(x))
    return x * ((_ONE if x > np.float32(0) else small) / (_ONE + small))
