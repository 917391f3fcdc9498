"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write; on success it becomes ``path``, on failure it is removed.

    The temporary file lies in the same folder, so that the last step is one rename.
    """
    # A link stays a link: what it points to is written.
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: there is no folder {target.parent}")
    if target.exists() and not target.is_file():
        # Renaming over a device or pipe would replace it.
        raise OSError(f"cannot write {path}: it is no plain file")
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(descriptor)
    building = Path(name)
    try:
        yield building
        with building.open("rb") as file:
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        building.chmod(0o666 & ~mask)
        building.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            building.unlink()
        raise
