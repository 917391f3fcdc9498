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
    from seqmodel.promise import Promise, self_check
    from seqmodel.protocols import SequenceCache, SequenceModel
    from seqmodel.quantamaths_names import QUANTAMATHS_VOCABULARY, QuantaMathsName, quantamaths
    from seqmodel.symbols import SymbolVocabulary
    from seqmodel.transformer import Transformer
    from seqmodel.vocabularies import Vocabulary, integers_of, vocabulary_from_dict
    from seqmodel.vocabulary import IntegerVocabulary
    from seqmodel.window import Observer

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "QUANTAMATHS_VOCABULARY",
    "VALUE_PERIODS",
    "Checkpoint",
    "CheckpointError",
    "CheckpointFile",
    "Decoded",
    "IntegerVocabulary",
    "KVCache",
    "ModelConfig",
    "Observer",
    "Promise",
    "QuantaMathsName",
    "SequenceCache",
    "SequenceModel",
    "SymbolVocabulary",
    "Transformer",
    "Vocabulary",
    "atomic_path",
    "decode",
    "integers_of",
    "load_checkpoint",
    "preset",
    "quantamaths",
    "read_checkpoint",
    "save_checkpoint",
    "self_check",
    "vocabulary_from_dict",
    "write_atomically",
]

_HOMES = {
    "PRESETS": "presets",
    "Observer": "window",
    "QUANTAMATHS_VOCABULARY": "quantamaths_names",
    "VALUE_PERIODS": "config",
    "Checkpoint": "checkpoint",
    "CheckpointError": "checkpoint_file",
    "CheckpointFile": "checkpoint_file",
    "Decoded": "decoding",
    "IntegerVocabulary": "vocabulary",
    "KVCache": "cache",
    "ModelConfig": "config",
    "Promise": "promise",
    "QuantaMathsName": "quantamaths_names",
    "SequenceCache": "protocols",
    "SequenceModel": "protocols",
    "SymbolVocabulary": "symbols",
    "Transformer": "transformer",
    "Vocabulary": "vocabularies",
    "atomic_path": "files",
    "decode": "decoding",
    "integers_of": "vocabularies",
    "load_checkpoint": "checkpoint",
    "preset": "presets",
    "quantamaths": "quantamaths_names",
    "read_checkpoint": "checkpoint_file",
    "save_checkpoint": "checkpoint",
    "self_check": "promise",
    "vocabulary_from_dict": "vocabularies",
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
