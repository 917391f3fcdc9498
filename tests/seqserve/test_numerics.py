"""The kernel's functions against the standard library's, and their bits in and out of vectors."""

import math

import numpy as np
import pytest

from seqserve.kernel_cache import inlined
from seqserve.numerics import erf, exponential, gelu, silu


@inlined
def all_of(x, y):
    for i in range(x.shape[0]):
        y[0, i] = erf(x[i])
        y[1, i] = gelu(x[i])
        y[2, i] = silu(x[i])
        y[3, i] = exponential(-abs(x[i]))


def evaluated(x):
    y = np.empty((4, len(x)), dtype=np.float32)
    all_of(x, y)
    return y


@pytest.fixture(scope="module")
def points():
    spread = np.random.default_rng(0).normal(size=20_000) * 4
    return np.concatenate([np.linspace(-100, 100, 20_001), spread, [0.0, 1e-30, -1e-30, 3.9999, 4.0, 4.0001]]).astype(
        np.float32
    )


def test_they_are_the_functions_they_say(points):
    erfs, gelus, silus, exponentials = evaluated(points).astype(np.float64)
    x = points.astype(np.float64)
    normal = np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in x])
    logistic = np.array([1 / (1 + math.exp(-value)) for value in x])
    assert np.abs(erfs - [math.erf(value) for value in x]).max() < 2e-7
    assert np.abs(gelus - x * normal).max() / 100 < 1.2e-7
    assert (np.abs(gelus - x * normal) <= 4e-7 * np.maximum(1, np.abs(x))).all()
    assert (np.abs(silus - x * logistic) <= 4e-7 * np.maximum(1, np.abs(x))).all()
    small = np.abs(x) <= 87
    assert np.abs(exponentials / np.exp(-np.abs(x)) - 1)[small].max() < 2e-7
    assert exponentials[~small].max() < 2e-38


def test_bits_do_not_depend_on_neighbours(points):
    some = points[::401]
    whole = evaluated(some)
    for place in range(len(some)):
        alone = evaluated(some[place : place + 1].copy())
        assert alone.tobytes() == whole[:, place : place + 1].copy().tobytes()


def test_infinity_is_met():
    assert evaluated(np.array([-np.inf, np.inf], dtype=np.float32))[0].tolist() == [-1, 1]
    assert evaluated(np.array([-np.inf], dtype=np.float32))[3, 0] < 2e-38
