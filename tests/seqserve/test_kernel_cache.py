"""Compiled kernels outlive the process, and a folder that cannot keep them costs nothing but time."""

import re
from pathlib import Path

import pytest

from seqserve import kernel_cache


def double(x):
    return 2 * x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "kernels"
    monkeypatch.setattr(kernel_cache, "cache_folder", lambda: folder)
    return folder


def test_a_kernel_is_compiled_once(folder):
    assert not kernel_cache.is_kept()
    first = kernel_cache.kernel(double)
    assert first(4) == 8
    assert sum(first.stats.cache_hits.values()) == 0
    assert kernel_cache.is_kept()
    again = kernel_cache.kernel(double)
    assert again(4) == 8
    assert sum(again.stats.cache_hits.values()) == 1


def test_another_version_of_any_source_is_compiled_anew(folder, monkeypatch):
    kernel_cache.kernel(double)(4)
    monkeypatch.setattr(kernel_cache, "SOURCES", kernel_cache.SOURCES[1:])
    assert not kernel_cache.is_kept()
    again = kernel_cache.kernel(double)
    assert again(4) == 8
    assert sum(again.stats.cache_hits.values()) == 0


def test_a_folder_that_cannot_be_made_is_done_without(folder):
    folder.write_text("a file is in its place")
    assert kernel_cache.kernel(double)(4) == 8


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x80\x05."])
def test_damaged_files_are_compiled_anew(folder, damage):
    kernel_cache.kernel(double)(4)
    for kept in folder.iterdir():
        kept.write_bytes(damage)
    assert kernel_cache.kernel(double)(4) == 8
    again = kernel_cache.kernel(double)
    assert again(4) == 8
    assert sum(again.stats.cache_hits.values()) == 1


def test_the_sources_are_all_that_kernels_are_made_of():
    here = Path(kernel_cache.__file__).parent
    found, left = set(), {"kernel"}
    while left:
        module = left.pop()
        found.add(module)
        text = (here / f"{module}.py").read_text(encoding="utf-8")
        left |= set(re.findall(r"^from seqserve\.(\w+) import", text, re.MULTILINE)) - found
    assert found == set(kernel_cache.SOURCES)
