"""Compiling with numba once a machine, not once a process.

numba notices a change of the file that holds a function, but not of the files that it calls into. So
the cache lies in a folder of its own, under a stamp of all files that kernels are made of.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core import caching
from numba.misc import appdirs

_numba: Any = numba
_caching: Any = caching
_appdirs: Any = appdirs

SOURCES = (
    "blocks", "choosing", "intrinsics", "kernel", "kernel_attention", "kernel_cache", "kernel_data", "numerics", "rows",
    "vectors",
)  # fmt: skip
"""The modules that compiled code depends on."""


def cache_folder() -> Path:
    """Return where compiled kernels are kept: NUMBA_CACHE_DIR, or a folder of the user's own."""
    return (
        Path(_numba.config.CACHE_DIR or _appdirs.AppDirs(appname="seqserve", appauthor=False).user_cache_dir)
        / "kernels"
    )


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call: it becomes a part of theirs, anew in each place that calls it.

    A call would copy the tuples of arrays, which takes longer than what many of these functions do.
    """
    return _numba.njit(nogil=True, error_model="numpy", inline="always", _nrt=False)(function)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call, once for all its calls.

    No kernel allocates an array: without numba's counts of references, LLVM sees through the arrays.
    """
    return _numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function with the GIL released, and keep the result from one process to the next.

    A folder that cannot be written, or is full or damaged, costs the time of compiling and nothing else.
    """
    dispatcher = compiled(function)
    dispatcher._cache = _KernelCache(function)  # noqa: SLF001  (what enable_caching() sets, with numba's own folder)
    return dispatcher


class _Locator(_caching._CacheLocator):  # type: ignore[misc]  # noqa: SLF001
    """Say where the code of a function is kept, and what it is made of."""

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_Locator":
        """Return the locator of any function."""
        return cls(py_func, py_file)

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        self._py_file, self._lineno = py_file, py_func.__code__.co_firstlineno

    def ensure_cache_path(self) -> None:
        """Make the folder; numba calls this before it writes."""
        os.makedirs(self.get_cache_path(), exist_ok=True)  # noqa: PTH103

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        """Return a hash of everything that compiled code depends on."""
        return source_stamp()

    def get_disambiguator(self) -> str:
        """Return what tells versions apart: several may share the folder."""
        return source_stamp()[:12]


class _Result(_caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = [_Locator]  # noqa: RUF012  (as numba has it)


class _KernelCache(_caching.FunctionCache):  # type: ignore[misc]
    _impl_class = _Result

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what is kept, or None."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  (a damaged file may raise anything; it is written anew)
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a result if that is possible."""
        with suppress(OSError):
            super().save_overload(sig, data)


def is_kept() -> bool:
    """Return whether compiled kernels of this version lie in the folder."""
    return any(cache_folder().glob(f"*-{source_stamp()[:12]}.*.nbi"))


def source_stamp() -> str:
    """Return a hash of the modules in `SOURCES`."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()
