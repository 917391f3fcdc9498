"""What the founding document says a model takes: its own formulas, kept beside the complete account.

They are nextint.md's, in float32. They know nothing of weights other than the embedding's, of
gradients, moments, the cache and the output.
"""

from dataclasses import dataclass

from seqmodel.config import ModelConfig
from seqmodel.vocabularies import Vocabulary

BANDWIDTH = 224e9
"""Bytes a second between the document's target card, an AMD RX 6600, and its 8 GB of memory."""

_FLOAT32 = 4


@dataclass(frozen=True, kw_only=True)
class DocumentFormulas:
    """The document's numbers, in bytes.

    Attributes:
        embedding: num_embeddings * embedding_dim * 4.
        layer: 2 * (embedding_dim * heads * seq_len * 4) + feed_forward_dim * seq_len * 4, of one
            layer and, to the letter, of one sequence.
        layers: That times the number of layers.
        batch: batch * seq_len * embedding_dim * 4.
        activations: "2-3 x forward", least and most; forward being `layers` and `batch`.

    >>> from seqmodel import IntegerVocabulary, preset
    >>> found = document_formulas(preset("nextint"), IntegerVocabulary(end=False), batch=32, length=8)
    >>> found.embedding, found.layer, found.batch, found.activations
    (2048, 1280, 2048, (9216, 13824))
    >>> found.totals
    (15872, 20480)
    """

    embedding: int
    layer: int
    layers: int
    batch: int
    activations: tuple[int, int]

    @property
    def totals(self) -> tuple[int, int]:
        """All of it together, least and most."""
        rest = self.embedding + self.layers + self.batch
        return rest + self.activations[0], rest + self.activations[1]


def document_formulas(config: ModelConfig, vocabulary: Vocabulary, *, batch: int, length: int) -> DocumentFormulas:
    """Return what the document's formulas say of a model and a batch of rows of `length` tokens."""
    layer = (2 * config.d_model * config.heads + config.hidden_size) * length * _FLOAT32
    rows = batch * length * config.d_model * _FLOAT32
    forward = config.layers * layer + rows
    return DocumentFormulas(
        embedding=vocabulary.size * config.d_model * _FLOAT32,
        layer=layer,
        layers=config.layers * layer,
        batch=rows,
        activations=(2 * forward, 3 * forward),
    )
