"""The compiled engine for processors: no torch, no batch that changes an answer, and fast."""

# B sequences, R of them that go on, G guesses, N steps, O outcomes

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Self

import llvmlite.binding
import numpy as np

from seqmodel import CheckpointFile, find_checkpoint
from seqserve.compiled_slots import PASS, CompiledSlots
from seqserve.continuation import Continuation
from seqserve.kernel_data import Floats, Integers
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
        prompts = self._encoded(sequences)
        if strategy == "parallel":
            rows = [self._in_parallel(prompt, steps) for prompt in prompts]
            best_BN, sure_BN = (np.stack(found) for found in zip(*rows, strict=True))
        elif strategy == "naive":
            best_BN, sure_BN = self._naively(prompts, steps)
        else:
            best_BN, sure_BN = self._read(prompts, steps)
        return self._continuations(best_BN, sure_BN)

    def _encoded(self, sequences: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return sequences of tokens; all terms are encoded at once."""
        terms = np.fromiter(chain.from_iterable(sequences), dtype=np.int64)
        tokens = iter(self.vocabulary.encode(terms).tolist())
        return [list(islice(tokens, len(sequence))) for sequence in sequences]

    def _read(self, prompts: list[list[int]], steps: int) -> tuple[Integers, Floats]:
        """Return the outcomes behind each prompt, END among them, -1 after it, and their probabilities; (B, N)."""
        # Threads get equal parts: a thread that has none waits.
        size = min(PASS, -(-len(prompts) // self._threads))
        parts = [prompts[begin : begin + size] for begin in range(0, len(prompts), size)]
        over = map if self._pool is None or len(parts) == 1 else self._pool.map
        best, sure = zip(*over(self._read_part, parts, [steps] * len(parts)), strict=True)
        return np.concatenate(best), np.concatenate(sure)

    def _read_part(self, prompts: list[list[int]], steps: int) -> tuple[Integers, Floats]:
        try:
            slots = self._idle.pop()
        except IndexError:
            slots = CompiledSlots(self._weights, PASS)
        slots.take_all(prompts)
        found = slots.continued(np.arange(len(prompts)), steps)
        self._idle.append(slots)
        return found

    def _naively(self, prompts: list[list[int]], steps: int) -> tuple[Integers, Floats]:
        """Read the whole of every sequence for each prediction."""
        best_BN, sure_BN = _nothing_found(len(prompts), steps)
        running = np.arange(len(prompts))
        for step in range(steps):
            best_R1, sure_R1 = self._read([[*prompts[row], *best_BN[row, :step].tolist()] for row in running], 1)
            best_BN[running, step], sure_BN[running, step] = best_R1[:, 0], sure_R1[:, 0]
            running = running[best_R1[:, 0] != self._end]
            if not len(running):
                break
        return best_BN, sure_BN

    def _in_parallel(self, prompt: list[int], steps: int) -> tuple[Integers, Floats]:
        """Guess what is left, read behind every guess at once, keep what proves right, and again.

        Each reading settles at least one prediction (Jacobi decoding, Santilli et al. 2023); what it says of the
        others is the next guess. Return the outcomes and their probabilities, (N,).
        """
        (best_N,), (sure_N,) = _nothing_found(1, steps)
        guess = [prompt[-1]] * (min(steps, self._weights.context) - 1)
        known = 0
        while known < steps:
            guess = guess[: steps - known - 1]
            read = [*prompt, *best_N[:known].tolist()]
            best_G1, sure_G1 = self._read([[*read, *guess[:count]] for count in range(len(guess) + 1)], 1)
            outcomes = best_G1[:, 0].tolist()
            wrong = [place for place, token in enumerate(guess) if outcomes[place] != token]
            right = wrong[0] + 1 if wrong else len(outcomes)
            if self._end in outcomes[:right]:
                right = outcomes.index(self._end) + 1
            best_N[known : known + right], sure_N[known : known + right] = best_G1[:right, 0], sure_G1[:right, 0]
            known += right
            if outcomes[right - 1] == self._end:
                break
            # END is no token to read; what follows a guess of it does not matter.
            later = [min(outcome, self.vocabulary.size - 1) for outcome in outcomes[right:]]
            guess = (later + [outcomes[right - 1]] * self._weights.context)[: self._weights.context - 1]
        return best_N, sure_N

    @property
    def _end(self) -> int:
        """The class of END, or one that is never found."""
        return self._weights.outcomes if self._weights.end_token < 0 else self._weights.end_token

    def _continuations(self, best_BN: Integers, sure_BN: Floats) -> list[Continuation]:
        counts, ended = (best_BN >= 0).sum(axis=1).tolist(), (best_BN == self._end).any(axis=1).tolist()
        rows = zip((best_BN + self.low).tolist(), sure_BN.tolist(), counts, ended, strict=True)
        return [
            Continuation(terms=tuple(terms[: count - end]), probabilities=tuple(shares[:count]), ended=end)
            for terms, shares, count, end in rows
        ]


def _nothing_found(rows: int, steps: int) -> tuple[Integers, Floats]:
    return np.full((rows, steps), -1, dtype=np.int64), np.zeros((rows, steps), dtype=np.float32)


def unsupported(content: CheckpointFile) -> str | None:
    """Return why the compiled engine cannot run a model on this machine, or None."""
    if content.config.attention == "full":
        return "attention 'full' has no past that could be kept"
    if content.config.head == "regression":
        return "head 'regression' predicts a number and no classes"
    if not any(llvmlite.binding.get_host_cpu_features().get(feature) for feature in _FUSED):
        return "this processor has no fused multiply-add"
    return None
