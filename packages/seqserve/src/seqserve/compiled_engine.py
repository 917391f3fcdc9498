"""The compiled engine for processors: no torch, no batch that changes an answer, and fast."""

# B sequences, R of them that go on, G guesses, N steps, O outcomes

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Self, TypeVar

import llvmlite.binding
import numpy as np

from seqmodel import CheckpointFile, find_checkpoint
from seqserve.compiled_slots import PASS, CompiledSlots
from seqserve.continuation import Continuation
from seqserve.kernel_data import Floats, Integers
from seqserve.kernel_weights import kernel_weights
from seqserve.protocols import Strategy
from seqserve.slotted_engine import SlottedEngine

T = TypeVar("T")

_PART = 32
"""Sequences that a thread takes at a time where several share: one computes while Python words what another found."""
_WORTH_A_THREAD = 1 << 24
"""Multiplications for which it pays to wake a thread: a third of a millisecond."""

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
        self._weights_per_token = sum(
            content.tensors[name].size for name in content.tensors if name.endswith(".weight")
        )
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="seqserve")
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
        if strategy == "parallel":
            rows = [self._in_parallel(prompt, steps) for prompt in self._encoded(sequences)]
            best_BN, sure_BN = (np.stack(found) for found in zip(*rows, strict=True))
            return self._continuations(best_BN, sure_BN)
        if strategy == "naive":
            return self._continuations(*self._naively(self._encoded(sequences), steps))
        # Python's part of the work goes on in one thread while the kernel computes in another.
        return list(chain(*self._in_parts(self._continued, sequences, steps, low=self.low)))

    def _encoded(self, sequences: Sequence[Sequence[int]]) -> list[list[int]]:
        return [[term - self.low for term in sequence] for sequence in sequences]

    def _in_parts(
        self, function: Callable[[Integers, Integers, int], T], sequences: Sequence[Sequence[int]], steps: int, low: int
    ) -> list[T]:
        """Apply a function to consecutive parts of nearly equal size, in this thread and in others.

        Args:
            function: Takes tokens, one sequence behind the other, the lengths of the sequences, and the steps.
            sequences: All of them.
            steps: How far each is continued.
            low: What token 0 is called in them.
        """
        lengths_B = np.fromiter(map(len, sequences), dtype=np.int64)
        tokens = np.fromiter(chain.from_iterable(sequences), dtype=np.int64) - low
        count, ends = len(lengths_B), [0, *lengths_B.cumsum().tolist()]
        work = self._weights_per_token * (len(tokens) + count * (steps - 1))
        threads = min(self._threads, 1 + work // _WORTH_A_THREAD)
        rounds = -(-count // ((_PART if threads > 1 else PASS) * threads))
        size = -(-count // (rounds * threads))
        bounds = [(begin, min(begin + size, count)) for begin in range(0, count, size)]
        found: dict[int, T] = {}
        left = iter(bounds)

        def take_parts() -> None:
            for begin, end in left:  # each goes to one thread
                found[begin] = function(tokens[ends[begin] : ends[end]], lengths_B[begin:end], steps)

        others = [self._pool.submit(take_parts) for _ in range(threads - 1)]
        take_parts()
        for other in others:
            other.result()
        return [found[begin] for begin, _ in bounds]

    def _continued(self, tokens: Integers, lengths_B: Integers, steps: int) -> list[Continuation]:
        return self._continuations(*self._read_part(tokens, lengths_B, steps))

    def _read(self, prompts: list[list[int]], steps: int) -> tuple[Integers, Floats]:
        """Return the outcomes behind each prompt, END among them, -1 after it, and their probabilities; (B, N)."""
        best, sure = zip(*self._in_parts(self._read_part, prompts, steps, low=0), strict=True)
        return np.concatenate(best), np.concatenate(sure)

    def _read_part(self, tokens: Integers, lengths_B: Integers, steps: int) -> tuple[Integers, Floats]:
        try:
            slots = self._idle.pop()
        except IndexError:
            slots = CompiledSlots(self._weights, PASS)
        slots.take_all(tokens, lengths_B)
        found = slots.continued(np.arange(len(lengths_B)), steps)
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
        end = self._end + self.low
        found = []
        for terms, shares in zip((best_BN + self.low).tolist(), sure_BN.tolist(), strict=True):
            if end in terms:
                count = terms.index(end)
                one = Continuation(terms=tuple(terms[:count]), probabilities=tuple(shares[: count + 1]), ended=True)
            else:
                one = Continuation(terms=tuple(terms), probabilities=tuple(shares))
            found.append(one)
        return found


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
