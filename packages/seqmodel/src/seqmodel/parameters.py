"""Every weight of a model by name and shape, known before any of it exists. No torch in here."""

import math

from seqmodel.config import ModelConfig
from seqmodel.features import MODULI, PRIMES
from seqmodel.symbols import SymbolVocabulary
from seqmodel.vocabularies import Vocabulary, require_fit

Shape = tuple[int, ...]


def parameter_shapes(config: ModelConfig, vocabulary: Vocabulary) -> dict[str, Shape]:
    """Return the names and shapes of a model's weights: those of its `state_dict`, in its order.

    No weight is made, so that any configuration and vocabulary may be asked about. There are a
    dozen names a layer: where a file says how many layers, see first that `parameter_count`,
    which takes no time, is what the file holds.

    Raises:
        ValueError: There is no such model; see `require_fit`.

    >>> from seqmodel import IntegerVocabulary
    >>> shapes = parameter_shapes(ModelConfig(), IntegerVocabulary())
    >>> shapes["embedding.values.vectors.weight"], shapes["output.bias"]
    ((256, 128), (257,))
    """
    require_fit(config, vocabulary)
    shapes = _embedding(config, vocabulary)
    for layer in range(config.layers):
        shapes |= {f"blocks.{layer}.{name}": shape for name, shape in _block(config).items()}
    return shapes | _output(config, vocabulary)


def parameter_count(config: ModelConfig, vocabulary: Vocabulary) -> int:
    """Return how many numbers a model learns.

    >>> from seqmodel import QUANTAMATHS_VOCABULARY, quantamaths
    >>> parameter_count(quantamaths("mix_d11_l3_h4"), QUANTAMATHS_VOCABULARY)
    10460625

    Raises:
        ValueError: There is no such model; see `require_fit`.
    """
    require_fit(config, vocabulary)
    ends = _embedding(config, vocabulary) | _output(config, vocabulary)
    return _numbers(ends) + config.layers * _numbers(_block(config))


def value_feature_width(config: ModelConfig, vocabulary: Vocabulary) -> int:
    """Return how many fixed features a token has: the columns of `seqmodel.features.value_features`."""
    if config.embedding == "learned":
        return 0 if isinstance(vocabulary, SymbolVocabulary) else 2 * len(config.value_periods)
    if config.embedding == "frequency":
        return config.d_model
    if config.embedding == "binary":
        return max((vocabulary.size - 1).bit_length(), 1)
    if config.embedding == "number-theoretic":
        return sum(MODULI) + len(PRIMES) + 6  # five properties and the value's share
    return 1


def features_stand_alone(features: int, width: int) -> bool:
    """Return whether fixed features are used as they are, without a learned map."""
    return features == width or (features == 1 and width == 2)


def _embedding(config: ModelConfig, vocabulary: Vocabulary) -> dict[str, Shape]:
    width, features = config.d_model, value_feature_width(config, vocabulary)
    shapes: dict[str, Shape] = {}
    if config.embedding == "learned":
        shapes["embedding.values.vectors.weight"] = (vocabulary.size, width)
    if features and (config.embedding == "learned" or not features_stand_alone(features, width)):
        shapes["embedding.values.map.weight"] = (width, features)
    if config.positions == "learned":
        shapes["embedding.positions.vectors.weight"] = (config.context, width)
    elif config.positions == "tuple" and not features_stand_alone(1, width):
        shapes["embedding.positions.map.weight"] = (width, 1)
    return shapes


def _block(config: ModelConfig) -> dict[str, Shape]:
    width = config.heads * config.head_size
    return (
        _norm("attention_norm", config)
        | _affine("attention.qkv", config.d_model, 3 * width)
        | _affine("attention.output", width, config.d_model)
        | _norm("feed_forward_norm", config)
        | _affine("feed_forward.hidden", config.d_model, config.hidden_size)
        | _affine("feed_forward.output", config.hidden_size, config.d_model)
    )


def _output(config: ModelConfig, vocabulary: Vocabulary) -> dict[str, Shape]:
    norm = {} if config.norm == "post" else _norm("final_norm", config)
    return norm | _affine("output", config.d_model, vocabulary.outputs if config.head == "classes" else 1)


def _norm(name: str, config: ModelConfig) -> dict[str, Shape]:
    parts = {"none": (), "rms": ("weight",)}.get(config.norm, ("weight", "bias"))
    return {f"{name}.{part}": (config.d_model,) for part in parts}


def _affine(name: str, inputs: int, outputs: int) -> dict[str, Shape]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _numbers(shapes: dict[str, Shape]) -> int:
    return sum(map(math.prod, shapes.values()))
