"""A posterior kept on disk: a folder of NumPy arrays that opens at once, whatever its size."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqgen.holdout import row_hash
from seqgen.packing import Packing
from seqgen.posterior import Posterior
from seqgen.universe import Universe

FORMAT = 1
_MANIFEST = "posterior.json"


class PosteriorFileError(ValueError):
    """A saved posterior cannot be used, and why."""


def save_posterior(path: str | os.PathLike[str], posterior: Posterior) -> None:
    """Write ``posterior`` as the folder ``path``, which must not exist: whole, or not at all."""
    target = Path(path)
    if target.exists():
        raise FileExistsError(f"{target} exists: give a new folder")
    arrays = _arrays(posterior)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for name, array in arrays.items():
            with (building / f"{name}.npy").open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        manifest = {
            "format": FORMAT,
            "universe": fingerprint(posterior.universe),
            "files": {name: _sha256(building / f"{name}.npy") for name in arrays},
        }
        (building / _MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
        building.chmod(0o755)
        building.rename(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def open_posterior(path: str | os.PathLike[str], universe: Universe, *, verify: bool = False) -> Posterior:
    """Open the posterior of ``universe`` that was saved as ``path``; its arrays stay on disk until they are read.

    Args:
        path: the folder.
        universe: the universe it was made from.
        verify: read everything and compare the checksums, too.

    Raises:
        PosteriorFileError: the folder is none, of another format or universe, incomplete or damaged.
    """
    folder = Path(path)
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
        files, made_from, version = dict(manifest["files"]), manifest["universe"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PosteriorFileError(f"{folder} holds no saved posterior: {error}") from error
    if version != FORMAT:
        raise PosteriorFileError(f"{folder} has format {version!r}; this seqgen reads format {FORMAT}")
    if made_from != fingerprint(universe):
        raise PosteriorFileError(f"{folder} was made from another universe than {universe!r}")
    packing = Packing(universe.span)
    words = packing.words
    expected = {f"keys{i}": np.uint64 for i in range(words)} | {"order": np.uint32, "common": packing.count_dtype}
    arrays: dict[str, Any] = {}
    for name, dtype in expected.items():
        file = folder / f"{name}.npy"
        try:
            arrays[name] = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise PosteriorFileError(f"{file} cannot be read: {error}") from error
        if arrays[name].dtype != dtype or arrays[name].shape != (len(universe),):
            raise PosteriorFileError(f"{file} holds {arrays[name].dtype}{arrays[name].shape}, not {len(universe)} rows")
        if verify and _sha256(file) != files.get(name):
            raise PosteriorFileError(f"{file} is damaged: its checksum is not the one in {_MANIFEST}")
    return Posterior(
        universe=universe,
        keys=[arrays[f"keys{i}"] for i in range(words)],
        order=arrays["order"],
        common=arrays["common"],
    )


def stored_posterior(
    path: str | os.PathLike[str], universe: Universe, progress: Callable[[str], object] = lambda _: None
) -> Posterior:
    """Open the posterior saved as ``path``, or build it and save it there."""
    if Path(path).exists():
        return open_posterior(path, universe)
    posterior = Posterior.of(universe, progress)
    progress("saving")
    save_posterior(path, posterior)
    return posterior


def fingerprint(universe: Universe) -> str:
    """Return a hash of a universe's span, shares and ranges, and of some rows of every family."""
    described = [repr(universe.span)]
    for family, share in zip(universe.families, universe.shares, strict=True):
        axes = {name: list(values) for name, values in family.axes().items()}
        some = np.linspace(0, len(family) - 1, min(len(family), 256)).astype(np.int64)
        values, lengths = family.rows(family.combinations[some])
        hashes = row_hash(values.T, lengths).tolist()
        described.append(f"{family.name} {share} {len(family)} {axes} {hashes}")
    return hashlib.sha256("\n".join(described).encode()).hexdigest()


def _arrays(posterior: Posterior) -> dict[str, Any]:
    keys = {f"keys{i}": words for i, words in enumerate(posterior.keys)}
    return {**keys, "order": posterior.order, "common": posterior.common}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
