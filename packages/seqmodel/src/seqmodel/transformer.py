"""The whole model: one forward pass for training, prefill and decoding."""

# B batch, T new tokens, N all of them in rows, C d_model, V classes

# ruff: noqa: SLF001  (torch's dictionaries: see parts.py)

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqmodel.block import Block
from seqmodel.cache import KVCache
from seqmodel.cached_window import CachedWindow
from seqmodel.config import ModelConfig
from seqmodel.embedding import Embedding
from seqmodel.initialisation import initialise
from seqmodel.last_tokens import LastTokens
from seqmodel.limits import require_modest
from seqmodel.parts import NORMS, make_norm
from seqmodel.sight import Sight
from seqmodel.vocabularies import Vocabulary, require_fit
from seqmodel.window import Observer, Window

if TYPE_CHECKING:
    from seqmodel.model_card import ModelCard


class Transformer(nn.Module):
    """Predict the next term of a sequence at every position.

    Args:
        config: The architecture.
        vocabulary: What the tokens mean, and which classes are predicted.
        seed: The first weights are a function of it, of the two above and of torch's version;
            torch's global generator is left as it was.

    Attributes:
        exact: Whether logits are to be the same bits however a sequence is fed and whoever shares
            its batch, which costs padding: true of a new model, to be set once when it is loaded.
            `seqmodel.self_check` says whether this machine and configuration keep that promise.

    >>> from seqmodel import IntegerVocabulary
    >>> model = Transformer(ModelConfig(layers=1), IntegerVocabulary())
    >>> model(torch.tensor([[2, 4, 6, 8]])).shape
    torch.Size([1, 4, 257])
    """

    def __init__(self, config: ModelConfig, vocabulary: Vocabulary, *, seed: int = 0) -> None:
        super().__init__()
        require_fit(config, vocabulary)
        require_modest(config, vocabulary)
        self.config = config
        self.vocabulary = vocabulary
        self.exact = True
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embedding = Embedding(config, vocabulary)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
            self.final_norm = nn.Identity() if config.norm == "post" else make_norm(config)
            self.output = nn.Linear(config.d_model, vocabulary.outputs if config.head == "classes" else 1)
            initialise(self, config)
        self.rate = config.dropout
        self._normalise = NORMS["none" if config.norm == "post" else config.norm]
        self.sight = Sight(config)

    @property
    def device(self) -> torch.device:
        """Where the weights are, and tokens must be."""
        return self.output.weight.device

    def new_cache(self, slots: int) -> KVCache:
        """Return an empty cache for so many sequences, where the weights are and of their type."""
        return KVCache(self.config, slots, device=self.device, dtype=self.output.weight.dtype)

    def save_pretrained(
        self,
        directory: str | os.PathLike[str],
        provenance: Mapping[str, Any] | None = None,
        card: "ModelCard | None" = None,
    ) -> None:
        """Save as a folder with the usual file names; see `seqmodel.save_pretrained`."""
        from seqmodel.pretrained_folder import save_pretrained

        save_pretrained(directory, self, provenance or {}, card)

    @classmethod
    def from_pretrained(cls, directory: str | os.PathLike[str], *, exact: bool = True) -> "Transformer":
        """Load from such a folder; `seqmodel.from_pretrained` returns the provenance too."""
        from seqmodel.pretrained_folder import from_pretrained

        return from_pretrained(directory, exact=exact).model

    def forward(
        self,
        tokens_BT: Tensor,
        *,
        cache: KVCache | None = None,
        slots: Tensor | None = None,
        lengths: Tensor | None = None,
        last: int = 0,
        observer: Observer | None = None,
    ) -> Tensor:
        """Return the logits of the term after each token, or after the last ones.

        Args:
            tokens_BT: int64, aligned to the left, T at most `config.context`, or any number without
                a cache where positions are rotary. What stands behind a row's last token is
                invisible to it; any valid token will do there.
            cache: Earlier tokens to continue from; the new ones are kept in it. Not for
                training: nothing is differentiated through it.
            slots: int64 (B,), the cache's slot of each row, all different; left out, the rows
                are all its slots in order.
            lengths: int64 (B,), how many of each row's tokens count; left out, all T. Without a
                cache only attention "full" and `last` need it.
            last: How many of each row's last tokens are asked for what follows them, which is less
                work; 0: all. True is 1.
            observer: Is shown every named place of the pass and may replace what is there; see
                `seqmodel.Hooks`.

        Returns:
            logits_BTV, float32: row t is the distribution of the term after tokens 0..t. With head
            "regression" (B, T, 1): that term over the vocabulary's largest in size. With `last`
            the same of each row's last tokens, T being their number; in place of those that a
            shorter row lacks, anything.

        Raises:
            ValueError: More tokens than the window has room for, or than there are are asked for, or
                a cache with attention "full".
        """
        shape = tuple(tokens_BT.shape)
        room = self.config.context if cache is not None or not self.config.slides else torch.inf
        if len(shape) != 2 or not shape[0] or not 1 <= shape[1] <= room:
            raise ValueError(f"tokens must be rows of 1..{self.config.context} tokens, got shape {shape}")
        if not 0 <= last <= shape[1]:
            raise ValueError(f"last must be 0 to {shape[1]}, the tokens of a row, got {last}")
        window = self._window(tokens_BT, cache, slots, lengths, observer)
        parts: Any = self._modules
        x_BTC = parts["embedding"].forward(tokens_BT, window)
        if self.rate and self.training:
            x_BTC = dropout(x_BTC, self.rate)
        x_NC = window.padded(x_BTC.view(window.tokens, -1))
        if observer is not None:
            x_NC = window.show_rows("embedding", x_NC)
        ending = window
        if last and (window.steps > last or (last > 1 and lengths is not None)):  # else these are all, in their places
            ending = LastTokens(self.sight, window, int(last), lengths, tokens_BT.device)
        asked = ending if observer is None else window  # who observes is shown all
        final = self.config.layers - 1
        for layer, block in enumerate(parts["blocks"]._modules.values()):
            x_NC = block.forward(x_NC, window, asked if layer == final else window, layer)
        logits_NV = asked.real(asked.affine(self._normalise(x_NC, parts["final_norm"]), parts["output"]))
        logits_BTV = logits_NV.view(asked.batch, asked.steps, -1)
        if observer is not None:
            logits_BTV = ending.of(logits_BTV, dim=1)
        window.close()
        return logits_BTV.float() if logits_BTV.dtype == torch.bfloat16 else logits_BTV

    def _window(
        self,
        tokens_BT: Tensor,
        cache: KVCache | None,
        slots_B: Tensor | None,
        lengths_B: Tensor | None,
        observer: Observer | None,
    ) -> Window:
        batch, steps = tokens_BT.shape
        device = tokens_BT.device
        if cache is not None:
            return CachedWindow(
                self.sight,
                batch,
                steps,
                exact=self.exact,
                device=device,
                observer=observer,
                cache=cache,
                slots_B=slots_B,
                lengths_B=lengths_B,
            )
        window = Window(self.sight, batch, steps, exact=self.exact, device=device, observer=observer)
        if self.config.attention == "full":
            window.see_all(lengths_B, self.output.weight)
        return window
