"""Freed memory stays with the process while training, and only then."""

import platform
import subprocess
import sys

import pytest

from seqtrain.freed_memory import keeping_freed_memory

GLIBC = platform.libc_ver()[0] == "glibc"

PROGRAM = """
import resource, sys
import numpy as np
from contextlib import nullcontext
from seqtrain.freed_memory import keeping_freed_memory

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def handed_out():
    before = pages()
    for _ in range(10):
        np.ones(2**24)
    return pages() - before

with keeping_freed_memory():
    handed_out()
    within = handed_out()
print(within, handed_out())
"""


@pytest.mark.skipif(not GLIBC, reason="the C library is another one")
def test_pages_are_handed_out_once_within_and_every_time_behind():
    found = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    within, behind = map(int, found.stdout.split())
    arrays = 10 * 2**24 * 8 // 2**21  # in pages of 2 MiB, the largest that there are
    assert within < arrays / 2
    assert behind >= arrays


def test_it_says_whether_it_does():
    with keeping_freed_memory() as kept:
        assert kept == GLIBC


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr("ctypes.CDLL", None)
    with keeping_freed_memory() as kept:
        assert not kept
