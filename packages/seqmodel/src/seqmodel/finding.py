"""A model by whatever says where it is: a file, a folder, or the name of a packaged one."""

from pathlib import Path
from typing import TYPE_CHECKING

from seqmodel.checkpoint_file import CheckpointError, CheckpointFile, read_checkpoint
from seqmodel.packaged import MODELS, packaged_folder, pretrained_names
from seqmodel.pretrained_folder import read_pretrained

if TYPE_CHECKING:
    from seqmodel.checkpoint import Checkpoint


def find_checkpoint(where: str | Path, *, root: Path = MODELS) -> CheckpointFile:
    """Read a checkpoint, without torch.

    Args:
        where: A file, a folder with one, or, where there is neither, the name of a packaged model.
        root: Where the packaged models are.

    Raises:
        CheckpointError: There is none, or it is damaged.

    >>> find_checkpoint("default").config.d_model
    128
    """
    if Path(where).is_dir():
        return read_pretrained(where)
    if str(where) in pretrained_names(root=root) and not Path(where).exists():
        return read_pretrained(packaged_folder(str(where), root=root))
    try:
        return read_checkpoint(where)
    except CheckpointError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        names = ", ".join(pretrained_names(root=root)) or "none"
        raise CheckpointError(f"{error}; packaged models: {names}") from error


def find_model(where: str | Path, *, exact: bool = True) -> "Checkpoint":
    """Load a model from a file, a folder or by name: on the CPU, in evaluation mode.

    Args:
        where: As for `find_checkpoint`.
        exact: Whether the model is to give the same bits however a sequence is fed; see
            `Transformer`.

    Raises:
        CheckpointError: There is none, or it is damaged.
    """
    from seqmodel.checkpoint import model_of

    return model_of(find_checkpoint(where), exact=exact)
