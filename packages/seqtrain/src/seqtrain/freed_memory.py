"""Memory that torch frees stays with the process: the next step takes the same again.

The C library of Linux gives large blocks back to the system as soon as they are free. A training
step takes and frees the same ones every time, and the system hands out every page of them anew,
cleared: for the default model at a batch of 512 that was 7,000 pages a step.
"""

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

# The options of mallopt(3) and, for the time after, the largest values that glibc moves them to by itself.
_TRIM_THRESHOLD, _MMAP_MAX, _MMAP_THRESHOLD = -1, -4, -3
_MIB = 2**20
_KEEP = {_TRIM_THRESHOLD: 1024 * _MIB, _MMAP_MAX: 0}
_USUAL = {_TRIM_THRESHOLD: 64 * _MIB, _MMAP_MAX: 65536, _MMAP_THRESHOLD: 32 * _MIB}


@contextmanager
def keeping_freed_memory() -> Iterator[bool]:
    """Let this process keep up to a gigabyte of what is freed until the block ends.

    Yields:
        Whether it does: it needs glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        yield False
        return
    library = ctypes.CDLL(None)
    try:
        yield _set(library, _KEEP)
    finally:
        _set(library, _USUAL)
        library.malloc_trim(0)


def _set(library: ctypes.CDLL, options: dict[int, int]) -> bool:
    return all(library.mallopt(option, value) for option, value in options.items())
