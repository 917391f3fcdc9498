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
    from seqmodel.finding import find_checkpoint, find_model
    from seqmodel.frozen import frozen_masks, hold, inserted_feed_forward, inserted_heads
    from seqmodel.growing import Grown, grow
    from seqmodel.hooks import Hooks
    from seqmodel.memory import MemoryAccount, memory_account
    from seqmodel.memory_budget import largest_batch
    from seqmodel.model_card import ModelCard
    from seqmodel.observed import Observed, mean_activation
    from seqmodel.onnx_export import export_onnx
    from seqmodel.packaged import pretrained, pretrained_names
    from seqmodel.parameters import parameter_count, parameter_shapes
    from seqmodel.placement import Placement
    from seqmodel.places import place_names
    from seqmodel.presets import PRESETS, preset
    from seqmodel.pretrained_folder import from_pretrained, read_pretrained, save_pretrained
    from seqmodel.promise import Promise, self_check
    from seqmodel.protocols import SequenceCache, SequenceModel
    from seqmodel.quantamaths_names import QUANTAMATHS_VOCABULARY, QuantaMathsName, quantamaths
    from seqmodel.symbols import SymbolVocabulary
    from seqmodel.transformer import Transformer
    from seqmodel.transformer_lens import from_transformer_lens, to_transformer_lens
    from seqmodel.transformer_lens_config import hooked_transformer_arguments
    from seqmodel.transformer_lens_file import load_transformer_lens_file, save_transformer_lens_file
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
    "Grown",
    "Hooks",
    "IntegerVocabulary",
    "KVCache",
    "MemoryAccount",
    "ModelCard",
    "ModelConfig",
    "Observed",
    "Observer",
    "Placement",
    "Promise",
    "QuantaMathsName",
    "SequenceCache",
    "SequenceModel",
    "SymbolVocabulary",
    "Transformer",
    "Vocabulary",
    "atomic_path",
    "decode",
    "export_onnx",
    "find_checkpoint",
    "find_model",
    "from_pretrained",
    "from_transformer_lens",
    "frozen_masks",
    "grow",
    "hold",
    "hooked_transformer_arguments",
    "inserted_feed_forward",
    "inserted_heads",
    "integers_of",
    "largest_batch",
    "load_checkpoint",
    "load_transformer_lens_file",
    "mean_activation",
    "memory_account",
    "parameter_count",
    "parameter_shapes",
    "place_names",
    "preset",
    "pretrained",
    "pretrained_names",
    "quantamaths",
    "read_checkpoint",
    "read_pretrained",
    "save_checkpoint",
    "save_pretrained",
    "save_transformer_lens_file",
    "self_check",
    "to_transformer_lens",
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
    "Grown": "growing",
    "Hooks": "hooks",
    "IntegerVocabulary": "vocabulary",
    "KVCache": "cache",
    "MemoryAccount": "memory",
    "ModelCard": "model_card",
    "ModelConfig": "config",
    "Observed": "observed",
    "Placement": "placement",
    "Promise": "promise",
    "QuantaMathsName": "quantamaths_names",
    "SequenceCache": "protocols",
    "SequenceModel": "protocols",
    "SymbolVocabulary": "symbols",
    "Transformer": "transformer",
    "Vocabulary": "vocabularies",
    "atomic_path": "files",
    "decode": "decoding",
    "export_onnx": "onnx_export",
    "find_checkpoint": "finding",
    "find_model": "finding",
    "from_pretrained": "pretrained_folder",
    "from_transformer_lens": "transformer_lens",
    "frozen_masks": "frozen",
    "grow": "growing",
    "hold": "frozen",
    "hooked_transformer_arguments": "transformer_lens_config",
    "inserted_feed_forward": "frozen",
    "inserted_heads": "frozen",
    "integers_of": "vocabularies",
    "largest_batch": "memory_budget",
    "load_checkpoint": "checkpoint",
    "load_transformer_lens_file": "transformer_lens_file",
    "mean_activation": "observed",
    "memory_account": "memory",
    "parameter_count": "parameters",
    "parameter_shapes": "parameters",
    "place_names": "places",
    "preset": "presets",
    "pretrained": "packaged",
    "pretrained_names": "packaged",
    "quantamaths": "quantamaths_names",
    "read_checkpoint": "checkpoint_file",
    "read_pretrained": "pretrained_folder",
    "save_checkpoint": "checkpoint",
    "save_pretrained": "pretrained_folder",
    "save_transformer_lens_file": "transformer_lens_file",
    "self_check": "promise",
    "to_transformer_lens": "transformer_lens",
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
