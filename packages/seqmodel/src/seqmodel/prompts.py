"""What can be decoded: sequences of tokens, checked before anything is read."""

import operator
from collections.abc import Sequence
from itertools import chain


def require_prompts(prompts: Sequence[Sequence[int]], size: int) -> None:
    """Refuse what are no prompts for a vocabulary of so many tokens.

    Raises:
        TypeError: A prompt is no sequence, or a token no integer.
        ValueError: A prompt is empty, or a token outside the vocabulary.
    """
    if _are_plain(prompts, size):
        return  # nearly always: what follows finds out what to say
    for number, prompt in enumerate(prompts):
        if not hasattr(prompt, "__len__"):
            raise TypeError(f"prompt {number} must be a sequence of tokens, got {prompt!r}")
        if len(prompt) == 0:
            raise ValueError(f"prompt {number} is empty: the first term cannot be predicted")
        for token in prompt:
            if not _is_integer(token):
                raise TypeError(f"prompt {number}: a token must be an integer in 0..{size - 1}, got {token!r}")
            if not 0 <= token < size:
                raise ValueError(f"prompt {number}: token {token} is outside 0..{size - 1}")


def _are_plain(prompts: Sequence[Sequence[int]], size: int) -> bool:
    """Return whether these are lists or tuples of Python's integers, all of them tokens."""
    if not set(map(type, prompts)) <= {list, tuple} or not all(prompts):
        return False
    tokens = list(chain.from_iterable(prompts))
    if not set(map(type, tokens)) <= {int}:
        return False
    different = set(tokens)
    return not different or (min(different) >= 0 and max(different) < size)


def _is_integer(token: object) -> bool:
    """Return whether something counts as an integer: NumPy's do, truth values do not."""
    try:
        operator.index(token)  # type: ignore[arg-type]
    except TypeError:
        return False
    return not isinstance(token, bool)
