"""The compiled engine for processors: no torch, no batch that changes an answer, and fast."""

# B sequences, N steps, O outcomes

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import llvmlite.binding
import numpy as np

from seqmodel import CheckpointFile, find_checkpoint
from seqserve.compiled_slots import PASS, CompiledSlots
from seqserve.continuation import Continuation
from seqserve.kernel_weights import kernel_weights
from seqserve.protocols import Strategy
from seqserve.slotted_engine import SlottedEngine

_FUSED = {"fma", "neon", "fp-armv8", "vsx"}
"""Features of processors that multiply and add in one instruction."""


class CompiledEngine(SlottedEngine):
    """Decode with a kernel that numba compiles, in float32.

    Every row is computed by itself, in one order of its sums: answers are the same bits cached or not, alone or in
    any batch, on any number of threads. They agree with the torch engine's up to rounding.

    Args:
        content: A checkpoint.
        threads: How many share a large batch.

    Raises:
        ValueError: The model is none that it can run; see `unsupported`.
    """

    name = "compiled"
    promise = "exact: the same bits cached or not, alone or in any batch (each row is computed by itself)"

    def __init__(self, content: CheckpointFile, *, threads: int = 1) -> None:
        reason = unsupported(content)
        if reason is not None:
            raise ValueError(f"the compiled engine cannot run this model: {reason}")
        if threads < 1:
            raise ValueError(f"threads: expected at least 1, got {threads!r}")
        super().__init__(content.config, content.vocabulary)
        self._weights = kernel_weights(content)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="seqserve") if threads > 1 else None
        self._idle: deque[CompiledSlots] = deque()

    @classmethod
    def load(cls, path: str | Path, *, threads: int = 1) -> Self:
        """Load a checkpoint, a folder with one, or a packaged model by its name.

        Raises:
            seqmodel.CheckpointError: It is none of these.
            ValueError: The model is none that this engine can run.
        """
        return cls(find_checkpoint(path), threads=threads)

    def new_slots(self, count: int) -> CompiledSlots:
        """Return so many empty slots, for whoever decides how sequences go on."""
        return CompiledSlots(self._weights, count)

    def decode(self, sequences: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> list[Continuation]:
        """Continue each sequence greedily by up to `steps` terms, in order."""
        prompts = [self.vocabulary.encode(sequence).tolist() for sequence in sequences]
        if strategy == "parallel":
            found = [self._in_parallel(prompt, steps) for prompt in prompts]
        elif strategy == "naive":
            found = self._naively(prompts, steps)
        else:
            found = self._read(prompts, steps)
        return [self._continuation(tokens, shares) for tokens, shares in found]

    def _read(self, prompts: list[list[int]], steps: int) -> list[tuple[list[int], list[float]]]:
        """Return the outcomes behind each prompt, END among them, and their probabilities."""
        # Threads get equal parts: a thread that has none waits.
        size = min(PASS, -(-len(prompts) // self._threads))
        parts = [prompts[begin : begin + size] for begin in range(0, len(prompts), size)]
        if self._pool is None or len(parts) == 1:
            return [row for part in parts for row in self._read_part(part, steps)]
        return [row for rows in self._pool.map(self._read_part, parts, [steps] * len(parts)) for row in rows]

    def _read_part(self, prompts: list[list[int]], steps: int) -> Iterable[tuple[list[int], list[float]]]:
        try:
            slots = self._idle.pop()
        except IndexError:
            slots = CompiledSlots(self._weights, PASS)
        for slot, prompt in enumerate(prompts):
            slots.take(slot, prompt)
        best_BN, sure_BN = slots.continued(np.arange(len(prompts)), steps)
        self._idle.append(slots)
        counts = (best_BN >= 0).sum(axis=1).tolist()
        rows = zip(best_BN.tolist(), sure_BN.tolist(), counts, strict=True)
        return [(tokens[:count], shares[:count]) for tokens, shares, count in rows]

    def _naively(self, prompts: list[list[int]], steps: int) -> list[tuple[list[int], list[float]]]:
        """Read the whole of every sequence for each prediction."""
        found: list[tuple[list[int], list[float]]] = [([], []) for _ in prompts]
        running = list(range(len(prompts)))
        for _ in range(steps):
            for row, (tokens, shares) in zip(
                running, self._read([prompts[row] + found[row][0] for row in running], 1), strict=True
            ):
                found[row][0].extend(tokens)
                found[row][1].extend(shares)
            running = [row for row in running if found[row][0][-1] != self.vocabulary.end_token]
            if not running:
                break
        return found

    def _in_parallel(self, prompt: list[int], steps: int) -> tuple[list[int], list[float]]:
        """Guess what is left, read behind every guess at once, keep what proves right, and again.

        Each reading settles at least one prediction (Jacobi decoding, Santilli et al. 2023); what it says of the
        others is the next guess.
        """
        tokens, shares = list[int](), list[float]()
        guess = [prompt[-1]] * (min(steps, self._weights.context) - 1)
        while len(tokens) < steps:
            guess = guess[: steps - len(tokens) - 1]
            said = self._read([[*prompt, *tokens, *guess[:count]] for count in range(len(guess) + 1)], 1)
            outcomes = [outcome for (outcome,), _ in said]
            wrong = [place for place, token in enumerate(guess) if outcomes[place] != token]
            right = wrong[0] + 1 if wrong else len(said)
            for (outcome,), (share,) in said[:right]:
                tokens.append(outcome)
                shares.append(share)
                if outcome == self.vocabulary.end_token:
                    return tokens, shares
            # END is no token to read; what follows a guess of it does not matter.
            later = [min(outcome, self.vocabulary.size - 1) for outcome in outcomes[right:]]
            guess = (later + [tokens[-1]] * self._weights.context)[: self._weights.context - 1]
        return tokens, shares

    def _continuation(self, tokens: list[int], shares: list[float]) -> Continuation:
        ended = tokens[-1] == self.vocabulary.end_token
        low = self.vocabulary.low
        terms = tuple(token + low for token in (tokens[:-1] if ended else tokens))
        return Continuation(terms=terms, probabilities=tuple(shares), ended=ended)


def unsupported(content: CheckpointFile) -> str | None:
    """Return why the compiled engine cannot run a model on this machine, or None."""
    if content.config.attention == "full":
        return "attention 'full' has no past that could be kept"
    if content.config.head == "regression":
        return "head 'regression' predicts a number and no classes"
    if not any(llvmlite.binding.get_host_cpu_features().get(feature) for feature in _FUSED):
        return "this processor has no fused multiply-add"
    return None
