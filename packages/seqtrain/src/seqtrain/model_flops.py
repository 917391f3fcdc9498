"""What a training step of a model has to multiply."""

from seqmodel import ModelConfig
from seqmodel.vocabularies import Vocabulary


def matrix_weights(config: ModelConfig, vocabulary: Vocabulary) -> int:
    """Return how many weights multiply each token: those of the maps, not of tables, norms and biases.

    >>> from seqmodel import IntegerVocabulary
    >>> matrix_weights(ModelConfig(), IntegerVocabulary())
    819328
    """
    width = config.heads * config.head_size
    layer = 4 * config.d_model * width + 2 * config.d_model * config.hidden_size
    return config.layers * layer + config.d_model * (vocabulary.outputs if config.head == "classes" else 1)


def step_flops(config: ModelConfig, vocabulary: Vocabulary, batch: int) -> float:
    """Return the floating-point operations of the matrix products of a training step.

    For every token 6 * weights + 12 * layers * heads * head size * context: two for a weight in the
    forward pass, twice that in the backward pass, and the same of the products of queries, keys,
    patterns and values, over the whole window (Chowdhery et al. 2022, PaLM, appendix B). What lies
    under the causal mask is counted, being multiplied too; what is not a product of matrices is not.

    >>> from seqmodel import IntegerVocabulary
    >>> round(step_flops(ModelConfig(), IntegerVocabulary(), 512) / 1e9, 1)
    20.3
    """
    attention = 12 * config.layers * config.heads * config.head_size * config.context
    return float((6 * matrix_weights(config, vocabulary) + attention) * batch * config.context)
