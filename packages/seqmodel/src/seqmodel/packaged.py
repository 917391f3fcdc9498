"""Models that come with the package. Only `pretrained` imports torch."""

from pathlib import Path
from typing import TYPE_CHECKING

from seqmodel.pretrained_folder import MODEL, from_pretrained

if TYPE_CHECKING:
    from seqmodel.checkpoint import Checkpoint

MODELS = Path(__file__).parent / "models"
"""Holds a folder for each packaged model, with its checkpoint and its card."""


def pretrained(name: str, *, exact: bool = True, root: Path = MODELS) -> "Checkpoint":
    """Load a packaged model: on the CPU, in evaluation mode.

    Args:
        name: One of `pretrained_names()`.
        exact: Whether the model is to give the same bits however a sequence is fed; see
            `Transformer`.
        root: Where the models are, one folder each.

    Raises:
        ValueError: There is no model of that name.
        CheckpointError: Its file is damaged.
    """
    return from_pretrained(packaged_folder(name, root=root), exact=exact)


def pretrained_names(*, root: Path = MODELS) -> tuple[str, ...]:
    """Return the names of the packaged models, sorted."""
    return tuple(sorted(path.parent.name for path in root.glob(f"*/{MODEL}")))


def packaged_folder(name: str, *, root: Path = MODELS) -> Path:
    """Return where a packaged model is.

    Raises:
        ValueError: There is none of that name.
    """
    names = pretrained_names(root=root)
    if name not in names:
        raise ValueError(f"there is no packaged model {name!r}: choose from {', '.join(names) or '(none is packaged)'}")
    return root / name
