"""The whole model: one forward pass for training, prefill and decoding."""

# B batch, T new tokens, C d_model, V classes

import torch
from torch import Tensor, nn

from seqmodel.block import Block, make_norm
from seqmodel.cache import KVCache
from seqmodel.config import ModelConfig
from seqmodel.embedding import Embedding
from seqmodel.linear import RowwiseLinear
from seqmodel.vocabulary import IntegerVocabulary
from seqmodel.window import Window


class Transformer(nn.Module):
    """Predict the next term of an integer sequence at every position.

    Args:
        config: The architecture.
        vocabulary: What the tokens mean, and which classes are predicted.
        seed: The first weights are a function of it, of the two above and of torch's version;
            torch's global generator is left as it was.

    >>> model = Transformer(ModelConfig(layers=1), IntegerVocabulary())
    >>> model(torch.tensor([[2, 4, 6, 8]])).shape
    torch.Size([1, 4, 257])
    """

    def __init__(self, config: ModelConfig, vocabulary: IntegerVocabulary, *, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embedding = Embedding(config, vocabulary)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
            self.output = RowwiseLinear(config.d_model, vocabulary.outputs)
        self.final_norm = nn.Identity() if config.norm == "post" else make_norm(config)
        self.dropout = nn.Dropout(config.dropout)

    @property
    def device(self) -> torch.device:
        """Where the weights are, and tokens must be."""
        return self.output.weight.device

    def new_cache(self, slots: int) -> KVCache:
        """Return an empty cache for so many sequences, where the weights are."""
        return KVCache(self.config, slots, device=self.device)

    def forward(
        self,
        tokens_BT: Tensor,
        *,
        cache: KVCache | None = None,
        slots: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Return the logits of the term after each token.

        Args:
            tokens_BT: int64, aligned to the left, T at most `config.context`. What stands behind
                a row's last token is invisible to it; any valid token will do there.
            cache: Earlier tokens to continue from; the new ones are kept in it. Not for
                training: nothing is differentiated through it.
            slots: int64 (B,), the cache's slot of each row, all different; left out, the rows
                are all its slots in order.
            lengths: int64 (B,), how many of each row's tokens the cache is to keep; left out,
                all T.

        Returns:
            logits_BTV, float32: row t is the distribution of the term after tokens 0..t.

        Raises:
            ValueError: More tokens than the window has room for.
        """
        if tokens_BT.ndim != 2 or not 1 <= tokens_BT.shape[1] <= self.config.context:
            shape = tuple(tokens_BT.shape)
            raise ValueError(f"tokens must be rows of 1..{self.config.context} tokens, got shape {shape}")
        window = Window(tokens_BT, self.config.context, cache=cache, slots_B=slots, lengths_B=lengths)
        x_BTC = self.dropout(self.embedding(tokens_BT, window.positions_BT))
        for layer, block in enumerate(self.blocks):
            x_BTC = block(x_BTC, window, layer)
        logits_BTV: Tensor = self.output(self.final_norm(x_BTC))
        window.close()
        return logits_BTV.float()
