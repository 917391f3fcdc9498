"""One small transformer for exact integer sequences, with a KV cache that changes nothing.

Configuration, vocabulary and the reading of checkpoints import no torch; the names that need it
are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqmodel.cache import KVCache
    from seqmodel.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
    from seqmodel.checkpoint_file import CheckpointError, CheckpointFile, read_checkpoint
    from seqmodel.config import VALUE_PERIODS, ModelConfig
    from seqmodel.decoding import Decoded, decode
    from seqmodel.files import atomic_path, write_atomically
    from seqmodel.presets import PRESETS, preset
    from seqmodel.protocols import SequenceCache, SequenceModel
    from seqmodel.transformer import Transformer
    from seqmodel.vocabulary import IntegerVocabulary

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "VALUE_PERIODS",
    "Checkpoint",
    "CheckpointError",
    "CheckpointFile",
    "Decoded",
    "IntegerVocabulary",
    "KVCache",
    "ModelConfig",
    "SequenceCache",
    "SequenceModel",
    "Transformer",
    "atomic_path",
    "decode",
    "load_checkpoint",
    "preset",
    "read_checkpoint",
    "save_checkpoint",
    "write_atomically",
]

_HOMES = {
    "PRESETS": "presets",
    "VALUE_PERIODS": "config",
    "Checkpoint": "checkpoint",
    "CheckpointError": "checkpoint_file",
    "CheckpointFile": "checkpoint_file",
    "Decoded": "decoding",
    "IntegerVocabulary": "vocabulary",
    "KVCache": "cache",
    "ModelConfig": "config",
    "SequenceCache": "protocols",
    "SequenceModel": "protocols",
    "Transformer": "transformer",
    "atomic_path": "files",
    "decode": "decoding",
    "load_checkpoint": "checkpoint",
    "preset": "presets",
    "read_checkpoint": "checkpoint_file",
    "save_checkpoint": "checkpoint",
    "write_atomically": "files",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
